import Glibc
import SalvageRecord
import SalvageSystem
import SystemPackage

/// Where the source files of a Go program are. Its meta-data names them by import path:
/// `example.com/app/lib/lib.go`.
///
/// The program's table of functions has their absolute names, unless it was built with `-trimpath`; then the folder
/// of a module is looked for by its go.mod, above the program and above the current directory. What is nowhere keeps
/// its name, for `--path-map`.
struct GoPaths {
  private var paths: [String: String] = [:]

  subscript(name: String) -> String { paths[name] ?? name }

  init(of object: GoObject, near program: FilePath?) {
    let known = Dictionary(
      grouping: object.fileNames.filter { $0.hasPrefix("/") }, by: { $0.lastName })
    for (prefix, names) in Self.groups(object.packages) {
      let folder =
        Self.folder(of: names, prefix, known) ?? Self.module(prefix, near: program)
      guard let folder else { continue }
      for name in names { paths[name] = folder + name.dropFirst(prefix.utf8.count) }
    }
  }

  /// The files of each module, or of a package that is of none, by what their names begin with.
  private static func groups(_ packages: [GoPackage]) -> [String: [String]] {
    var groups: [String: Set<String>] = [:]
    for package in packages {
      for file in package.functions.map(\.file) where !file.hasPrefix("/") {
        let prefix = [package.module, package.path].first {
          !$0.isEmpty && file.hasPrefix($0 + "/")
        }
        guard let prefix else { continue }
        groups[prefix, default: []].insert(file)
      }
    }
    return groups.mapValues { $0.sorted() }
  }

  /// The folder under which most of these files are known.
  private static func folder(
    of names: [String], _ prefix: String, _ known: [String: [String]]
  ) -> String? {
    var votes: [String: Int] = [:]
    for name in names {
      let rest = String(name.dropFirst(prefix.utf8.count))  // `/lib/lib.go`
      for path in known[name.lastName] ?? [] where path.hasSuffix(rest) {
        votes[String(path.dropLast(rest.count)), default: 0] += 1
      }
    }
    let most = votes.values.max() ?? 0
    let best = votes.filter { $0.value == most }.map(\.key).sorted()
    return best.first { declares(prefix, in: $0) } ?? best.first
  }

  private static func module(_ name: String, near program: FilePath?) -> String? {
    let starts = [program?.removingLastComponent(), currentDirectory()].compactMap { $0 }
    for var folder in starts where folder.isAbsolute {
      while true {
        if declares(name, in: folder.string) { return folder.string }
        guard !folder.components.isEmpty else { break }
        folder = folder.removingLastComponent()
      }
    }
    return nil
  }

  private static let longestModuleFile = 1 << 20

  /// Whether the folder's go.mod says `module NAME`.
  private static func declares(_ name: String, in folder: String) -> Bool {
    guard let file = try? RecordFile(FilePath(name: folder).appending("go.mod")),
      let bytes = try? file.bytes(0..<min(file.size, longestModuleFile))
    else { return false }
    return bytes.split(separator: 10).contains { line in
      let words = line.split { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 34 }
      return words.count >= 2 && words[0].elementsEqual("module".utf8)
        && words[1].elementsEqual(name.utf8)
    }
  }

  private static func currentDirectory() -> FilePath? {
    guard let text = getcwd(nil, 0) else { return nil }
    defer { free(text) }
    return FilePath(platformString: text)
  }
}

extension String {
  /// Behind the last `/`.
  fileprivate var lastName: String {
    lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self
  }
}
