import ArgumentParser
import Glibc
import Salvage
import SalvageSystem
import SystemPackage

/// A command line with what the configuration adds to it: the words of its settings stand before the
/// user's own, for keys that those do not have.
struct ConfiguredArguments {
  /// For the parser.
  private(set) var words: [String]
  /// Those of `words` that come from the configuration.
  private(set) var settings: [Setting] = []

  private let command: String
  /// Those of the command itself, not of what it runs.
  private let own: ArraySlice<String>

  /// - Throws: what is wrong with the file or the environment.
  init(_ arguments: [String]) throws(ConfigurationError) {
    words = arguments
    command = arguments.first ?? ""
    own = Self.ownWords(of: arguments)
    guard OptionKey.commands.contains(command), command != "config", !asksForHelp else { return }
    let keys = OptionKey.all.filter { $0.commands.contains(command) }
    guard !keys.isEmpty else { return }
    removeNegations(keys)
    let found = try Self.settings(choice: Choice(own))
    for key in keys where !isGiven(key) {
      guard let setting = found.inForce(key, for: command) else { continue }
      settings.append(setting)
    }
    words.insert(contentsOf: settings.flatMap(\.words), at: 1)
  }

  /// Needs no file, and a broken one must not be in the way.
  private var asksForHelp: Bool {
    own.contains {
      ["-h", "--help", "--help-hidden", "--version"].contains($0)
        || $0.hasPrefix("--generate-completion-script")
        || $0 == "--experimental-dump-help"
    }
  }

  private static func ownWords(of arguments: [String]) -> ArraySlice<String> {
    let words = arguments.dropFirst()
    let end = words.firstIndex(of: "--") ?? words.endIndex
    guard ["run", "watch"].contains(arguments.first) else { return words[..<end] }
    // The first word that is neither an option nor the value of one begins the command.
    var at = words.startIndex
    while at < end, words[at].hasPrefix("-") {
      at += !words[at].contains("=") && hasValue(words[at]) ? 2 : 1
    }
    return words[..<min(at, end)]
  }

  private static func hasValue(_ word: String) -> Bool {
    let name = word.drop { $0 == "-" }
    guard word.hasPrefix("--") else { return name == "o" }
    return OptionKey.furtherValues.contains(String(name))
      || (OptionKey.named(String(name))?.kind.hasValue ?? false)
  }

  private func isGiven(_ key: OptionKey) -> Bool {
    let names = ([key.name, key.negation] + key.rivals).map { "--" + $0 }
    let shorts = ([key.short] + key.rivals.map { OptionKey.named($0)?.short }).compactMap(\.self)
    return own.contains { word in
      names.contains { word == $0 || word.hasPrefix($0 + "=") }
        || key.kind == .losses && word.hasPrefix("--fail-on-loss-of=")
        || !word.hasPrefix("--") && shorts.contains { word.hasPrefix("-\($0)") }
    }
  }

  /// `--no-private` and its like: the parser does not know them, and they only take from the file.
  private mutating func removeNegations(_ keys: [OptionKey]) {
    let names = Set(keys.filter { [.flag, .losses].contains($0.kind) }.map { "--" + $0.negation })
    for index in own.indices.reversed() where names.contains(words[index]) {
      words.remove(at: index)
    }
  }

  /// The setting that the parser does not take, if it is one: `parse` is given a command line.
  func culprit(_ parse: ([String]) throws -> Void) -> ConfigurationError? {
    let user = Array(words.prefix(1) + words.dropFirst(1 + settings.flatMap(\.words).count))
    let without = Self.complaint(user, parse)
    for setting in settings {
      let with = Self.complaint(user.prefix(1) + setting.words + user.dropFirst(), parse)
      if let with, with != without {
        return ConfigurationError("\(setting.origin.description): \(with)")
      }
    }
    return nil
  }

  private static func complaint(_ words: [String], _ parse: ([String]) throws -> Void) -> String? {
    do {
      try parse(words)
      return nil
    } catch {
      return SalvageCommand.message(for: error)
    }
  }

  // MARK: Where settings come from

  /// Which file is asked for.
  enum Choice {
    case nearest
    case none
    case file(FilePath)

    init(_ own: some Sequence<String>) {
      self = .nearest
      if let text = getenv("SALVAGE_CONFIG").map({ String(cString: $0) }) {
        self = text.isEmpty ? .none : .file(FilePath(text))
      }
      var isNext = false
      for word in own {
        if isNext { self = .file(FilePath(word)) }
        isNext = word == "--config"
        if word.hasPrefix("--config=") { self = .file(FilePath(String(word.dropFirst(9)))) }
        if word == "--no-config" { self = .none }
      }
    }
  }

  /// What is set, and by which file.
  struct Found {
    var file: FilePath?
    /// The environment's come first, as they win.
    var settings: [Setting] = []

    func inForce(_ key: OptionKey, for command: String) -> Setting? {
      let all = settings.filter { $0.key == key }
      return all.first { if case .variable = $0.origin { true } else { false } }
        ?? all.first { $0.table == command } ?? all.first { $0.table == nil }
    }
  }

  static func settings(choice: Choice) throws(ConfigurationError) -> Found {
    let variables = [String: String].environment
    var found = Found(settings: try Setting.ofEnvironment(variables))
    let path: FilePath
    switch choice {
    case .none: return found
    case .file(let named): path = named
    case .nearest:
      guard let near = ConfigurationFile.nearest(to: FilePath(".").absolute) else { return found }
      if let reason = ConfigurationFile.distrust(near) {
        complain("\(near) is not used: \(reason); to use it all the same, name it by --config")
        return found
      }
      path = near
    }
    let bytes: [UInt8]
    do throws(SalvageError) {
      bytes = try path.contents()
    } catch {
      throw ConfigurationError("the configuration cannot be read: \(error)")
    }
    let file = try ConfigurationFile(path, bytes, variables: variables)
    found.file = file.path
    found.settings += file.settings
    return found
  }
}

extension [String: String] {
  /// This process's variables.
  fileprivate static var environment: [String: String] {
    var result: [String: String] = [:]
    var at = environ
    while let entry = at.pointee {
      let text = String(cString: entry)
      if let mark = text.firstIndex(of: "=") {
        result[String(text[..<mark])] = String(text[text.index(after: mark)...])
      }
      at += 1
    }
    return result
  }
}
