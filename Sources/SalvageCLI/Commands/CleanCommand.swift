import ArgumentParser
import Salvage

struct CleanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Remove a recording and what belongs to it in temporary directories.",
    discussion: """
      Nothing that is not a recording is removed, and none that is in use.

      salvage clean
      salvage clean unit.salvage
      """)

  @OptionGroup var recording: RecordingArgument

  func run() async throws {
    let place = RecordingPlace(recording.path)
    switch place.content {
    case .nothing: throw SalvageError.noRecording(recording.path)
    case .emptyDirectory, .other: throw SalvageError.notARecording(recording.path)
    case .recording: break
    }
    guard !place.isInUse else { throw SalvageError.inUse(recording.path, pids: place.pids) }
    place.remove()
    try printOut("removed \(recording.path)\n")
  }
}
