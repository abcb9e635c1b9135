import ArgumentParser
import Glibc
import Salvage
import SystemPackage

struct EnvCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Make or open a recording and print the variables that record in it.",
    discussion: """
      For runners that are no child of salvage: containers, services, editors.
      A recording that is there is added to.

      eval "$(salvage env)"                      this shell's commands, from now on
      salvage env --shell fish | source
      salvage env --shell json -o /var/tmp/rec
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case sh, fish, json
  }

  @OptionGroup var recording: RecordingOptions

  @Flag(help: "Add to the recording that is there; this is the default.")
  var append = false

  @Flag(help: "Begin a new recording in the place of the one that is there.")
  var fresh = false

  @Option(help: "The language of the output: sh, fish or json.")
  var shell = Shell.sh

  func validate() throws {
    if fresh && append {
      throw ValidationError("--fresh and --append exclude each other")
    }
  }

  func run() async throws {
    let configuration = try recording.configuration(fresh ? .replace : .append)
    let opened = try Recording.create(
      at: recording.path, configuration)
    for note in opened.notes { complain(note) }
    // A process that is another user from the start, as in a container, makes its own place in root's
    // recording. Sticky, and not to be listed: as in /tmp, nobody takes away another one's.
    for place in Set([opened.directory, opened.settings.users])
    where geteuid() == 0 && chmod(place.string, 0o1733) != 0 {
      complain("\(place): other users cannot record here")
    }
    let variables = opened.environment().filter {
      [RecordingVariables.preload, RecordingVariables.recording].contains($0.key)
    }
    switch shell {
    case .json: try printJSON(variables)
    case .sh:
      for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
        try printData("export \(name)=\(shellQuoted(value))\n")
      }
    case .fish:
      for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
        // fish(1): within single quotes a backslash escapes itself and the quote.
        let quoted = value.map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        try printData("set -gx \(name) '\(quoted)'\n")
      }
    }
  }
}
