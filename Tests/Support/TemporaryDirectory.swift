package import Glibc
import SalvageSystem
package import SystemPackage

/// A directory of one test, gone with the last that refers to it.
package final class TemporaryDirectory: Sendable {
  package let path: FilePath

  /// - Parameter mode: recordings of root are made elsewhere below a directory that others cannot pass.
  package init(mode: mode_t = 0o755) throws {
    var template = Array("/tmp/salvage-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    path = FilePath(platformString: template)
    path.withPlatformString { _ = chmod($0, mode) }
  }

  deinit { remove() }

  /// At the end of a test that used `path` alone, which keeps nothing.
  package func remove() { Self.remove(path) }

  /// What a test has closed to its own user is opened first.
  private static func remove(_ path: FilePath) {
    if path.status(following: false).map({ $0.st_mode & S_IFMT == S_IFDIR }) == true {
      path.withPlatformString { _ = chmod($0, 0o700) }
      for name in path.childNames { remove(path.appending(name)) }
      path.withPlatformString { _ = rmdir($0) }
    } else {
      path.withPlatformString { _ = unlink($0) }
    }
  }

  /// Writes a file, with the directories above it; returns its path.
  @discardableResult
  package func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> FilePath {
    let file = path.appending(name)
    var at = path
    for component in FilePath(name).removingLastComponent().components {
      at.append(component)
      at.withPlatformString { _ = mkdir($0, 0o755) }
    }
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
    return file
  }
}
