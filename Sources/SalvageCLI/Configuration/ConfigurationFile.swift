import Glibc
import Salvage
import SalvageReport
import SalvageSystem
import SystemPackage

/// `.salvage.toml`: where it is, whether it may be used, what it sets.
struct ConfigurationFile {
  static let name = ".salvage.toml"

  /// As messages have it.
  let path: FilePath
  private(set) var settings: [Setting] = []
  private let variables: [String: String]
  /// Paths of the file begin here; nil where that is the current directory.
  private let folder: FilePath?

  /// The nearest one, here or above, at most at the root of the repository.
  static func nearest(to directory: FilePath) -> FilePath? {
    var folder = directory
    while true {
      let path = folder.appending(name)
      if path.isRegularFile { return path }
      let parent = folder.removingLastComponent()
      if parent == folder || exists(folder.appending(".git")) { return nil }
      folder = parent
    }
  }

  private static func exists(_ path: FilePath) -> Bool {
    path.withPlatformString { access($0, F_OK) } == 0
  }

  /// Why others may have written it; nil where only the user and root can have.
  static func distrust(_ path: FilePath) -> String? {
    let folder = path.removingLastComponent()
    for place in [path, folder.isEmpty ? "." : folder] {
      var status = stat()
      guard place.withPlatformString({ stat($0, &status) }) == 0 else { continue }
      if status.st_uid != geteuid() && status.st_uid != 0 {
        return "\(place == path ? "it" : "its folder") belongs to another user"
      }
      if status.st_mode & S_IWOTH != 0 {
        return "every user can write \(place == path ? "it" : "in its folder")"
      }
      if status.st_mode & S_IWGRP != 0 && status.st_gid != getegid() {
        return "another group can write \(place == path ? "it" : "in its folder")"
      }
    }
    return nil
  }

  /// - Parameters:
  ///   - bytes: what is in the file.
  ///   - variables: what `${NAME}` stands for.
  init(
    _ path: FilePath, _ bytes: [UInt8], variables: [String: String]
  ) throws(ConfigurationError) {
    let folder = path.absolute.removingLastComponent()
    let isHere = folder == FilePath(".").absolute
    self.path = isHere ? path.lastComponent.map { FilePath($0.string) } ?? path : path
    self.folder = isHere ? nil : folder
    self.variables = variables
    let table: TOMLTable
    do throws(TOMLError) {
      table = try TOMLReader.read(bytes)
    } catch {
      throw ConfigurationError(self.path, error.place, error.message)
    }
    for entry in table.entries {
      if case .table(let inner) = entry.value.content {
        guard OptionKey.commands.contains(entry.key) else {
          throw unknown(entry, "there is no command", among: OptionKey.commands)
        }
        for inner in inner.entries { try add(inner, table: entry.key) }
      } else {
        try add(entry, table: nil)
      }
    }
  }

  private func unknown(
    _ entry: TOMLTable.Entry, _ what: String, among names: some Sequence<String>
  ) -> ConfigurationError {
    let hint =
      nearestName(to: entry.key, among: names.sorted()).map { "did you mean \($0)?" }
      ?? "`salvage config --keys` lists them"
    return error(entry.place, "\(what) \(shellQuoted(entry.key)): \(hint)")
  }

  private func error(_ place: TOMLPlace, _ message: String) -> ConfigurationError {
    ConfigurationError(path, place, message)
  }

  private mutating func add(
    _ entry: TOMLTable.Entry, table: String?
  ) throws(ConfigurationError) {
    if OptionKey.programs.contains(entry.key) {
      throw error(
        entry.place, "\(entry.key) names a program to execute: give it on the command line")
    }
    let known = OptionKey.all.filter { key in table.map { key.commands.contains($0) } ?? true }
    guard let key = known.first(where: { $0.name == entry.key }) else {
      if let table, let other = OptionKey.named(entry.key) {
        throw error(
          entry.place,
          "\(table) has no \(entry.key): \(other.commands.sorted().joined(separator: ", ")) have it"
        )
      }
      throw unknown(entry, "there is no key", among: known.map(\.name))
    }
    guard !key.isLocal || table != nil else {
      let tables = key.commands.sorted().map { "[\($0)]" }.joined(separator: " or ")
      throw error(entry.place, "\(key.name) belongs in the table \(tables)")
    }
    settings.append(
      Setting(
        key: key, table: table, value: try value(of: entry, for: key),
        origin: .file(path, line: entry.place.line)))
  }

  private func value(
    of entry: TOMLTable.Entry, for key: OptionKey
  ) throws(ConfigurationError) -> Setting.Value {
    let value = entry.value
    switch (key.kind, value.content) {
    case (.flag, .boolean(let isOn)), (.switchable, .boolean(let isOn)),
      (.losses, .boolean(let isOn)):
      return .flag(isOn)
    case (.text, .string), (.number, .integer), (.number, .float), (.number, .string),
      (.path, .string):
      return .one(try text(of: value, for: key))
    case (.list, .array(let parts)), (.sources, .array(let parts)), (.reports, .array(let parts)),
      (.losses, .array(let parts)):
      var texts: [String] = []
      for part in parts { texts.append(try text(of: part, for: key)) }
      return .many(texts)
    case (.list, .string), (.list, .integer), (.list, .float), (.sources, .string),
      (.reports, .string), (.losses, .string):
      return .many([try text(of: value, for: key)])
    default:
      throw error(value.place, "\(key.name) is \(key.kind.description)")
    }
  }

  private func text(of value: TOMLValue, for key: OptionKey) throws(ConfigurationError) -> String {
    switch value.content {
    case .integer(let number): return String(number)
    case .float(let number): return number
    case .string(let string):
      let text = try expanded(string, at: value.place)
      if text.contains("\0") { throw error(value.place, "\(key.name): a NUL character") }
      return placed(text, key.kind)
    default: throw error(value.place, "\(key.name) is \(key.kind.description)")
    }
  }

  // MARK: Paths and variables

  /// A relative path begins at the file, not where the command happens to be called.
  private func placed(_ text: String, _ kind: OptionKey.Kind) -> String {
    guard let folder, !text.isEmpty else { return text }
    switch kind {
    case .path: return folder.pushing(FilePath(text)).string
    case .sources:
      // A package by its name stays one.
      let place = folder.pushing(FilePath(text))
      return text.contains("/") || text.hasPrefix(".") || Self.exists(place) ? place.string : text
    case .reports:
      guard let mark = text.firstIndex(of: "=") else { return text }
      let path = FilePath(String(text[text.index(after: mark)...]))
      return path == "-" || path.isEmpty ? text : text[...mark] + folder.pushing(path).string
    default: return text
    }
  }

  /// `${NAME}`, `${NAME-what stands for one that is not set}`; `$${` is `${`.
  private func expanded(
    _ text: String, at place: TOMLPlace
  ) throws(ConfigurationError) -> String {
    var result = ""
    var rest = text[...]
    while let mark = rest.firstRange(of: "${") {
      let before = rest[..<mark.lowerBound]
      rest = rest[mark.upperBound...]
      if before.hasSuffix("$") {
        result += before.dropLast() + "${"
        continue
      }
      result += before
      guard let end = rest.firstIndex(of: "}") else {
        throw error(place, "${\(rest) does not end; $${ stands for ${ itself")
      }
      let parts = rest[..<end].split(
        separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let value = variables[name] ?? (parts.count == 2 ? String(parts[1]) : nil) else {
        throw error(place, "\(name) is not set; ${\(name)-…} says what stands for it then")
      }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
