import Glibc
import Salvage
import SalvageRecord
import SalvageSystem
import Synchronization
import SystemPackage

/// Runs asynchronous work while this thread waits: for the end of the work, for signals that end the
/// command, which then leaves no temporary file, and for the case that no thread can be had.
func waitFor(_ work: @Sendable @escaping () async throws -> Void) throws {
  // Before the first thread, which inherits the mask: then these signals come here and nowhere else.
  let signals = EndingSignals()
  let outcome = Outcome()
  // The first ones are started by this very thread, which would not come back from it.
  guard Progress.canStartThreads(3) else { throw Progress.failure }
  var ended: (@Sendable (WorkProgress.Stage, Duration) -> Void)?
  if Talk.isVerbose { ended = { stage, time in Talk.told(stage, time) } }
  let told = WorkProgress(ended: ended)
  Task {
    do {
      try await WorkProgress.$current.withValue(told) { try await work() }
      told.end()
      outcome.set(.success(()))
    } catch {
      outcome.set(.failure(error))
    }
    kill(getpid(), EndingSignals.done)
  }
  var progress = Progress()
  let isShown = ProgressLine.isWanted
  var ticks = 0
  while true {
    let signal = signals.wait(milliseconds: 200)
    if let result = outcome.value {
      ProgressLine.hide()
      signals.restore()
      return try result.get()
    }
    if let signal, signal != EndingSignals.done {
      ProgressLine.hide()
      signals.die(by: signal)
    }
    guard signal == nil else { continue }
    ticks += 1
    // What is done within a second needs no line.
    if isShown && ticks >= 5 { ProgressLine.show(told.stage?.text ?? "at work") }
    if ticks % 5 == 0, progress.isStuck() {
      Unfinished.removeAll()
      throw Progress.failure
    }
  }
}

/// How the work ended.
private final class Outcome: Sendable {
  private let result = Mutex<Result<Void, any Error>?>(nil)

  func set(_ value: Result<Void, any Error>) { result.withLock { $0 = value } }
  var value: Result<Void, any Error>? { result.withLock { $0 } }
}

/// The signals that end a command. While asynchronous work is done they are blocked in all threads and
/// waited for by one. Those that the command's parent ignored or blocked stay so.
private struct EndingSignals {
  /// Tells the waiting thread that the work is done. Its default is to be ignored, also before and
  /// after the waiting.
  static let done = SIGURG

  private var waited = sigset_t()
  private var before = sigset_t()

  init() {
    sigemptyset(&waited)
    sigaddset(&waited, Self.done)
    for signal in [SIGHUP, SIGINT, SIGTERM] where !Self.isIgnored(signal) {
      if InheritedSignals.mask & 1 << UInt64(signal - 1) == 0 { sigaddset(&waited, signal) }
    }
    sigprocmask(SIG_BLOCK, &waited, &before)
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// The next of them; nil after so many milliseconds, or where a signal interrupted the waiting.
  func wait(milliseconds: Int) -> Int32? {
    var (set, limit) = (waited, timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000))
    let signal = sigtimedwait(&set, nil, &limit)
    return signal > 0 ? signal : nil
  }

  func restore() {
    var mask = before
    sigprocmask(SIG_SETMASK, &mask, nil)
  }

  func die(by signal: Int32) -> Never {
    Unfinished.removeAll()
    InheritedSignals.restoreDefault(signal)
    kill(getpid(), signal)
    // Only a debugger that swallows the signal lets this go on.
    exit(128 + signal)
  }
}

/// Tells work that takes long from work that never begins. Where pthread_create(3) fails, libdispatch
/// tries again for ever, once a second (libdispatch of Swift 6.3, _dispatch_root_queue_poke_slow).
private struct Progress {
  private var time: Int = 0
  private var idleSeconds = 0

  /// Asked once a second. True where for five of them no thread can be had, no tool runs and this
  /// process computes nothing.
  mutating func isStuck() -> Bool {
    let now = Self.processorTime()
    let isIdle = now - time < 10_000 && !Self.hasChildren() && !Self.canStartThreads(1)
    (time, idleSeconds) = (now, isIdle ? idleSeconds + 1 : 0)
    return idleSeconds >= 5
  }

  /// Microseconds.
  private static func processorTime() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    return seconds * 1_000_000 + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }

  private static func hasChildren() -> Bool {
    var info = siginfo_t()
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0
  }

  static let failure = SalvageError.report(
    "cannot start threads: \(Errno(rawValue: EAGAIN)); raise the limits of address space and"
      + " processes (ulimit -v, ulimit -u)")

  /// Starts so many threads at once, which end at once.
  static func canStartThreads(_ count: Int) -> Bool {
    pthread_mutex_lock(&gate)
    var threads: [pthread_t] = []
    for _ in 0..<count {
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { _ in
          pthread_mutex_lock(&gate)
          pthread_mutex_unlock(&gate)
          return nil
        }, nil)
      if code == 0 { threads.append(thread) }
    }
    pthread_mutex_unlock(&gate)
    for thread in threads { pthread_join(thread, nil) }
    return threads.count == count
  }
}

/// Holds threads back until all are there.
nonisolated(unsafe) private var gate = pthread_mutex_t()
