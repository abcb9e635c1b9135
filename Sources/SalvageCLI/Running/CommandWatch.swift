import Glibc

/// Waits for CMD as if salvage were not there: what is sent to salvage alone goes on to CMD, and the
/// two stop together.
///
/// The terminal and kill(2) of the group reach CMD already. All signals are blocked, so nothing
/// happens to us that is not read here.
struct CommandWatch {
  let command: Int32

  /// Returns CMD's status as of wait(2).
  func wait(_ first: consuming Sentinel) -> Int32 {
    var sentinel = first
    var all = sigset_t()
    sigfillset(&all)
    // A stop that only CMD got is nobody's job control; ours must not follow it, or whoever
    // continues CMD would have to know of us. The two notices come in any order.
    var stopAsked = false
    var stoppedBy: Int32 = 0
    var status: Int32 = 0
    while true {
      while let change = change(&status) {
        switch change {
        case .ended: return status
        case .stopped: stoppedBy = status >> 8 & 0xff
        case .continued: stoppedBy = 0
        }
      }
      if stopAsked && stoppedBy != 0 {
        stop(by: stoppedBy)
        (stopAsked, stoppedBy) = (false, 0)
      }
      var info = siginfo_t()
      let signal = sigwaitinfo(&all, &info)
      guard signal > 0, signal != SIGCHLD else { continue }
      if [SIGTSTP, SIGTTIN, SIGTTOU].contains(signal) { stopAsked = true }
      if signal == SIGCONT { stopAsked = false }
      pass(signal, info, &sentinel)
    }
  }

  private enum Change { case ended, stopped, continued }

  private func change(_ status: inout Int32) -> Change? {
    // As the first process of a container we inherit its orphans.
    if getpid() == 1 { reapOthers() }
    while true {
      let result = waitpid(command, &status, WNOHANG | WUNTRACED | WCONTINUED)
      if result == command {
        if status == 0xffff { return .continued }
        return status & 0xff == 0x7f ? .stopped : .ended
      }
      if result < 0 && errno == EINTR { continue }
      if result < 0 && errno == ECHILD {
        // SIGCHLD is ignored in us for the moment of the start, if it was inherited so.
        status = 0
        return .ended
      }
      return nil
    }
  }

  private func reapOthers() {
    var info = siginfo_t()
    while waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 {
      let pid = info._sifields._sigchld.si_pid
      if pid == 0 || pid == command { return }
      var status: Int32 = 0
      if waitpid(pid, &status, WNOHANG) <= 0 { return }
      info = siginfo_t()
    }
  }

  private func pass(_ signal: Int32, _ info: siginfo_t, _ sentinel: inout Sentinel) {
    let fromKernel = info.si_code == 0x80  // SI_KERNEL
    if fromKernel && [SIGINT, SIGQUIT].contains(signal) { return }
    if sentinel.got(signal) { return }
    if info.si_code <= 0 && info._sifields._kill.si_pid == command {
      // CMD signals its parent: without us that would be ours.
      if getppid() > 1 { kill(getppid(), signal) }
      return
    }
    kill(command, signal)
  }

  /// Stops this process as CMD was stopped, for a shell that waits for us; returns when continued.
  private func stop(by signal: Int32) {
    var old = sigaction()
    sigaction(signal, nil, &old)
    kill(getpid(), signal)
    InheritedSignals.restoreDefault(signal)
    InheritedSignals.block(signal)
    sigaction(signal, &old, nil)
  }
}

/// Ends this process as CMD ended.
func end(like status: Int32) -> Never {
  let signal = status & 0x7f
  guard signal != 0 else { exit(status >> 8 & 0xff) }
  // One core dump is enough, and ours would say nothing.
  var none = rlimit(rlim_cur: 0, rlim_max: 0)
  setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  InheritedSignals.block(signal)  // where it is ignored, it would be lost
  kill(getpid(), signal)
  InheritedSignals.restoreDefault(signal)
  // Still here: the first process of a pid namespace, which the kernel does not end by a default.
  exit(128 + signal)
}
