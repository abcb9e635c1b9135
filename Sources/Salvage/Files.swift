import Glibc
import SalvageRecord
package import SalvageReport
import SalvageSystem
package import SystemPackage

// Small file work without Foundation, whose loading would cost more than a short command.

package func fails(_ what: String, _ path: FilePath, _ code: Int32 = errno) -> SalvageError {
  .system(what, path, Errno(rawValue: code))
}

/// `path` as an absolute one, symbolic links of an existing directory resolved.
package func absolute(_ path: FilePath) -> FilePath {
  var result = path
  if path.isRelative {
    var room = [CChar](repeating: 0, count: Int(PATH_MAX))
    if getcwd(&room, room.count) != nil {
      result = FilePath(platformString: room).pushing(path)
    }
  }
  return result.lexicallyNormalized()
}

package func resolved(_ path: FilePath) -> FilePath? {
  guard let real = path.withPlatformString({ realpath($0, nil) }) else { return nil }
  defer { free(real) }
  return FilePath(platformString: real)
}

func makeDirectory(_ path: FilePath, mode: UInt32) throws(SalvageError) {
  guard path.withPlatformString({ mkdir($0, mode) }) == 0,
    // The umask must not close it to the other users of the tree.
    path.withPlatformString({ chmod($0, mode) }) == 0
  else { throw fails("make the directory", path) }
}

/// `path` and all that is missing above it.
func makeDirectories(_ path: FilePath) throws(SalvageError) {
  guard !path.isEmpty, !isDirectory(path) else { return }
  try makeDirectories(path.removingLastComponent())
  // Somebody else may make it at the same time.
  guard path.withPlatformString({ mkdir($0, 0o777) }) == 0 || errno == EEXIST else {
    throw fails("make the directory", path)
  }
}

/// A new directory with a random name that begins with `prefix`.
func makeTemporaryDirectory(prefix: FilePath, mode: UInt32) throws(SalvageError) -> FilePath {
  var template = Array((prefix.string + "XXXXXX").utf8CString)
  guard mkdtemp(&template) != nil else { throw fails("make a directory", prefix) }
  let path = FilePath(platformString: template)
  guard path.withPlatformString({ chmod($0, mode) }) == 0 else { throw fails("open up", path) }
  return path
}

/// Writes a new file.
package func write(_ bytes: [UInt8], to path: FilePath, mode: UInt32) throws(SalvageError) {
  let file = try create(path, mode: mode)
  defer { close(file) }
  try write(bytes, to: file, path: path)
}

/// Makes a file that is not there, for writing: never what another user has put under that name, be it a link.
func create(_ path: FilePath, mode: UInt32) throws(SalvageError) -> Int32 {
  let file = path.withPlatformString {
    open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
  }
  guard file >= 0 else { throw fails("write", path) }
  fchmod(file, mode)  // whatever the umask
  return file
}

/// Copies a regular file in pieces: fresh memory for all of it costs more than the copying.
func copyFile(_ source: FilePath, to path: FilePath, mode: UInt32) throws(SalvageError) {
  let file = try readable(source)
  let target = try create(path, mode: mode)
  defer { close(target) }
  for start in stride(from: 0, to: file.size, by: 1 << 16) {
    let piece = try bytes(start..<(start + (1 << 16)), of: file)
    try write(piece, to: target, path: path)
  }
}

/// Writes `bytes` whole to an open descriptor.
package func write(_ bytes: [UInt8], to file: Int32, path: FilePath) throws(SalvageError) {
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, $0.count - done) }
    if count < 0 {
      if errno == EINTR { continue }
      throw fails("write", path)
    }
    done += count
  }
}

/// Writes a file that the user asked for.
package func write(_ bytes: [UInt8], to file: OutputFile) throws(SalvageError) {
  do throws(OutputError) {
    try file.write(bytes)
  } catch {
    throw .system("write", error.path, error.errno)
  }
}

/// Writes a file under a temporary name and renames it: readers see the old bytes or the new ones.
func replace(_ path: FilePath, with bytes: [UInt8], mode: UInt32) throws(SalvageError) {
  let temporary = unpredictable(FilePath(path.string + "."))
  do throws(SalvageError) {
    try write(bytes, to: temporary, mode: mode)
    try rename(temporary, path)
  } catch {
    temporary.withPlatformString { _ = unlink($0) }
    throw error
  }
}

/// `prefix` with a random name: where others can write, they could take one that they can guess.
func unpredictable(_ prefix: FilePath) -> FilePath {
  FilePath(prefix.string + hex(UInt64.random(in: 0 ... .max)))
}

package func rename(_ old: FilePath, _ new: FilePath) throws(SalvageError) {
  let result = old.withPlatformString { from in new.withPlatformString { Glibc.rename(from, $0) } }
  guard result == 0 else { throw fails("rename to", new) }
}

package func link(_ path: FilePath, to target: FilePath) throws(SalvageError) {
  let result = target.withPlatformString { to in path.withPlatformString { symlink(to, $0) } }
  guard result == 0 else { throw fails("make the link", path) }
}

func status(_ path: FilePath, following: Bool = true) -> stat? {
  var result = stat()
  let done = path.withPlatformString { following ? stat($0, &result) : lstat($0, &result) }
  return done == 0 ? result : nil
}

package func isRegularFile(_ path: FilePath) -> Bool {
  status(path).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
}

package func isDirectory(_ path: FilePath) -> Bool {
  status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
}

/// Where a symbolic link points; nil if `path` is none.
package func target(of path: FilePath) -> FilePath? {
  var room = [CChar](repeating: 0, count: Int(PATH_MAX))
  let count = path.withPlatformString { readlink($0, &room, room.count - 1) }
  return count > 0 ? FilePath(platformString: room) : nil
}

/// The bytes of a file.
///
/// A file that is larger than `limit` bytes is not read: in a recording that others can write to, it may be
/// a sparse one of any size.
package func contents(
  of path: FilePath, limit: Int = 256 << 20
) throws(SalvageError) -> [UInt8] {
  let file = try readable(path)
  guard file.size <= limit else {
    throw .tooLarge(path, size: file.size, limit: limit)
  }
  return try bytes(0..<file.size, of: file)
}

private func readable(_ path: FilePath) throws(SalvageError) -> RecordFile {
  do throws(RecordError) {
    return try RecordFile(path)
  } catch {
    throw .unreadable(error)
  }
}

private func bytes(
  _ range: Range<Int>, of file: borrowing RecordFile
) throws(SalvageError) -> [UInt8] {
  do throws(RecordError) {
    return try file.bytes(range)
  } catch {
    throw .unreadable(error)
  }
}
