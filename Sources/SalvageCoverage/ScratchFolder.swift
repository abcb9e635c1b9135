public import SystemPackage

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
final class ScratchFolder: Sendable {
  let path: FilePath

  init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let template = FilePath(parent.isEmpty ? "/tmp" : parent).appending("salvage-XXXXXX")
    var name = template.withPlatformString {
      Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
    }
    guard mkdtemp(&name) != nil else {
      throw ScratchError(path: template, errno: Errno(rawValue: errno))
    }
    path = FilePath(platformString: name)
  }

  func file(_ name: String) -> FilePath {
    path.appending(name)
  }

  func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
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

  /// The file's bytes; the file is removed.
  func take(_ path: FilePath) throws -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      let bytes = try file.closeAfter {
        let size = Int(try file.seek(offset: 0, from: .end))
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
          while count < size {
            let rest = UnsafeMutableRawBufferPointer(
              rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            let got = try file.read(fromAbsoluteOffset: Int64(count), into: rest)
            if got == 0 { break }
            count += got
          }
        }
      }
      remove(path)
      return bytes
    } catch {
      throw ScratchError(path: path, errno: error as? Errno ?? .ioError)
    }
  }

  func remove(_ path: FilePath) {
    _ = path.withPlatformString { unlink($0) }
  }

  deinit {
    path.withPlatformString { name in
      guard let folder = opendir(name) else { return }
      while let entry = readdir(folder) {
        _ = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          unlinkat(dirfd(folder), bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? name, 0)
        }
      }
      closedir(folder)
      rmdir(name)
    }
  }
}

/// A file for the tools could not be written or read.
public struct ScratchError: Error, Sendable, Hashable, CustomStringConvertible {
  public var path: FilePath
  public var errno: Errno

  public var description: String {
    "\(path): \(errno); set TMPDIR to a folder with space for temporary files"
  }
}
