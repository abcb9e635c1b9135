import ArgumentParser
import FoundationEssentials
import Glibc
import Salvage
import SalvageCoverage
import SalvageReport
import SystemPackage

struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "A source with how often each line ran.",
    discussion: """
      salvage show src/server.c
      salvage show server.c:120         around line 120
      salvage show server.c:100-140
      salvage show server.c:120 --json  {"lines":[{"count":3,"line":120,"objects":[0]}],…}

      ✓ ran, ✗ did not run, ◐ ran, but not all of its branches were taken. Below the lines that are
      asked for stands in which programs and libraries they ran.
      Exit status: 0; 1 if the file is not in the report.
      """)

  @Argument(help: "A path, or the end of one, with :LINE or :FIRST-LAST.", completion: .file())
  var file: String

  @OptionGroup var recording: RecordingOption
  @OptionGroup var filter: FilterOptions

  @Flag(help: "The counts as a JSON object; of all lines, or of those that are asked for.")
  var json = false

  @Option(help: "auto, always or never.")
  var color = ColorChoice.auto

  /// Lines before and after the one that is asked for.
  private static let context = 10

  func run() async throws {
    let report = try await recording.report(filter, [.lines, .objects]).report
    let (name, lines, asked) = Self.place(file)
    // A name that ends in `:12` itself is taken as it is.
    let whole = report.files(named: file)
    let files = whole.isEmpty ? report.files(named: name) : whole
    guard let found = files.first else {
      let known = report.coverage.files.map { report.shownPath($0) }
      let near = nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      complain("\(name) is not in the report\(near)")
      throw ExitCode(1)
    }
    guard files.count == 1 else {
      complain(
        "\(name) may be any of: "
          + files.prefix(10).map { report.shownPath($0) }.joined(separator: ", "))
      throw ExitCode(1)
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let shown = ShownLines(
        found, path: report.shownPath(found), whole.isEmpty ? asked : nil)
      return try printData(String(decoding: try encoder.encode(shown), as: UTF8.self) + "\n")
    }
    guard let source = report.sources.bytes(found.path) else {
      complain("the source cannot be read here: \(found.path); --path-map A=B says where it is")
      throw ExitCode(1)
    }
    let count =
      source.split(separator: 0x0a, omittingEmptySubsequences: false).count
      - (source.last == 0x0a ? 1 : 0)
    if let last = found.lines.last, Int(last.number) > count {
      complain(
        "\(found.path) has been changed since the program was built: line \(last.number) was recorded"
      )
    }
    let shown = whole.isEmpty ? lines ?? 1...max(count, 1) : 1...max(count, 1)
    guard shown.lowerBound <= count else {
      complain("\(found.path) has \(count) lines")
      throw ExitCode(1)
    }
    let annotated = AnnotatedSource(found, hasColor: color.isOn(STDOUT_FILENO))
    try writeOut(
      "\(report.shownPath(found))  \(found.totals.linePercent) of \(found.lines.count) lines\n"
        + annotated.objects
        + annotated.text(
          source, shown.clamped(to: 1...max(count, 1)), telling: whole.isEmpty ? asked : nil))
  }

  /// `a.c:12` and `a.c:5-9`: the path, the lines to show, and those that are asked for.
  static func place(_ text: String) -> (String, ClosedRange<Int>?, ClosedRange<Int>?) {
    guard let colon = text.lastIndex(of: ":") else { return (text, nil, nil) }
    let numbers = text[text.index(after: colon)...].split(
      separator: "-", omittingEmptySubsequences: false)
    let name = String(text[..<colon])
    guard let first = Int(numbers[0]), (1...Int(UInt32.max)).contains(first) else {
      return (text, nil, nil)
    }
    if numbers.count == 1 {
      return (name, max(1, first - context)...(first + context), first...first)
    }
    guard numbers.count == 2, let last = Int(numbers[1]), last >= first else {
      return (text, nil, nil)
    }
    return (name, first...last, first...last)
  }
}

/// Writes text with escape sequences of our own: what comes from outside in it is harmless already.
func writeOut(_ text: String) throws {
  try OutputFile("-").writeOut(Array(text.utf8))
}
