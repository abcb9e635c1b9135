import ArgumentParser
import Salvage
import SalvageRecord

struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Bring counts home that were kept in a temporary directory.",
    discussion: """
      A recording on overlayfs keeps its counts on tmpfs while processes run. salvage run brings
      them home itself; after salvage env, and after daemons outlived a run, this does.

      salvage collect
      """)

  @OptionGroup var recording: RecordingArgument

  func run() async throws {
    let opened = try recording.open()
    switch try Folding(opened).fold() {
    case .nothingToDo: try printOut("\(recording.path) holds all its counts\n")
    case .folded: try printOut("\(recording.path) holds all its counts now\n")
    case .inUse:
      let pids = try opened.lives.filter { $0.end == .running }.map { String($0.pid) }
      complain(
        "processes still count in \(opened.settings.users): "
          + (pids.isEmpty ? "try again when they have ended" : pids.joined(separator: ", ")))
      throw ExitCode(1)
    }
  }
}
