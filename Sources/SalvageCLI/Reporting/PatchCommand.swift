import ArgumentParser
import Salvage
import SalvageCoverage
import SalvageReport
import SystemPackage

struct PatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch",
    abstract: "What of a change ran: coverage of the changed lines alone.",
    discussion: """
      salvage patch                     since the main branch
      salvage patch --base origin/v2 --fail-under-patch 80
      git diff -U0 HEAD~3 | salvage patch --diff-file -

      The change is what differs between the files here and the merge base with
      REF: commits, uncommitted changes and new files. A change without lines of
      code passes every gate.

      Exit status: 0; 1 for an error, as a REF that git does not know; 2 if the
      gate was not passed.
      """)

  @OptionGroup var recording: RecordingOption
  @OptionGroup var filter: FilterOptions

  @Option(help: "The branch or commit to compare with.")
  var base: String?

  @Option(help: "A unified diff instead of git; - is stdin.", completion: .file())
  var diffFile: String?

  @Option(help: "Exit with 2 if less than this percentage of the changed lines ran.")
  var failUnderPatch: Double?

  func validate() throws {
    if base != nil && diffFile != nil { throw ValidationError("--base or --diff-file, not both") }
    if let failUnderPatch, !(0...100).contains(failUnderPatch) {
      throw ValidationError("--fail-under-patch \(failUnderPatch): a percentage")
    }
  }

  func run() async throws {
    let changes = try await changes()
    let whole = try await recording.report(filter).report
    let part = changes.apply(to: whole)
    var lines: [String] = []
    for file in Uncovered.files(of: part) {
      lines.append("\(file.text)  \(file.found - file.missed) of \(file.found) changed lines ran")
    }
    for file in part.coverage.files {
      for function in file.functionsNotCalled {
        lines.append(
          "\(part.shownPath(file)):\(function.line): not called: \(Demangler().name(function.name))"
        )
      }
    }
    let totals = part.coverage.totals
    if changes.isEmpty {
      lines.append("nothing was changed")
    } else if totals.lines.found == 0 {
      lines.append("the change has no lines of code that the report knows")
    } else {
      var total =
        "\(totals.lines.hit) of \(totals.lines.found) changed lines ran: \(totals.linePercent)"
      if totals.branches.found > 0 {
        total += ", branches \(totals.branches.hit)/\(totals.branches.found)"
      }
      if totals.functions.found > 0 {
        total += ", functions \(totals.functions.hit)/\(totals.functions.found)"
      }
      lines.append(total)
    }
    try printOut(lines.joined(separator: "\n") + "\n")
    guard let failUnderPatch, totals.lines.found > 0,
      let failure = Gate(minimum: failUnderPatch).failure(totals)
    else { return }
    complain("changed \(failure)")
    throw ExitCode(2)
  }

  private func changes() async throws -> ChangedLines {
    guard let diffFile else { return try await Git().changes(since: base) }
    let path: FilePath = diffFile == "-" ? "/dev/stdin" : FilePath(diffFile)
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(path, .readOnly)
    } catch let error as Errno {
      throw SalvageError.system("read", path, error)
    }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    return ChangedLines(diff: String(decoding: bytes, as: UTF8.self))
  }
}
