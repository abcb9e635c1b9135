import Glibc
import SalvageRecord
import SalvageSystem
import SystemPackage

extension Coverage {
  /// One file on disk is one file here: where several paths lead to one by symbolic links, their records are
  /// joined under its own path if that is among them, else under the first. Hard links are files of their
  /// own: tools make them of equal files that have nothing to do with each other.
  func joiningLinks() -> Coverage {
    var resolver = LinkResolver()
    var places: [String: [String]] = [:]
    for file in files {
      if let real = resolver.resolved(file.path) { places[real, default: []].append(file.path) }
    }
    var names: [String: String] = [:]
    for (real, paths) in places where paths.count > 1 {
      let name = paths.contains(real) ? real : paths[0]
      for path in paths where path != name { names[path] = name }
    }
    return renaming(names)
  }

  /// With other paths; files that get one name are joined.
  func renaming(_ names: [String: String]) -> Coverage {
    guard !names.isEmpty else { return self }
    var result = self
    result.files.removeAll { names[$0.path] != nil }
    result.functions = functions.map { $0.renaming(names) }
    for file in files {
      guard let name = names[file.path] else { continue }
      var part = Coverage(content: content, dialect: dialect)
      part.files = [file]
      part.files[0].path = name
      result.add(part)
    }
    return result
  }
}

extension FunctionRegions {
  fileprivate func renaming(_ names: [String: String]) -> FunctionRegions {
    guard fileNames.contains(where: { names[$0] != nil }) else { return self }
    var result = self
    result.fileNames = fileNames.map { names[$0] ?? $0 }
    return result
  }
}

/// Paths without symbolic links; each directory is looked at once.
private struct LinkResolver {
  private var directories: [Substring: String?] = [:]

  /// Nil for a file that is not there.
  mutating func resolved(_ path: String) -> String? {
    guard path.hasPrefix("/"), let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      return nil
    }
    var state = stat()
    guard FilePath(name: path).withPlatformString({ lstat($0, &state) }) == 0 else { return nil }
    if state.st_mode & S_IFMT == S_IFLNK { return Self.real(path) }
    let directory = path[...slash]
    let known = directories[directory] ?? Self.real(String(directory))
    directories[directory] = known
    return known.map { ($0 == "/" ? "" : $0) + path[slash...] }
  }

  private static func real(_ path: String) -> String? {
    let found = FilePath(name: path).withPlatformString { realpath($0, nil) }
    guard let bytes = found else { return nil }
    defer { free(bytes) }
    return String(name: UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)))
  }
}
