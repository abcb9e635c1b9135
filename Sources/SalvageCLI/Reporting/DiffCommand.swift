import ArgumentParser
import FoundationEssentials
import Salvage
import SalvageCoverage
import SalvageReport
import SystemPackage

struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "What two recordings differ in: lines that run now, and lines that no longer do.",
    discussion: """
      salvage diff before.salvage after.salvage
      salvage diff --fail-on-drop before.salvage after.salvage

      Both ledgers are looked at: where lines no longer run and the second recording
      lost processes that the first did not, that is said, for it may be the reason.

      Exit status: 0; 1 for an error; 2 with --fail-on-drop, if the percentage of
      lines fell.
      """)

  @Argument(help: "The earlier recording or archive.", completion: .file())
  var before: String

  @Argument(help: "The later recording or archive.", completion: .file())
  var after: String

  @OptionGroup var filter: FilterOptions
  @OptionGroup var configurationFile: ConfigurationOptions

  @Flag(help: "Exit with 2 if the percentage of lines fell.")
  var failOnDrop = false

  @Flag(help: "As JSON, for programs.")
  var json = false

  func run() async throws {
    let old = try await read(before)
    let new = try await read(after)
    let comparison = Comparison(old.report, new.report)
    if json {
      try printJSON(
        Document(comparison, lossesBefore: old.losses.count, lossesAfter: new.losses.count))
    } else {
      try printOut(text(comparison, old, new))
    }
    let (was, now) = (comparison.before.lines, comparison.after.lines)
    // Products, not quotients: equal ratios are equal.
    let fell =
      now.hit.multipliedFullWidth(by: was.found) < was.hit.multipliedFullWidth(by: now.found)
    if failOnDrop && fell {
      complain(
        "lines: \(comparison.before.linePercent) before, \(comparison.after.linePercent) after")
      throw ExitCode(2)
    }
  }

  private func read(_ path: String) async throws -> CoverageReport {
    let report = try await RecordingSet.open([FilePath(path)]).coverage(
      tools: filter.tools, builds: filter.builds
    ).selected(filter.selection)
    for note in report.notes { complain("\(path): \(note)") }
    return report
  }

  private func text(_ comparison: Comparison, _ old: CoverageReport, _ new: CoverageReport)
    -> String
  {
    var lines: [String] = []
    for file in comparison.files {
      switch file.kind {
      case .new: lines.append("\(file.path): new file")
      case .removed: lines.append("\(file.path): not in the second recording")
      case .changed:
        if !file.lost.isEmpty {
          lines.append("- \(file.path):\(Self.runs(file.lost))  no longer run")
        }
        if !file.gained.isEmpty {
          lines.append("+ \(file.path):\(Self.runs(file.gained))  run now")
        }
      }
    }
    if comparison.files.isEmpty { lines.append("the same lines run") }
    let gotWorse = comparison.files.contains { !$0.lost.isEmpty }
    let lost = new.losses.count - old.losses.count
    if gotWorse && lost > 0 {
      let reasons = Set(new.losses.lazy.map(\.reason.slug)).sorted().joined(separator: ", ")
      lines.append(
        "the second recording lost more (\(new.losses.count) losses, \(old.losses.count) before: \(reasons)): lines may"
          + " have run in a process that was lost; see `salvage ledger \(after)`")
    }
    lines.append(
      "lines: \(comparison.before.linePercent) before, \(comparison.after.linePercent) after")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func runs(_ runs: [[UInt32]]) -> String {
    runs.map { $0[0] == $0[1] ? "\($0[0])" : "\($0[0])-\($0[1])" }.joined(separator: ",")
  }

  private struct Document: Encodable {
    var files: [Comparison.File]
    var linesBefore: [Int]
    var linesAfter: [Int]
    var lossesBefore: Int
    var lossesAfter: Int

    init(_ comparison: Comparison, lossesBefore: Int, lossesAfter: Int) {
      files = comparison.files
      linesBefore = [comparison.before.lines.hit, comparison.before.lines.found]
      linesAfter = [comparison.after.lines.hit, comparison.after.lines.found]
      self.lossesBefore = lossesBefore
      self.lossesAfter = lossesAfter
    }
  }
}
