package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A private folder for the files that the tools read and write, gone when it is.
///
/// In TMPDIR, or /tmp. Holds files only.
package final class ScratchFolder: Sendable {
  package let path: FilePath

  package init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let template = FilePath(parent.isEmpty ? "/tmp" : parent).appending("salvage-XXXXXX")
    var name = template.withPlatformString {
      Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
    }
    guard mkdtemp(&name) != nil else {
      throw ScratchError(path: template, errno: Errno(rawValue: errno))
    }
    path = FilePath(platformString: name)
    Unfinished.add(path)
  }

  package func file(_ name: String) -> FilePath {
    path.appending(name)
  }

  /// Writes a file of the folder; returns its path.
  package func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
    let path = file(name)
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite])
      try file.closeAfter { _ = try file.writeAll(bytes) }
    } catch {
      throw ScratchError(path: path, errno: error as? Errno ?? .ioError)
    }
    return path
  }

  /// Calls with the file's bytes; the file is removed then.
  ///
  /// The file is mapped: it may be large, and nobody else can reach into this folder to truncate it.
  package func taking<Answer, Failure: Error>(
    _ path: FilePath, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Answer
  ) throws -> Answer {
    let map = try Self.map(path)
    defer {
      map.map { _ = munmap(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) }
      remove(path)
    }
    return try body(map ?? UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Nil for an empty file, which cannot be mapped.
  private static func map(_ path: FilePath) throws(ScratchError) -> UnsafeRawBufferPointer? {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      return try file.closeAfter {
        let size = Int(try file.seek(offset: 0, from: .end))
        if size == 0 { return nil }
        let start = mmap(nil, size, PROT_READ, mapFlags, file.rawValue, 0)
        guard let start, start != MAP_FAILED else { throw Errno(rawValue: errno) }
        return UnsafeRawBufferPointer(start: start, count: size)
      }
    } catch {
      throw ScratchError(path: path, errno: error as? Errno ?? .ioError)
    }
  }

  #if os(Linux)
    /// All pages at once instead of a fault for each few.
    private static let mapFlags = MAP_PRIVATE | MAP_POPULATE
  #else
    private static let mapFlags = MAP_PRIVATE
  #endif

  package func remove(_ path: FilePath) {
    _ = path.withPlatformString { unlink($0) }
  }

  deinit {
    path.withPlatformString { name in
      guard let folder = opendir(name) else { return }
      while let entry = readdir(folder) {
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          guard let entry = bytes.assumingMemoryBound(to: CChar.self).baseAddress else { return }
          _ = unlinkat(dirfd(folder), entry, 0)
        }
      }
      closedir(folder)
      rmdir(name)
    }
    Unfinished.drop(path)
  }
}

/// A file for the tools could not be written or read.
package struct ScratchError: Error, Sendable, Hashable, CustomStringConvertible {
  package var path: FilePath
  package var errno: Errno

  package init(path: FilePath, errno: Errno) {
    self.path = path
    self.errno = errno
  }

  package var description: String {
    "\(path): \(errno); set TMPDIR to a folder with space for temporary files"
  }
}
