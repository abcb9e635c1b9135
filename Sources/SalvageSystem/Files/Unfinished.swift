import Glibc
import Synchronization
package import SystemPackage

/// Files and folders that are in use for a moment only, and are removed if the command is ended
/// meanwhile: a tool's input, a report that has not got its name yet.
package enum Unfinished {
  private static let paths = Mutex<Set<FilePath>>([])

  package static func add(_ path: FilePath) {
    paths.withLock { _ = $0.insert(path) }
  }

  package static func drop(_ path: FilePath) {
    paths.withLock { _ = $0.remove(path) }
  }

  /// Removes them all; a folder with the files in it.
  package static func removeAll() {
    for path in paths.withLock({ $0 }) {
      for name in path.childNames { path.appending(name).withPlatformString { _ = unlink($0) } }
      path.withPlatformString { if unlink($0) != 0 { rmdir($0) } }
    }
  }
}
