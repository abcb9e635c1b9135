import Glibc
import SalvageSystem
package import SystemPackage

/// A directory of one user in a recording, held open: its owner may rename it and put a link in its place,
/// and what is opened here stays in the one that was looked at.
package struct OpenDirectory: ~Copyable {
  package let path: FilePath
  package let descriptor: Int32
  package let owner: UInt32
  package let group: UInt32

  /// Nil where `path` is no directory, or a link.
  package init?(_ path: FilePath) {
    let number = path.withPlatformString {
      open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard number >= 0 else { return nil }
    var status = stat()
    guard fstat(number, &status) == 0 else {
      close(number)
      return nil
    }
    self.path = path
    descriptor = number
    owner = status.st_uid
    group = status.st_gid
  }

  deinit { close(descriptor) }

  package var names: [String] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { return [] }
    guard let stream = fdopendir(copy) else {
      close(copy)
      return []
    }
    defer { closedir(stream) }
    return SalvageSystem.names(of: stream)
  }

  /// Opens a regular file of the directory's owner, or of root, that has no other name; nil where it is
  /// anything else. It is not waited for.
  package func file(_ name: String, _ access: Int32) -> Int32? {
    let number = openat(
      descriptor, name, access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    var status = stat()
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1,
      status.st_uid == owner || status.st_uid == 0
    else {
      close(number)
      return nil
    }
    return number
  }
}
