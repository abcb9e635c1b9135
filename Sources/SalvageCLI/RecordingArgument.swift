import ArgumentParser
import Salvage
import SystemPackage

/// The recording that a command reads.
struct RecordingArgument: ParsableArguments {
  @Argument(help: "The recording.", completion: .directory)
  var recording = ".salvage"

  var path: FilePath { FilePath(recording) }

  func open() throws -> Recording { try Recording.open(path) }
}
