import Glibc
import SalvageSystem
package import SystemPackage

/// Tests whether a directory is fit for what processes map of a recording.
package struct DirectoryTest: Sendable, Hashable {
  /// A lock on an open file description outlives its descriptor while the file is mapped (fcntl(2), open file
  /// description locks): the leases of counter slots stand on that. overlayfs drops it: the mapping there
  /// holds another file than the descriptor (measured on kernel 6.18).
  package let keepsLocks: Bool
  /// Its files can be mapped executable: the library must be. On a file system that is mounted noexec the
  /// kernel refuses that, and also refuses a program that makes its own data executable where that shares a
  /// page with counters.
  package let allowsExecution: Bool

  /// A store to a mapped page of allocated blocks needs no more room. Where the file system writes each block
  /// to a new place (btrfs, ZFS, bcachefs, NILFS), it does, and on a full disk the kernel ends the process by
  /// SIGBUS (measured on btrfs, kernel 6.18).
  package let overwritesInPlace: Bool

  /// Counters can be kept there without any program noticing it.
  package var isFit: Bool { keepsLocks && allowsExecution && overwritesInPlace }

  /// Why counters are better kept elsewhere, as what its file system is or does.
  package var obstacle: String {
    if !keepsLocks { return "cannot hold locks" }
    if !allowsExecution { return "is mounted noexec" }
    return "is on a copy-on-write file system, which ends programs when it is full"
  }

  package init(_ directory: FilePath) throws(SalvageError) {
    let path = directory.appending(".test-").withRandomEnding
    let file = path.withPlatformString {
      open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }
    guard file >= 0 else { throw .placeRefused(directory, Errno(rawValue: errno)) }
    defer { path.withPlatformString { _ = unlink($0) } }
    fchmod(file, 0o600)  // a umask of 0777 would close it to us
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard ftruncate(file, off_t(size)) == 0 else {
      let code = errno
      close(file)
      throw .placeRefused(directory, Errno(rawValue: code))
    }
    allowsExecution = Self.canBeExecuted(file)
    overwritesInPlace = Self.overwritesInPlace(file)
    let locked = FileLock.set(file, type: F_WRLCK, start: 0)
    let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    close(file)
    guard locked, let map, map != MAP_FAILED else {
      keepsLocks = false
      return
    }
    defer { munmap(map, size) }
    let second = path.withPlatformString { open($0, O_RDWR | O_CLOEXEC | O_NOFOLLOW) }
    keepsLocks = second >= 0 && FileLock.isHeld(second, start: 0)
    if second >= 0 { close(second) }
  }

  private static func overwritesInPlace(_ file: Int32) -> Bool {
    // Not in the Glibc module. Its first word is the type of the file system, on x86-64 and aarch64.
    typealias Call = @convention(c) (Int32, UnsafeMutablePointer<Int>) -> Int32
    guard let symbol = dlsym(nil, "fstatfs") else { return true }
    var place = [Int](repeating: 0, count: 32)  // a struct statfs has 15 words
    guard unsafeBitCast(symbol, to: Call.self)(file, &place) == 0 else { return true }
    // As of statfs(2): btrfs, ZFS, bcachefs, NILFS.
    return ![0x9123_683e, 0x2fc1_2fc1, 0xca45_1a4e, 0x3434].contains(place[0] & 0xffff_ffff)
  }

  private static func canBeExecuted(_ file: Int32) -> Bool {
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard let map = mmap(nil, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0), map != MAP_FAILED
    else { return false }
    munmap(map, size)
    return true
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
