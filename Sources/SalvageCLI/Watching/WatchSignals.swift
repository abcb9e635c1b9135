import Glibc
import SalvageRecord
import SalvageSystem

/// The signals that `watch` waits for. They are blocked from now on.
struct WatchSignals {
  enum Event {
    case child
    /// Something happened in a folder.
    case files
    /// Asked to end; by the terminal, which told the command too, or by somebody.
    case end(Int32, fromTerminal: Bool)
  }

  private var set = sigset_t()
  private var kept: Event?

  init() {
    sigemptyset(&set)
    for signal in [SIGCHLD, SIGIO] { sigaddset(&set, signal) }
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
      var action = sigaction()
      sigaction(signal, nil, &action)
      // nohup(1) and `&` in a script: who started us does not want that it ends us.
      if unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1 {
        sigaddset(&set, signal)
      }
    }
    signal(SIGCHLD, SIG_DFL)
    sigprocmask(SIG_BLOCK, &set, nil)
  }

  /// What came at a moment when nobody could act on it comes again.
  mutating func keep(_ event: Event) { kept = event }

  /// The next of them; nil when the time is over.
  mutating func wait(seconds: Int? = nil, milliseconds: Int? = nil) -> Event? {
    if let event = kept {
      kept = nil
      return event
    }
    var info = siginfo_t()
    var got: Int32
    if seconds == nil && milliseconds == nil {
      repeat { got = sigwaitinfo(&set, &info) } while got < 0 && errno == EINTR
    } else {
      let part = milliseconds ?? 0
      var limit = timespec(tv_sec: seconds ?? 0, tv_nsec: part * 1_000_000)
      got = sigtimedwait(&set, &info, &limit)
    }
    switch got {
    case SIGCHLD: return .child
    case SIGIO: return .files
    case let signal where signal > 0:
      return .end(signal, fromTerminal: info.si_code == 0x80)  // SI_KERNEL
    default: return nil
    }
  }
}

/// The processes that a process started, and those that they did.
struct Descendants {
  private let pids: [Int32]

  init(of pid: Int32) {
    var all = [pid]
    var next = 0
    while next < all.count {
      all += Self.children(of: all[next])
      next += 1
    }
    pids = Array(all.dropFirst())
  }

  /// SIGTERM to all of them. The first, `salvage run` itself, stays and writes down how they ended.
  func end() {
    for pid in pids { kill(pid, SIGTERM) }
  }

  private static func children(of pid: Int32) -> [Int32] {
    guard let text = procFile("/proc/\(pid)/task/\(pid)/children") else { return [] }
    return text.split(separator: " ").compactMap { Int32($0) }
  }
}
