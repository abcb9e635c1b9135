import Glibc
import SalvageReport
import SystemPackage

/// One value that a file or the environment has for a key.
struct Setting: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case flag(Bool)
    case one(String)
    case many([String])
  }

  /// Where it comes from.
  enum Origin: Sendable, Hashable {
    case file(FilePath, line: Int)
    case variable(String)

    /// Of the file.
    var line: Int {
      if case .file(_, let line) = self { line } else { .max }
    }

    var description: String {
      switch self {
      case .file(let path, let line): "\(path):\(line)"
      case .variable(let name): name
      }
    }
  }

  var key: OptionKey
  /// Of one command alone.
  var table: String?
  var value: Value
  var origin: Origin

  /// The words that a command line would have for it.
  var words: [String] {
    switch value {
    case .flag(true): ["--" + key.option]
    case .flag(false): key.kind == .switchable ? ["--no-" + key.option] : []
    case .one(let text): ["--\(key.option)=\(text)"]
    case .many(let texts):
      texts.map { "--\(key.option)\(key.kind == .losses ? "-of" : "")=\($0)" }
    }
  }

  /// As TOML has it.
  var text: String {
    switch value {
    case .flag(let isOn): String(isOn)
    case .one(let text): key.kind == .number ? text : Self.quoted(text)
    case .many(let texts): "[" + texts.map(Self.quoted).joined(separator: ", ") + "]"
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }
}

/// What is wrong with a file, a variable or a value; nothing else is done then.
struct ConfigurationError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }

  init(_ path: FilePath, _ place: TOMLPlace, _ message: String) {
    description = "\(path):\(place.line):\(place.column): \(message)"
  }
}

extension Setting {
  /// `SALVAGE_FAIL_UNDER_LINES=80` and its like. A list has a line for each element.
  static func ofEnvironment(_ variables: [String: String]) throws(ConfigurationError) -> [Setting] {
    var settings: [Setting] = []
    for key in OptionKey.all where key.name != "recording" && !key.isLocal {
      let name = "SALVAGE_" + key.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
      guard let text = variables[name], !text.isEmpty else { continue }
      let value: Value
      switch key.kind {
      case .flag, .switchable:
        guard let isOn = flag(text) else {
          throw ConfigurationError("\(name)=\(text): true or false, 1 or 0")
        }
        value = .flag(isOn)
      case .losses:
        value = flag(text).map { .flag($0) } ?? .many(lines(text))
      case .list, .sources, .reports: value = .many(lines(text))
      case .text, .number, .path: value = .one(text)
      }
      settings.append(Setting(key: key, table: nil, value: value, origin: .variable(name)))
    }
    return settings
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init)
  }

  private static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "true", "yes", "on": true
    case "0", "false", "no", "off": false
    default: nil
    }
  }
}
