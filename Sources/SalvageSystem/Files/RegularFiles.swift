import Glibc
package import SystemPackage

/// Opens a regular file for reading; nil where the path leads to something else.
///
/// A recording may name any path, and whoever made it may be another user: to open a fifo waits for somebody who
/// writes, and to open a device may start it (watchdog(4)). So it is looked at before it is opened, and what was looked
/// at is what is opened.
/// - Parameter following: a symbolic link is followed; else it is something else.
package func openRegularFile(
  _ path: FilePath, following: Bool = true
) throws(Errno) -> FileDescriptor? {
  // open(2), O_PATH: opens nothing, and is not in the Glibc module.
  let pathOnly: Int32 = 0o10000000
  let place = path.withPlatformString {
    open($0, pathOnly | O_CLOEXEC | (following ? 0 : O_NOFOLLOW))
  }
  guard place >= 0 else { throw Errno(rawValue: errno) }
  defer { close(place) }
  guard isRegular(place) else { return nil }
  let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
  var file = open("/proc/self/fd/\(place)", flags)
  // Without /proc another may be there by now.
  if file < 0 && errno == ENOENT {
    file = path.withPlatformString { open($0, flags | (following ? 0 : O_NOFOLLOW)) }
  }
  guard file >= 0 else { throw Errno(rawValue: errno) }
  guard isRegular(file) else {
    close(file)
    return nil
  }
  return FileDescriptor(rawValue: file)
}

private func isRegular(_ file: Int32) -> Bool {
  var status = stat()
  return fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
