import SalvageSystem

/// The keys of a configuration file: long options without their dashes.
struct OptionKey: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case flag
    /// `--no-KEY` is an option too.
    case switchable
    case text
    case number
    case list
    /// Relative to the folder of the file.
    case path
    /// `FORMAT=PATH`, several.
    case reports
    /// Directories, files or names of packages.
    case sources
    /// A flag, or a list of reasons.
    case losses

    var description: String {
      switch self {
      case .flag, .switchable: "true or false"
      case .text, .path: "a string"
      case .number: "a number"
      case .list, .sources, .reports: "a list of strings"
      case .losses: "true, false or a list of reasons"
      }
    }

    /// Whether its option has a value on the command line.
    var hasValue: Bool { ![.flag, .switchable, .losses].contains(self) }
  }

  var name: String
  var kind: Kind
  /// The commands that have the option.
  var commands: Set<String>
  var short: Character?
  /// It means something else in each command: it stands in the table of one.
  var isLocal = false
  /// Options of the command line that stand for another choice: with one of them it is not set.
  var rivals: [String] = []

  /// The option that a value of the file becomes.
  var option: String { name == "recording" ? "default-recording" : name }
  /// How the command line says no to a flag of the file.
  var negation: String {
    name.hasPrefix("no-") ? String(name.dropFirst(3)) : "no-" + name
  }
}

extension OptionKey {
  private static let recorders: Set<String> = ["run", "watch", "env"]
  private static let reporters: Set<String> = [
    "run", "watch", "report", "show", "uncovered", "patch", "diff", "open",
  ]
  private static let talkers: Set<String> = [
    "report", "show", "uncovered", "patch", "diff", "open", "ledger", "export", "archive",
    "collect",
    "clean",
  ]
  private static let tabular: Set<String> = ["run", "watch", "report"]

  /// All of them. `ConfigurationTests` compares the list with what the commands have.
  static let all: [OptionKey] =
    [
      OptionKey(
        name: "recording", kind: .path,
        commands: recorders.union(reporters).union([
          "ledger", "export", "collect", "clean", "archive",
        ])
        .subtracting(["diff"]),
        short: "r")
    ]
    + [OptionKey(name: "append", kind: .flag, commands: ["run", "env"], rivals: ["fresh"])]
    + keys(.flag, recorders, ["private", "per-process", "leave-gcov", "note-signals"])
    + keys(.flag, recorders, ["hide-environment", "no-python"])
    + keys(.text, recorders, ["save-before"]) + keys(.sources, recorders, ["python-source"])
    + [
      OptionKey(name: "report", kind: .reports, commands: ["run", "watch"], isLocal: true),
      OptionKey(
        name: "quiet", kind: .flag, commands: talkers.union(["run", "watch"]), short: "q",
        rivals: ["verbose"]),
      OptionKey(
        name: "verbose", kind: .flag, commands: talkers, short: "v", rivals: ["quiet"]),
      OptionKey(name: "format", kind: .reports, commands: ["report"], short: "f", isLocal: true),
      OptionKey(
        name: "output", kind: .path, commands: ["report", "open"], short: "o", isLocal: true),
    ]
    + keys(.list, reporters, ["include", "exclude", "path-map", "exclude-marker"])
    + keys(.flag, reporters, ["all"]) + keys(.text, reporters.union(["export"]), ["build"])
    + keys(.flag, tabular, ["skip-covered", "skip-empty", "folders", "missed-functions"])
    + keys(.switchable, tabular, ["show-missing"]) + keys(.text, tabular, ["sort"])
    + keys(.text, tabular.union(["show", "diff"]), ["color"])
    + keys(.number, tabular, ["lcov-version", "cobertura-limit"])
    + keys(.list, tabular, ["fail-under"]) + keys(.losses, tabular, ["fail-on-loss"])
    + keys(
      .number, tabular,
      ["lines", "functions", "branches", "file-lines"].map { "fail-under-" + $0 }
        + ["lines", "functions", "branches"].map { "fail-uncovered-" + $0 })
    + [OptionKey(name: "base", kind: .text, commands: ["patch"], rivals: ["diff-file"])]
    + keys(.number, ["patch"], ["fail-under-patch"])
    + keys(.flag, ["diff"], ["fail-on-drop"]) + keys(.number, ["uncovered"], ["limit"])
    + keys(.flag, ["open"], ["no-browser"])
    + keys(.sources, ["watch"], ["watch"]) + keys(.flag, ["watch"], ["restart"])

  private static func keys(_ kind: Kind, _ commands: Set<String>, _ names: [String]) -> [OptionKey]
  {
    names.map { OptionKey(name: $0, kind: kind, commands: commands) }
  }

  /// Keys that name programs to execute. A file that came with somebody's sources has no say in that.
  static let programs = ["llvm-bin", "gcov-bin", "browser"]

  /// Commands that read the file, and may have a table in it.
  static let commands = Set(all.flatMap(\.commands)).union(["config", "doctor", "inspect"])

  /// Options of `run` and others with a value that no file sets.
  static let furtherValues = ["output", "llvm-bin", "gcov-bin", "diff-file", "config", "recording"]

  static func named(_ name: String) -> OptionKey? { all.first { $0.name == name } }
}
