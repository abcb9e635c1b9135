import ArgumentParser
import Salvage
import SalvageSystem
import SystemPackage

/// Which configuration file a command reads. The words are looked at before the command line is parsed.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("config"),
    help: "The configuration (default: the nearest .salvage.toml).", completion: .file())
  var config: String?

  @Flag(name: .customLong("no-config"), help: "No configuration file.")
  var noConfig = false
}

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "What the configuration sets, and where each value comes from.",
    discussion: """
      salvage config             all that is set
      salvage config report      what is in force for `salvage report`
      salvage config --keys      all keys, their values and their commands

      The file is .salvage.toml, here or in a folder above, at most that of the
      repository. Its keys are long options; those in a table, as [run] or [report],
      count for that command alone. SALVAGE_FAIL_UNDER_LINES=80 and its like win over
      the file, the command line over both; --no-private takes back `private = true`.
      Relative paths begin at the file. "${NAME-text}" stands for a variable, or for
      text where it is not set.
      """)

  @Argument(help: "A command: what is in force for it.")
  var command: String?

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "List what can be set.")
  var keys = false

  @Flag(help: "As JSON, for programs.")
  var json = false

  func validate() throws {
    if let command, !OptionKey.commands.contains(command) {
      throw ValidationError("there is no command \(command) that reads the configuration")
    }
  }

  private struct Document: Encodable {
    var file: String?
    var settings: [Row]
  }

  private struct Row: Encodable {
    var key: String
    var table: String?
    var value: String
    var origin: String
  }

  func run() async throws {
    if keys { return try listKeys() }
    let found = try ConfiguredArguments.settings(choice: choice)
    let settings = inForce(found)
    if json {
      let rows = settings.map {
        Row(
          key: $0.key.name, table: $0.table, value: $0.text, origin: $0.origin.description)
      }
      return try printJSON(Document(file: found.file?.string, settings: rows))
    }
    if found.file == nil { complain("no \(ConfigurationFile.name) is in use") }
    var table: String?
    let width = settings.map { $0.key.name.count + $0.text.count + 3 }.max() ?? 0
    for setting in settings {
      if command == nil, setting.table != table, let name = setting.table {
        try printOut("\n[\(name)]\n")
      }
      table = setting.table
      let line = "\(setting.key.name) = \(setting.text)"
      try printOut("\(line.padded(to: min(width, 60) + 2))# \(setting.origin.description)\n")
    }
  }

  private var choice: ConfiguredArguments.Choice {
    if options.noConfig { return .none }
    return options.config.map { .file(FilePath($0)) } ?? .init([])
  }

  /// Without a command: all that wins anywhere, what is common first.
  private func inForce(_ found: ConfiguredArguments.Found) -> [Setting] {
    let commands = command.map { [$0] } ?? OptionKey.commands.sorted()
    var settings: [Setting] = []
    for command in commands {
      for key in OptionKey.all where key.commands.contains(command) {
        guard let setting = found.inForce(key, for: command), !settings.contains(setting) else {
          continue
        }
        settings.append(setting)
      }
    }
    // As the file has them, the environment's behind; a common one before those of a command.
    return settings.enumerated().sorted {
      let (left, right) = ($0.element, $1.element)
      return (left.table ?? "", left.origin.line, $0.offset)
        < (right.table ?? "", right.origin.line, $1.offset)
    }.map(\.element)
  }

  private func listKeys() throws {
    for key in OptionKey.all where command.map({ key.commands.contains($0) }) ?? true {
      let commands = key.commands.sorted().map { key.isLocal ? "[\($0)]" : $0 }
      try printOut(
        key.name.padded(to: 26) + key.kind.description.padded(to: 34)
          + commands.joined(separator: " ") + "\n")
    }
  }
}
