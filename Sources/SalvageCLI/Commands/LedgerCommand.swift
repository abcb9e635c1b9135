import ArgumentParser
import Salvage
import SalvageRecord
import SalvageSystem

struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Every process of a recording: how it ended, what was kept, what was lost and why.",
    discussion: """
      A line per program image, children below their parents and indented.
      A line that begins with = is the same process as the one above, gone on by exec.

      salvage ledger
      salvage ledger --deaths --with-counters   what was measured and killed
      salvage ledger --collapse                 one line a process, where only one counts
      salvage ledger --json unit.salvage | jq '.losses'
      """)

  @OptionGroup var recording: RecordingArguments

  @Flag(help: "As JSON, for programs.")
  var json = false

  @Flag(help: "Whole argument lists.")
  var full = false

  @Flag(help: "Only processes that lost something.")
  var losses = false

  @Flag(help: "Only processes that a signal ended, or that vanished.")
  var deaths = false

  @Flag(help: "Only processes with counters.")
  var withCounters = false

  @Flag(help: "Without images that only became another program, as env, timeout and shells do.")
  var collapse = false

  func run() async throws {
    WorkProgress.begin("reading the recording")
    let opened = try recording.open()
    for note in opened.notes { remark(note) }
    let contents = try opened.contents()
    let filter = LedgerFilter(
      losses: losses, deaths: deaths, withCounters: withCounters, collapse: collapse)
    WorkProgress.begin("writing the ledger")
    if json {
      try LedgerDocument.print(
        filter.apply(to: contents), uncounted: contents.uncountedPrograms)
    } else {
      let width = full ? Int.max : max(60, terminalWidth() ?? 120)
      try LedgerText(contents, width: width, filter: filter).print()
    }
    if !filter.isEmpty && !contents.lives.contains(where: filter.shows) {
      complain("no process is left by the filters; there are \(contents.lives.count)")
    }
  }
}

/// Which processes of a ledger are shown: those that pass all that is asked for.
struct LedgerFilter {
  var losses = false
  var deaths = false
  var withCounters = false
  var collapse = false

  var isEmpty: Bool { !selects && !collapse }

  /// It shows some processes alone.
  var selects: Bool { losses || deaths || withCounters }

  func shows(_ life: Life) -> Bool {
    (!losses || !life.losses.isEmpty) && (!deaths || Self.died(life))
      && (!withCounters || Self.hasCounters(life)) && (!collapse || !Self.isWrapper(life))
  }

  private static func died(_ life: Life) -> Bool {
    switch life.end.way {
    case .signal, .vanished: true
    default: false
    }
  }

  /// What was lost had counters, as far as anybody knows.
  private static func hasCounters(_ life: Life) -> Bool {
    life.objects > 0 || !life.flags.isDisjoint(with: [.live, .isPrivate]) || !life.losses.isEmpty
  }

  /// The process went on as another program, and had nothing to count before.
  private static func isWrapper(_ life: Life) -> Bool {
    if case .exec = life.end.way { !hasCounters(life) } else { false }
  }

  /// With the losses of those alone, and losses that belong to no process.
  func apply(to contents: RecordingContents) -> RecordingContents {
    guard !isEmpty else { return contents }
    var result = contents
    result.lives = contents.lives.selected { shows(contents.lives[$0]) }
    let (lives, index) = (result.lives, LifeIndex(result.lives))
    let others = contents.losses.others.filter { loss in
      loss.life.map { index.position(of: $0, in: lives) != nil } ?? losses
    }
    result.losses = Losses(of: lives, others: others)
    return result
  }
}
