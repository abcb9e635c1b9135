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

  @Flag(help: "Replace the recording that is there.")
  var fresh = false

  @Option(help: "The language of the output: sh, fish or json.")
  var shell = Shell.sh

  func validate() throws {
    if fresh && recording.append {
      throw ValidationError("--fresh and --append exclude each other")
    }
  }

  func run() async throws {
    var configuration = try recording.configuration()
    configuration.existing = fresh ? .replace : .append
    let opened = try Recording.create(
      at: FilePath(recording.output ?? ".salvage"), configuration)
    for note in opened.notes { complain(note) }
    // Who is another user from the start, as in a container, makes a place of its own in root's
    // recording. Sticky, and not to be listed: as in /tmp, nobody takes away another one's.
    if geteuid() == 0 && chmod(opened.directory.string, 0o1733) != 0 {
      complain("\(opened.directory): other users cannot record here")
    }
    let variables = opened.environment().filter {
      [RecordingVariables.preload, RecordingVariables.recording].contains($0.key)
    }
    switch shell {
    case .json: try printJSON(variables)
    case .sh:
      for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
        try printOut("export \(name)=\(shellQuoted(value))\n")
      }
    case .fish:
      for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
        // fish(1): within single quotes a backslash escapes itself and the quote.
        let quoted = value.map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        try printOut("set -gx \(name) '\(quoted)'\n")
      }
    }
  }
}
