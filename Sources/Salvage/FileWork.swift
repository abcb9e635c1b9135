import Glibc
import SalvageRecord
package import SalvageReport
import SalvageSystem
package import SystemPackage

// What is done with files, without Foundation; what fails says which file.

extension SalvageError {
  /// An error of a system call. `what` goes on after "cannot": "write", "make the directory".
  package static func systemFailure(
    _ what: String, _ path: FilePath, _ code: Int32 = Glibc.errno
  ) -> SalvageError {
    .system(what, path, Errno(rawValue: code))
  }
}

extension FilePath {
  // MARK: Directories

  func makeDirectory(mode: UInt32) throws(SalvageError) {
    guard withPlatformString({ mkdir($0, mode) }) == 0,
      // The umask must not close it to the other users of the tree.
      withPlatformString({ chmod($0, mode) }) == 0
    else { throw .systemFailure("make the directory", self) }
  }

  /// This directory and all that is missing above it.
  func makeDirectories() throws(SalvageError) {
    guard !isEmpty, !isDirectory else { return }
    try removingLastComponent().makeDirectories()
    // Somebody else may make it at the same time.
    guard withPlatformString({ mkdir($0, 0o777) }) == 0 || errno == EEXIST else {
      throw .systemFailure("make the directory", self)
    }
  }

  /// Makes a directory whose name is this one and a random ending; returns its path.
  func makeTemporaryDirectory(mode: UInt32) throws(SalvageError) -> FilePath {
    var template = Array((string + "XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw .systemFailure("make a directory", self) }
    let path = FilePath(platformString: template)
    guard path.withPlatformString({ chmod($0, mode) }) == 0 else {
      throw .systemFailure("open up", path)
    }
    return path
  }

  // MARK: Writing

  /// Writes a new file.
  package func writeFile(_ bytes: [UInt8], mode: UInt32) throws(SalvageError) {
    let file = try createFile(mode: mode)
    defer { close(file) }
    try write(bytes, to: file)
  }

  /// Makes a file that is not there, for writing: never what another user has put under that name, be it a link.
  func createFile(mode: UInt32) throws(SalvageError) -> Int32 {
    let file = withPlatformString {
      open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    }
    guard file >= 0 else { throw .systemFailure("write", self) }
    fchmod(file, mode)  // whatever the umask
    return file
  }

  /// Copies a regular file in pieces: fresh memory for all of it costs more than the copying.
  func copyFile(to path: FilePath, mode: UInt32) throws(SalvageError) {
    let file = try readable()
    let target = try path.createFile(mode: mode)
    defer { close(target) }
    for start in stride(from: 0, to: file.size, by: 1 << 16) {
      try path.write(bytes(start..<(start + (1 << 16)), of: file), to: target)
    }
  }

  /// Writes `bytes` whole to an open descriptor of this file.
  package func write(_ bytes: [UInt8], to file: Int32) throws(SalvageError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress! + done, $0.count - done)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .systemFailure("write", self)
      }
      done += count
    }
  }

  /// Writes a file under a temporary name and renames it: readers see the old bytes or the new ones.
  func replaceFile(with bytes: [UInt8], mode: UInt32) throws(SalvageError) {
    let temporary = FilePath(string + ".").withRandomEnding
    do throws(SalvageError) {
      try temporary.writeFile(bytes, mode: mode)
      try temporary.rename(to: self)
    } catch {
      temporary.withPlatformString { _ = unlink($0) }
      throw error
    }
  }

  package func rename(to new: FilePath) throws(SalvageError) {
    let result = withPlatformString { from in new.withPlatformString { Glibc.rename(from, $0) } }
    guard result == 0 else { throw .systemFailure("rename to", new) }
  }

  /// Makes this a symbolic link.
  package func makeLink(to target: FilePath) throws(SalvageError) {
    let result = target.withPlatformString { to in withPlatformString { symlink(to, $0) } }
    guard result == 0 else { throw .systemFailure("make the link", self) }
  }

  // MARK: Reading

  /// The bytes of a file.
  ///
  /// A file that is larger than `limit` bytes is not read: in a recording that others can write to, it may be
  /// a sparse one of any size.
  package func contents(limit: Int = 256 << 20) throws(SalvageError) -> [UInt8] {
    let file = try readable()
    guard file.size <= limit else {
      throw .tooLarge(self, size: file.size, limit: limit)
    }
    return try bytes(0..<file.size, of: file)
  }

  private func readable() throws(SalvageError) -> RecordFile {
    do throws(RecordError) {
      return try RecordFile(self)
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
}

extension OutputFile {
  /// Writes a file that the user asked for.
  package func writeOut(_ bytes: [UInt8]) throws(SalvageError) {
    do throws(OutputError) {
      try write(bytes)
    } catch {
      throw .system("write", error.path, error.errno)
    }
  }
}
