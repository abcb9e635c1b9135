import ArgumentParser
import FoundationEssentials
import Glibc
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
  @OptionGroup var talk: TalkOptions

  @Flag(help: "Exit with 2 if the percentage of lines fell.")
  var failOnDrop = false

  @Option(help: "auto, always or never.")
  var color = ColorChoice.auto

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
      try printData(
        ComparisonText(
          comparison: comparison, before: old, after: new, place: after,
          hasColor: color.isOn(STDOUT_FILENO)
        ).text)
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
    for note in report.notes { remark("\(path): \(note)") }
    return report
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
