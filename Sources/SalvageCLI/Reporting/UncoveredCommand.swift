import ArgumentParser
import FoundationEssentials
import Salvage
import SalvageReport

struct UncoveredCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uncovered",
    abstract: "What did not run: a line for each file, the most missed first.",
    discussion: """
      salvage uncovered                 src/a.c:40,52-58
      salvage uncovered --limit 10
      salvage uncovered --json          {"path":"src/a.c","lines":[[40,40],[52,58]],…}

      For editors, scripts and agents: nothing else is on stdout.
      """)

  @OptionGroup var recording: RecordingOption
  @OptionGroup var filter: FilterOptions

  @Option(help: "At most so many files.")
  var limit: Int?

  @Flag(help: "A JSON object on each line.")
  var json = false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): a number from 1 on") }
  }

  func run() async throws {
    let report = try await recording.report(filter).report
    let files = Uncovered.files(of: report)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for file in files.prefix(limit ?? .max) {
      if json {
        try printData(String(decoding: try encoder.encode(file), as: UTF8.self) + "\n")
      } else {
        try printOut(file.text + "\n")
      }
    }
    if files.isEmpty { remark("all lines ran") }
    if let limit, files.count > limit { remark("and \(files.count - limit) more files") }
  }
}
