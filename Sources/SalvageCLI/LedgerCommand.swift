import ArgumentParser
import Salvage
import SalvageRecord

struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Every process of a recording: how it ended, what was kept, what was lost and why.",
    discussion: """
      A line per program image, children below their parents and indented.
      A line that begins with = is the same process as the one above, gone on by exec.

      salvage ledger
      salvage ledger --json unit.salvage | jq '.losses'
      """)

  @OptionGroup var recording: RecordingArgument

  @Flag(help: "As JSON, for programs.")
  var json = false

  @Flag(help: "Whole argument lists.")
  var full = false

  func run() async throws {
    let contents = try recording.open().contents()
    if json {
      try printJSON(LedgerDocument(contents))
    } else {
      let width = full ? Int.max : max(60, terminalWidth() ?? 120)
      try printOut(LedgerText(contents, width: width).text)
    }
  }
}
