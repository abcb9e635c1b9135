import Glibc
import SystemPackage
import Testing

/// A directory of one test, removed with it.
final class TemporaryDirectory: Sendable {
  let path: FilePath

  init() throws {
    var template = Array("/tmp/salvage-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = FilePath(platformString: template)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: FilePath) {
    if let stream = path.withPlatformString({ opendir($0) }) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { remove(path.appending(name)) }
      }
      closedir(stream)
      path.withPlatformString { _ = rmdir($0) }
    } else {
      path.withPlatformString { _ = unlink($0) }
    }
  }

  /// Writes a file, with the directories above it.
  func write(_ bytes: [UInt8], _ name: String) throws {
    let file = path.appending(name)
    var at = path
    for component in FilePath(name).removingLastComponent().components {
      at.append(component)
      at.withPlatformString { _ = mkdir($0, 0o755) }
    }
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
  }
}
