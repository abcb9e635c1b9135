import Glibc
import SalvageRecord
import SalvageSystem

/// A child that blocks every signal and sleeps, in our process group: what was sent to the group is
/// pending in it, what was sent to us alone is not. siginfo does not tell the two apart.
struct Sentinel: ~Copyable {
  private var pid: Int32
  /// Signals that wait in us and that the sentinel before this one got.
  private var earlier: UInt64 = 0

  init() { pid = Self.start() }

  deinit { Self.end(pid) }

  /// True if the whole group got `signal`, and CMD with it.
  mutating func got(_ signal: Int32) -> Bool {
    guard pid > 0 else { return false }
    let bit: UInt64 = 1 << UInt64(signal - 1)
    if earlier & bit != 0 {
      earlier &= ~bit
      return true
    }
    // The kernel signals the members one after the other; we may have been the first.
    for pause in [0, 200, 2000] as [UInt32] {
      if pause > 0 { usleep(pause) }
      guard Self.pending(in: pid) & bit != 0 else { continue }
      replace()
      return true
    }
    return false
  }

  /// A pending signal stays: only a new sentinel can tell the next one. What came to the group before
  /// that one was there waits in us and in the old one; the same signal twice in a row is one then,
  /// as it could have been for CMD.
  private mutating func replace() {
    let old = pid
    pid = Self.start()
    let early = Self.pendingHere() & ~Self.pending(in: pid) & Self.pending(in: old)
    earlier |= early
    Self.end(old)
  }

  private static func pendingHere() -> UInt64 {
    var set = sigset_t()
    sigpending(&set)
    return (Int32(1)...64).reduce(0) {
      sigismember(&set, $1) == 1 ? $0 | 1 << UInt64($1 - 1) : $0
    }
  }

  private static func pending(in pid: Int32) -> UInt64 {
    guard let text = procFile("/proc/\(pid)/status") else { return 0 }
    var result: UInt64 = 0
    for line in text.split(separator: "\n")
    where line.hasPrefix("ShdPnd:") || line.hasPrefix("SigPnd:") {
      result |= line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
    }
    return result
  }

  private typealias Fork = @convention(c) () -> Int32
  private typealias CloseRange = @convention(c) (UInt32, UInt32, Int32) -> Int32
  private typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32

  private static func function<T>(_ name: String, _ type: T.Type) -> T? {
    // libc's own: nothing that was preloaded into us needs to know of this child.
    guard let libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), let symbol = dlsym(libc, name)
    else { return nil }
    return unsafeBitCast(symbol, to: type)
  }

  /// Needs all signals blocked. 0 if there can be none; then every signal counts as sent to us.
  private static func start() -> Int32 {
    guard let fork = function("_Fork", Fork.self) ?? function("fork", Fork.self),
      let control = function("prctl", Control.self)
    else { return 0 }
    let close = function("close_range", CloseRange.self)
    let parent = getpid()
    let child = fork()
    guard child == 0 else { return max(0, child) }
    // It must not hold CMD's pipes open, nor outlive us.
    let setParentDeathSignal: Int32 = 1  // PR_SET_PDEATHSIG of prctl(2)
    _ = control(setParentDeathSignal, UInt(SIGKILL), 0, 0, 0)
    if getppid() != parent { _exit(0) }
    if close?(0, .max, 0) != 0 { for file in Int32(0)..<1024 { Glibc.close(file) } }
    while true { pause() }
  }

  private static func end(_ pid: Int32) {
    guard pid > 0 else { return }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }
}
