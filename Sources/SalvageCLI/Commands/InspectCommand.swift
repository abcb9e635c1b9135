import ArgumentParser
import Salvage
import SalvageRecord
import SystemPackage

struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a file of a recording holds.",
    discussion: """
      salvage inspect .salvage/settings
      salvage inspect .salvage/u1000/ledger
      salvage inspect --json .salvage/u1000/*.cnt
      """)

  @Argument(help: "Files of a recording.", completion: .file())
  var files: [String]

  @Flag(help: "As JSON, for programs.")
  var json = false

  func run() async throws {
    var failed = false
    var documents: [FileDescription] = []
    for name in files {
      if case .recording = RecordingPlace(FilePath(name)).content {
        complain(
          "\(name) is a whole recording: `salvage ledger` and `salvage report` show it;"
            + " inspect takes a file in it, such as \(FilePath(name).appending("settings"))")
        failed = true
        continue
      }
      do throws(RecordError) {
        documents.append(try FileDescription(FilePath(name)))
      } catch {
        let isMissing = RecordingPlace(FilePath(name)).content == .nothing
        complain(
          isMissing
            ? "\(name): there is no such file; inspect takes a file in a recording, such as .salvage/settings"
            : error.description)
        failed = true
      }
    }
    if json {
      try printJSON(documents)
    } else {
      for document in documents { try printOut(document.text) }
    }
    if failed { throw ExitCode(1) }
  }
}
