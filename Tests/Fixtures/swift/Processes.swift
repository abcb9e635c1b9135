import Glibc

private func execSelf(_ arguments: Arguments, _ more: String..., environment: [String]? = nil)
  -> Int32
{
  withVector([arguments.program, arguments.tally] + more) { vector in
    if let environment {
      _ = withVector(environment) { execve("/proc/self/exe", vector, $0) }
    } else {
      execv("/proc/self/exe", vector)
    }
  }
  return 97
}

private func spawn(
  _ arguments: Arguments, _ more: String..., environment: [String]? = nil
) -> Int32 {
  var pid: Int32 = 0
  let error = withVector([arguments.program, arguments.tally] + more) { vector in
    if let environment {
      return withVector(environment) { posix_spawn(&pid, arguments.program, nil, nil, vector, $0) }
    }
    return posix_spawnp(&pid, arguments.program, nil, nil, vector, environ)
  }
  if error != 0 {
    say("error \(error)")
    return 65
  }
  reap("child", pid)
  return 0
}

private func forked(_ fork: () -> Int32, _ end: () -> Void) -> Int32 {
  times(3, before)
  let pid = fork()
  if pid == 0 {
    times(5, child)
    end()
  }
  reap("child", pid)
  times(2, parentGoesOn)
  return 40
}

private let fatal: [Int32] = [
  SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV,
  SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO,
  SIGPWR, SIGSYS, 34, 35, 50, 64,
]

let forks: [String: Death] = [
  "fork": { arguments in
    forked(cFork) {
      switch arguments.argument {
      case "kill": raise(SIGKILL)
      case "_exit": _exit(41)
      case "term": raise(SIGTERM)
      case "abort": abort()
      default: exit(42)
      }
    }
  },
  "_Fork": { _ in
    _ = forked(cRawFork) { raise(SIGKILL) }
    return 0
  },
  "fork-both-killed": { _ in
    before()
    let pid = cFork()
    if pid == 0 {
      child()
      raise(SIGKILL)
    }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    parentGoesOn()
    raise(SIGKILL)
    return 0
  },
  "chain": { _ in
    for depth in Int32(0)..<12 {
      let pid = cFork()
      if pid != 0 {
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        if depth == 0 {
          sayStatus("first", status)
          parentGoesOn()
          return 0
        }
        if depth % 3 == 0 { raise(SIGKILL) }
        if depth % 3 == 1 { _exit(depth) }
        exit(depth)
      }
      child()
    }
    raise(SIGKILL)
    return 0
  },
  "double-fork": { _ in
    becomeReaper()
    before()
    let pid = cFork()
    if pid == 0 {
      setsid()
      child()
      if cFork() == 0 {
        times(4, grandchild)
        raise(SIGKILL)
      }
      _exit(0)
    }
    var status: Int32 = 0
    var count = 0
    var signalled = 0
    while waitpid(-1, &status, 0) > 0 {
      count += 1
      signalled += status & 0x7f == 0 ? 0 : 1
    }
    say("root: \(count) reaped, \(signalled) by a signal")
    parentGoesOn()
    return 0
  },
  "each-raise": { _ in
    noCore()
    for number in fatal {
      let pid = cFork()
      if pid == 0 {
        child()
        raise(number)
        after()
        _exit(0)
      }
      reap("child", pid)
    }
    parentGoesOn()
    return 0
  },
  "random-kills": { arguments in
    for round in 0..<(arguments.argument.flatMap { Int($0) } ?? 300) {
      let pid = cFork()
      if pid == 0 {
        while true {
          aboutTo(15)
          worker()
        }
      }
      usleep(UInt32(round * 7919 % 400))
      var status: Int32 = 0
      while true {
        kill(pid, SIGSTOP)
        if waitpid(pid, &status, WUNTRACED) < 0 { break }
        if aboutOf(15) == tallyOf(15) { break }
        kill(pid, SIGCONT)
        usleep(10)
      }
      kill(pid, SIGKILL)
      waitpid(pid, &status, 0)
    }
    parentGoesOn()
    return 0
  },
]

let execs: [String: Death] = [
  "again": { arguments in
    if let fixture = getenv("FIXTURE") { say("FIXTURE=" + String(cString: fixture)) }
    again()
    if arguments.argument == "kill" { raise(SIGKILL) }
    return 51
  },
  "lives": { arguments in
    let left = arguments.argument.flatMap { Int($0) } ?? 20
    again()
    if left == 0 { raise(SIGKILL) }
    return execSelf(arguments, "lives", "\(left - 1)")
  },
  "execv": { arguments in
    before()
    let code = execSelf(arguments, "again")
    after()
    return code
  },
  "execve": { arguments in
    before()
    let environment = ProcessEnvironment.current
    let code = execSelf(arguments, "again", "kill", environment: environment)
    after()
    return code
  },
  "env-empty": { arguments in
    before()
    let library = getenv("LD_LIBRARY_PATH").map { ["LD_LIBRARY_PATH=" + String(cString: $0)] } ?? []
    return execSelf(arguments, "again", environment: library)
  },
  "env-cleared": { arguments in
    before()
    _ = cClearEnvironment()
    setenv("FIXTURE", "cleared", 1)
    return execSelf(arguments, "again")
  },
  "exec-other": { _ in
    before()
    _ = withVector(["sh", "-c", "kill -9 $$"]) { execv("/bin/sh", $0) }
    after()
    return 97
  },
  "spawn": { arguments in
    before()
    let code = spawn(arguments, "again", "kill")
    parentGoesOn()
    return code == 0 ? 66 : code
  },
  "spawn-environment": { arguments in
    before()
    let code = spawn(arguments, "again", environment: ["FIXTURE=spawn"])
    parentGoesOn()
    return code == 0 ? 66 : code
  },
  "system": { arguments in
    before()
    sayStatus("system", system("'\(arguments.program)' '\(arguments.tally)' again kill"))
    parentGoesOn()
    return 67
  },
]

enum ProcessEnvironment {
  static var current: [String] {
    var entries: [String] = []
    var next = environ
    while let entry = next.pointee {
      entries.append(String(cString: entry))
      next += 1
    }
    return entries
  }
}
