import Glibc
import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Where a command writes a file that it was asked for: the one way for reports and exports.
///
/// - `-`, /dev/stdout, /dev/stderr, /dev/fd/N: the descriptor that this process has, where it stands.
/// - A device, a fifo, a socket: opened and written to.
/// - A regular file, or none yet: readers see the old bytes or all of the new ones, because a new file
///   takes its name by rename(2). Symbolic links are followed to their target. A file that is there
///   keeps its owner and mode; a new one gets what the umask leaves.
/// - A regular file that a new one cannot stand in for (several names, another owner, a mount
///   point, a directory that cannot be written): emptied and written in place.
package struct OutputFile: Sendable, Hashable {
  package let path: FilePath

  package init(_ path: FilePath) {
    self.path = path
  }

  /// Takes a piece of what is written.
  package typealias Sink = (UnsafeRawBufferPointer) throws(OutputError) -> Void

  /// The descriptor of this process that the path names, if any.
  package var descriptor: Int32? { Self.descriptor(path) }

  /// Looks whether the file can be written, before work is done for it. Changes nothing.
  package func check() throws(OutputError) {
    switch try Self.place(of: path) {
    case .descriptor(let number):
      guard fcntl(number, F_GETFL) >= 0 else { throw OutputError(path) }
    case .special(let path), .file(let path, _):
      guard access(path, W_OK) else { throw OutputError(path) }
    case .nothing(let path):
      let directory = Self.directory(of: path)
      guard access(directory, W_OK | X_OK) else { throw OutputError(path) }
    }
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(OutputError) {
    try write { sink throws(OutputError) in
      var failure: OutputError?
      bytes.withUnsafeBytes { bytes in
        do throws(OutputError) { try sink(bytes) } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  /// Writes what `produce` hands to the sink. Where it throws, a file that was there stays as it was,
  /// if a new one could stand in for it.
  package func write(
    _ produce: (Sink) throws(OutputError) -> Void
  ) throws(OutputError) {
    switch try Self.place(of: path) {
    case .descriptor(let number): try produce(sink(number))
    case .special(let path): try writeInPlace(path, flags: 0, produce)
    case .nothing(let path): try replace(path, nil, produce)
    case .file(let path, let status):
      guard Self.isReplaceable(path, status) else {
        return try writeInPlace(path, flags: O_TRUNC, produce)
      }
      try replace(path, status, produce)
    }
  }

  // MARK: What is there

  private enum Place {
    case descriptor(Int32)
    case special(FilePath)
    case file(FilePath, stat)
    case nothing(FilePath)
  }

  private static func descriptor(_ path: FilePath) -> Int32? {
    switch path.string {
    case "-", "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      let folders = ["/dev/fd/", "/proc/self/fd/", "/proc/\(getpid())/fd/"]
      guard folders.contains(where: path.string.hasPrefix) else { return nil }
      return path.lastComponent.flatMap { Int32($0.string) }
    }
  }

  /// The end of a chain of symbolic links.
  private static func place(of path: FilePath) throws(OutputError) -> Place {
    var path = path
    // As many as the kernel follows.
    for _ in 0..<40 {
      if let number = descriptor(path) { return .descriptor(number) }
      // The very thing that is looked at is the one whose target is read.
      let entry = path.withPlatformString { open($0, openPath | O_NOFOLLOW | O_CLOEXEC) }
      guard entry >= 0 else {
        guard errno == ENOENT else { throw OutputError(path) }
        return .nothing(path)
      }
      defer { close(entry) }
      var status = stat()
      guard fstat(entry, &status) == 0 else { throw OutputError(path) }
      let kind = status.st_mode & S_IFMT
      guard kind != S_IFDIR else { throw OutputError(path, EISDIR) }
      guard !isLaidOut(status, in: directory(of: path)) else { throw OutputError(path, EACCES) }
      switch kind {
      case S_IFREG: return .file(path, status)
      case S_IFLNK: path = directory(of: path).pushing(try target(ofLink: entry, path))
      default: return .special(path)
      }
    }
    throw OutputError(path, ELOOP)
  }

  /// O_PATH, which the headers have for _GNU_SOURCE alone: the same on all Linux but alpha and sparc.
  private static let openPath: Int32 = 0o10_000_000

  /// Another user's, in a directory where everybody may make files, as /tmp: the kernel does not follow
  /// or open such for writing (protected_symlinks, protected_regular, protected_fifos of proc(5)), and
  /// what it does not see, as we replace names, must not be worse.
  private static func isLaidOut(_ status: stat, in directory: FilePath) -> Bool {
    var parent = stat()
    guard status.st_uid != geteuid(),
      directory.withPlatformString({ stat($0, &parent) }) == 0
    else { return false }
    let everybodys = S_ISVTX | S_IWOTH
    return parent.st_mode & everybodys == everybodys && status.st_uid != parent.st_uid
  }

  private static func target(
    ofLink entry: Int32, _ path: FilePath
  ) throws(OutputError) -> FilePath {
    var room = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard readlinkat(entry, "", &room, room.count - 1) > 0 else { throw OutputError(path) }
    return FilePath(platformString: room)
  }

  private static func directory(of path: FilePath) -> FilePath {
    let directory = path.removingLastComponent()
    return directory.isEmpty ? "." : directory
  }

  /// True where a new file of the same owner and mode is the same for everybody.
  private static func isReplaceable(_ path: FilePath, _ status: stat) -> Bool {
    let isOwn = geteuid() == 0 || status.st_uid == geteuid()
    return isOwn && status.st_nlink == 1 && access(directory(of: path), W_OK | X_OK)
  }

  // MARK: Writing

  private func sink(_ file: Int32) -> Sink {
    { bytes throws(OutputError) in
      var done = 0
      while done < bytes.count {
        let count = Self.write(file, bytes[done...])
        if count < 0 {
          if errno == EINTR { continue }
          throw OutputError(path)
        }
        done += count
      }
    }
  }

  private static func write(_ file: Int32, _ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    return Glibc.write(file, bytes.baseAddress, bytes.count)
  }

  private func writeInPlace(
    _ path: FilePath, flags: Int32, _ produce: (Sink) throws(OutputError) -> Void
  ) throws(OutputError) {
    let file = path.withPlatformString {
      open($0, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | flags)
    }
    guard file >= 0 else { throw OutputError(path) }
    try finish(file, produce)
  }

  private func replace(
    _ path: FilePath, _ old: stat?, _ produce: (Sink) throws(OutputError) -> Void
  ) throws(OutputError) {
    // A file that must not be written is not replaced either.
    guard old == nil || access(path, W_OK) else { throw OutputError(path) }
    let (file, temporary) = try create(beside: path, mode: old == nil ? 0o666 : 0o600)
    defer { Unfinished.drop(temporary) }
    do throws(OutputError) {
      if let old {
        guard fchown(file, old.st_uid, old.st_gid) == 0, fchmod(file, old.st_mode & 0o777) == 0
        else {
          // A group that is not ours, or a file system without owners.
          close(file)
          Self.remove(temporary)
          return try writeInPlace(path, flags: O_TRUNC, produce)
        }
      }
      try finish(file, produce)
      guard Self.rename(temporary, path) else {
        let code = errno
        // A mount point has a name that cannot be taken.
        guard code == EBUSY, old != nil else { throw OutputError(path, code) }
        Self.remove(temporary)
        return try writeInPlace(path, flags: O_TRUNC, produce)
      }
    } catch {
      Self.remove(temporary)
      throw error
    }
  }

  /// A new file that nobody else can have made, in the directory of `path`.
  private func create(
    beside path: FilePath, mode: mode_t
  ) throws(OutputError) -> (Int32, FilePath) {
    for _ in 0..<100 {
      let number = String(UInt64.random(in: 0 ... .max), radix: 36)
      let temporary = Self.directory(of: path).appending(".salvage-\(number).new")
      let file = temporary.withPlatformString {
        open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
      }
      if file >= 0 {
        Unfinished.add(temporary)
        return (file, temporary)
      }
      guard errno == EEXIST else { break }
    }
    throw OutputError(path)
  }

  /// Errors of a full disk, a quota or NFS may come with close(2) alone.
  private func finish(
    _ file: Int32, _ produce: (Sink) throws(OutputError) -> Void
  ) throws(OutputError) {
    do throws(OutputError) {
      try produce(sink(file))
    } catch {
      close(file)
      throw error
    }
    guard close(file) == 0 || errno == EINTR else { throw OutputError(path) }
  }

  private static func rename(_ old: FilePath, _ new: FilePath) -> Bool {
    old.withPlatformString { old in
      new.withPlatformString { renameat(AT_FDCWD, old, AT_FDCWD, $0) }
    } == 0
  }

  private static func remove(_ path: FilePath) {
    _ = path.withPlatformString { unlink($0) }
  }

  /// With the ids that count for opening it.
  private static func access(_ path: FilePath, _ mode: Int32) -> Bool {
    path.withPlatformString { faccessat(AT_FDCWD, $0, mode, AT_EACCESS) } == 0
  }

  private func access(_ path: FilePath, _ mode: Int32) -> Bool { Self.access(path, mode) }
}

/// Why a file could not be written.
package struct OutputError: Error, Sendable, Hashable {
  package var path: FilePath
  package var errno: Errno

  package init(_ path: FilePath, _ code: Int32 = systemErrno()) {
    self.path = path
    errno = Errno(rawValue: code)
  }
}

extension OutputError: CustomStringConvertible {
  package var description: String { "cannot write \(path): \(errno)" }
}

package func systemErrno() -> Int32 { errno }
