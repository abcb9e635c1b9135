import Glibc
package import SystemPackage

/// Tests whether a directory keeps what the leases of counter slots stand on.
package enum DirectoryTest {
  /// True if a lock on an open file description outlives its descriptor while the file is mapped
  /// (fcntl(2), open file description locks). overlayfs drops it: the mapping there holds another
  /// file than the descriptor (measured on kernel 6.18).
  package static func keepsLocks(_ directory: FilePath) throws(SalvageError) -> Bool {
    let path = directory.appending(".test-\(getpid())")
    let file = path.withPlatformString {
      open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }
    guard file >= 0 else { throw fails("write in", directory) }
    defer { path.withPlatformString { _ = unlink($0) } }
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard ftruncate(file, off_t(size)) == 0 else {
      let code = errno
      close(file)
      throw fails("write in", directory, code)
    }
    let locked = FileLock.set(file, type: F_WRLCK, start: 0)
    let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    close(file)
    guard locked, let map, map != MAP_FAILED else { return false }
    defer { munmap(map, size) }
    let second = path.withPlatformString { open($0, O_RDWR | O_CLOEXEC | O_NOFOLLOW) }
    guard second >= 0 else { return false }
    defer { close(second) }
    return FileLock.isHeld(second, start: 0)
  }
}

/// Locks of open file descriptions on one byte (F_OFD_* of fcntl(2)).
enum FileLock {
  private static let set = Int32(37)  // F_OFD_SETLK
  private static let get = Int32(36)  // F_OFD_GETLK

  private static func lock(_ type: Int32, _ start: off_t) -> flock {
    flock(
      l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: start, l_len: 1, l_pid: 0)
  }

  static func set(_ file: Int32, type: Int32, start: off_t) -> Bool {
    var lock = lock(type, start)
    return withUnsafeMutablePointer(to: &lock) { fcntl(file, set, $0) } == 0
  }

  /// True if anybody else holds a lock on that byte.
  static func isHeld(_ file: Int32, start: off_t) -> Bool {
    var lock = lock(F_WRLCK, start)
    return withUnsafeMutablePointer(to: &lock) { fcntl(file, get, $0) } == 0
      && lock.l_type != Int16(F_UNLCK)
  }
}
