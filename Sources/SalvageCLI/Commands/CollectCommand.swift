import ArgumentParser
import Salvage
import SalvageRecord

struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Bring counts home that were kept in a temporary directory.",
    discussion: """
      A recording on overlayfs keeps its counts on tmpfs while processes run.
      salvage run brings them home itself; after salvage env, and after daemons
      outlived a run, this does.

      salvage collect
      """)

  @OptionGroup var recording: RecordingArgument

  @Flag(help: "Print the line that a run ends with.")
  var summary = false

  func run() async throws {
    let opened = try recording.open()
    var folding = Folding(opened)
    let outcome = try folding.fold()
    Blanking(opened).blank()
    for path in folding.passedOver { complain("\(path) is no file of a recording: passed over") }
    if summary {
      let line = Summary(
        try opened.contents(), objects: opened.objectCount, pythonFiles: opened.pythonFileCount,
        path: recording.path
      ).line
      try printOut("salvage: \(line)\n")
    }
    switch outcome {
    case .nothingToDo where !summary: try printOut("\(recording.path) holds all its counts\n")
    case .folded where !summary: try printOut("\(recording.path) holds all its counts now\n")
    case .nothingToDo, .folded: break
    case .inUse:
      let lives = try opened.lives
      let pids = lives.indices.filter { lives.way(at: $0) == .running }
        .map { String(lives.pid(at: $0)) }
      complain(
        "processes still count in \(opened.settings.users): "
          + (pids.isEmpty ? "try again when they have ended" : pids.joined(separator: ", ")))
      throw ExitCode(1)
    }
  }
}
