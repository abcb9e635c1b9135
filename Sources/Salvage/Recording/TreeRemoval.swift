import Glibc
import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Removes trees that other users may be changing meanwhile.
///
/// Each directory is opened, and what is in it is removed by its name in that open directory: nobody can put
/// a link in the place of a directory between the look and the removal.
private enum TreeRemoval {
  /// A recording is three directories deep. What is much deeper was made to exhaust us.
  static let deepest = 32

  static let removeDirectory: Int32 = 0x200  // AT_REMOVEDIR of fcntl.h

  /// False where something is left.
  static func remove(_ name: String, in parent: Int32, depth: Int) -> Bool {
    if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return true }
    // A directory: EISDIR on Linux, EPERM by POSIX.
    let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard directory >= 0 else { return false }
    let isEmpty = empty(directory, depth: depth)
    return unlinkat(parent, name, removeDirectory) == 0 && isEmpty
  }

  /// Removes all that is in an open directory, and closes it.
  static func empty(_ directory: Int32, depth: Int) -> Bool {
    guard depth < deepest, let stream = fdopendir(directory) else {
      close(directory)
      return false
    }
    defer { closedir(stream) }
    var isEmpty = true
    for name in names(of: stream) where !remove(name, in: directory, depth: depth + 1) {
      isEmpty = false
    }
    return isEmpty
  }
}

/// Removes `path` with everything in it; symbolic links are removed, not followed. False where something is
/// left, as in a mount point.
@discardableResult
package func removeTree(_ path: FilePath) -> Bool {
  guard let name = path.lastComponent?.string else { return false }
  let above = path.removingLastComponent()
  let parent = (above.isEmpty ? "." : above).withPlatformString {
    open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }
  // One that we may pass but not list.
  let usable =
    parent >= 0
    ? parent
    : above.withPlatformString { open($0, Int32(0x20_0000) | O_DIRECTORY | O_CLOEXEC) }  // O_PATH
  guard usable >= 0 else { return false }
  defer { close(usable) }
  return TreeRemoval.remove(name, in: usable, depth: 0)
}
