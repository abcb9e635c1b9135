package import Glibc
package import SystemPackage

// What is asked of files without Foundation, whose loading would cost more than a short command.

extension FilePath {
  /// As an absolute path, without `.` and `..` that the text alone settles.
  package var absolute: FilePath {
    var result = self
    if isRelative {
      var room = [CChar](repeating: 0, count: Int(PATH_MAX))
      if getcwd(&room, room.count) != nil {
        result = FilePath(platformString: room).pushing(self)
      }
    }
    return result.lexicallyNormalized()
  }

  /// With all symbolic links followed; nil where it does not exist.
  package var resolved: FilePath? {
    guard let real = withPlatformString({ realpath($0, nil) }) else { return nil }
    defer { free(real) }
    return FilePath(platformString: real)
  }

  /// stat(2), or lstat(2); nil where it does not exist, or cannot be looked at.
  package func status(following: Bool = true) -> stat? {
    withPlatformString { look(at: $0, following) }
  }

  package var isRegularFile: Bool { status().map { $0.st_mode & S_IFMT == S_IFREG } ?? false }

  package var isDirectory: Bool { status().map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Where a symbolic link points; nil if this is none.
  package var linkTarget: FilePath? {
    var room = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = withPlatformString { readlink($0, &room, room.count - 1) }
    return count > 0 ? FilePath(platformString: room) : nil
  }

  /// The names in a directory, sorted; empty if it cannot be listed.
  package var childNames: [String] {
    guard let stream = withPlatformString({ opendir($0) }) else { return [] }
    defer { closedir(stream) }
    return names(of: stream)
  }

  /// With random letters at its end: where others can write, they could take a name that they can guess.
  package var withRandomEnding: FilePath {
    FilePath(string + hex(UInt64.random(in: 0 ... .max)))
  }
}

/// Not a method: `FilePath` has a `stat` of its own (swift-system).
private func look(at path: UnsafePointer<CChar>, _ following: Bool) -> stat? {
  var result = stat()
  return (following ? stat(path, &result) : lstat(path, &result)) == 0 ? result : nil
}

/// The names that an open directory has, sorted.
package func names(of stream: OpaquePointer) -> [String] {
  var result: [String] = []
  while let entry = readdir(stream) {
    let name = name(of: entry)
    if name != "." && name != ".." { result.append(name) }
  }
  return result.sorted()
}

/// A directory entry ends with its name (readdir(3)): all 256 bytes of `d_name` may reach past it.
private func name(of entry: UnsafePointer<dirent>) -> String {
  let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
  return String(cString: start.assumingMemoryBound(to: UInt8.self))
}
