import Glibc

/// The signal mask and the disposition of SIGCHLD that this process got from its parent: CMD gets
/// the same. Noted before anything else runs.
enum InheritedSignals {
  nonisolated(unsafe) private static var maskBits: UInt64 = 0
  nonisolated(unsafe) private static var childrenIgnored = false

  /// Called once, first of all, while there is one thread.
  static func note() {
    var mask = sigset_t()
    sigprocmask(SIG_BLOCK, nil, &mask)
    for signal in Int32(1)...64 where sigismember(&mask, signal) == 1 {
      maskBits |= 1 << UInt64(signal - 1)
    }
    var action = sigaction()
    sigaction(SIGCHLD, nil, &action)
    childrenIgnored = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  static var mask: UInt64 { maskBits }
  static var ignoresChildren: Bool { childrenIgnored }

  /// Blocks every signal, so that sigwaitinfo(2) collects them. Faults still end this process.
  static func blockAll() {
    var all = sigset_t()
    sigfillset(&all)
    sigprocmask(SIG_SETMASK, &all, nil)
  }

  /// Takes up the mask that this process came with: what is sent from now on ends it, whatever it does then.
  /// What waits was sent while CMD ran, and has been passed on.
  static func letThrough() {
    var all = sigset_t()
    sigfillset(&all)
    var none = timespec()
    while sigtimedwait(&all, nil, &none) > 0 {}
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in Int32(1)...64 where maskBits >> UInt64(signal - 1) & 1 != 0 {
      sigaddset(&mask, signal)
    }
    sigprocmask(SIG_SETMASK, &mask, nil)
  }

  /// The default action for `signal`, and lets it through.
  static func restoreDefault(_ signal: Int32) {
    Glibc.signal(signal, SIG_DFL)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    sigprocmask(SIG_UNBLOCK, &set, nil)
  }

  static func block(_ signal: Int32) {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    sigprocmask(SIG_BLOCK, &set, nil)
  }
}
