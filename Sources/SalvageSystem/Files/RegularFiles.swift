import Glibc
package import SystemPackage

/// Opens a regular file for reading; nil where the path leads to something else.
///
/// A recording may name any path, and whoever made it may be another user: to open a fifo waits for somebody who
/// writes, and to open a device may start it (watchdog(4)). So it is looked at before it is opened, and once more
/// then: who puts something else there in between gets it opened without a wait, and not read.
/// - Parameter following: a symbolic link is followed; else it is something else.
package func openRegularFile(
  _ path: FilePath, following: Bool = true
) throws(Errno) -> FileDescriptor? {
  var status = stat()
  let looked = path.withPlatformString { following ? stat($0, &status) : lstat($0, &status) }
  guard looked == 0 else { throw Errno(rawValue: errno) }
  guard isRegular(status) else { return nil }
  let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (following ? 0 : O_NOFOLLOW)
  let file = path.withPlatformString { open($0, flags) }
  guard file >= 0 else { throw Errno(rawValue: errno) }
  guard fstat(file, &status) == 0, isRegular(status) else {
    close(file)
    return nil
  }
  return FileDescriptor(rawValue: file)
}

private func isRegular(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }
