/// The table of deaths. docs/Deaths.md names these rows.
extension Row {
  static let table: [Row] =
    ends + signals + faults + handlers + forks + derived + clones + execs + spawns + threads
    + libraries
    + places + limits + storms + cxx + swift + rust

  private static let all: [Language] = .all

  static let ends: [Row] = [
    Row("return", in: all, status: .exit(3), ran: "entry before atEnd", ends: "returned 3"),
    Row("return", "0", in: all, status: .exit(0), ran: "entry before atEnd", ends: "returned 0"),
    Row("exit", in: all, status: .exit(4), ran: "entry before atEnd", ends: "exit 4"),
    Row(
      "exit-in-atexit", in: .notRust, status: .exit(23), ran: "entry before atEnd", ends: "_exit 23"
    ),
    Row(
      "kill-in-atexit", in: all, status: .signal(9), ran: "entry before atEnd", ends: "SIGKILL"),
    Row("_exit", in: all, status: .exit(5), ran: "entry before", ends: "_exit 5"),
    Row("_Exit", in: all, status: .exit(6), ran: "entry before", ends: "_exit 6"),
    Row(
      "quick_exit", in: .notRust, status: .exit(7), ran: "entry before atQuick",
      ends: "quick_exit 7"),
    Row("quick_exit", in: [.rust], status: .exit(7), ran: "entry before", ends: "quick_exit 7"),
    Row("abort", in: all, status: .signal(6), ran: "entry before", ends: "SIGABRT"),
    Row("exit_group", in: all, status: .exit(8), ran: "entry before", ends: "_exit 8"),
    Row(
      "inline-exit_group", status: .exit(9), ran: "entry before", ends: "ended with 9",
      privateLoses: .everything),
    Row("raw-exit", in: .notRust, status: .exit(10), ran: "entry before"),
    Row("err", status: .exit(11), ran: "entry before", ends: "exit 11"),
    Row("errx", status: .exit(12), ran: "entry before", ends: "exit 12"),
    Row("error", status: .exit(13), ran: "entry before", ends: "exit 13"),
    Row("assert", status: .signal(6), ran: "entry before", ends: "SIGABRT"),
    Row("normal", in: all, status: .exit(0), ran: "entry before", ends: "returned 0"),
  ]

  static let signals: [Row] = [
    Row("kill", "15", in: all, status: .signal(15), ran: "entry before", ends: "SIGTERM"),
    Row(
      "kill", "9", in: all, status: .signal(9), ran: "entry before", ends: "SIGKILL"),
    Row("raise", "2", in: all, status: .signal(2), ran: "entry before", ends: "SIGINT"),
    Row("raise", "10", in: all, status: .signal(10), ran: "entry before", ends: "SIGUSR1"),
    Row("tgkill", "11", status: .signal(11), ran: "entry before", ends: "SIGSEGV"),
    Row("sigqueue", "1", status: .signal(1), ran: "entry before", ends: "SIGHUP"),
    Row("sigqueue", "35", status: .signal(35), ran: "entry before"),
    Row("unblocked", "3", status: .signal(3), ran: "entry before", ends: "SIGQUIT"),
    Row(
      "ignored", "15", in: all, status: .exit(0), ran: "entry before survivor",
      ends: "returned 0"),
    Row("outside", "15", status: .exit(0), ran: "entry child parent", ends: "returned 0, SIGTERM"),
    Row(
      "outside", "9", status: .exit(0), ran: "entry child parent", ends: "returned 0, SIGKILL"),
    Row(
      "killed", status: .exit(0), ran: "entry child parent", ends: "returned 0, SIGKILL*73"),
    Row(
      "killed-program", status: .exit(0), ran: "entry child parent",
      ends: "returned 0, exec*10, SIGKILL*10"),
    Row(
      "killed-at-exec", status: .exit(0), ran: "entry parent", mayLose: "not-started",
      privateLoses: .marks([.entry]), bounded: true),
    Row(
      "while-stopped", status: .exit(0), ran: "entry child parent", ends: "returned 0, SIGKILL",
      privateLoses: .marks([.child])),
    Row("each-raise", in: all, status: .exit(0), ran: "entry child parent"),
    Row("each-kill", status: .exit(0), ran: "entry child parent"),
    Row("each-pthread_kill", status: .exit(0), ran: "entry child parent"),
    Row("each-sigqueue", status: .exit(0), ran: "entry child parent"),
    Row("each-outside", status: .exit(0), ran: "entry child parent"),
    Row("alarm", in: .notRust, status: .signal(14), ran: "entry before", ends: "SIGALRM"),
    Row("pipe", in: .notRust, status: .signal(13), ran: "entry before", ends: "SIGPIPE"),
    Row(
      "parent-death", status: .exit(0), ran: "entry child grandchild parent",
      privateLoses: .marks([.grandchild])),
    Row(
      "group", status: .exit(0), ran: "entry child grandchild parent"),
  ]

  static let faults: [Row] = [
    Row("null-store", in: all, status: .signal(11), ran: "entry before", ends: "SIGSEGV"),
    Row("guard-page", status: .signal(11), ran: "entry before", ends: "SIGSEGV"),
    Row("read-only-store", status: .signal(11), ran: "entry before", ends: "SIGSEGV"),
    Row("bus", status: .signal(7), ran: "entry before", ends: "SIGBUS"),
    Row("division", status: .signal(8), ran: "entry before", ends: "SIGFPE"),
    Row("illegal", status: .signal(4), ran: "entry before", ends: "SIGILL"),
    Row("builtin-trap", status: .signal(4), ran: "entry before", ends: "SIGILL"),
    Row("breakpoint", status: .signal(5), ran: "entry before", ends: "SIGTRAP"),
    Row("stack-overflow", in: .notRust, status: .signal(11), ran: "entry before", ends: "SIGSEGV"),
    Row("stack-overflow-handled", status: .exit(17), ran: "entry before handled", ends: "_exit 17"),
    Row(
      "blocked-fault", status: .signal(11), ran: "entry before", ends: "SIGSEGV",
      privateLoses: .everything),
    Row(
      "ignored-fault", status: .signal(11), ran: "entry before", ends: "SIGSEGV",
      privateLoses: .everything),
    Row("nested-fault", status: .signal(11), ran: "entry before", ends: "SIGSEGV"),
    Row("file-size", status: .signal(25), ran: "entry before", ends: "SIGXFSZ"),
    Row("cpu-time", status: .signal(24), ran: "entry before", ends: "SIGXCPU"),
  ]

  static let handlers: [Row] = [
    Row(
      "handler-returns", in: all, status: .exit(31), ran: "entry handled survivor",
      ends: "returned 31"),
    Row(
      "handler-returns-then-kill", in: .notRust, status: .signal(9), ran: "entry handled survivor",
      ends: "SIGKILL", privateLoses: .everything),
    Row(
      "handler-jumps", status: .exit(32), ran: "entry before handled jumped", ends: "returned 32"),
    Row(
      "handler-jumps-often", status: .signal(9), ran: "entry handled jumped", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "handler-_exit", in: all, status: .exit(115), ran: "entry before handled", ends: "_exit 115"),
    Row(
      "handler-exit", status: .exit(115), ran: "entry before handled atEnd", ends: "exit 115"),
    Row(
      "handler-reraises", in: all, status: .signal(15), ran: "entry before handled",
      ends: "SIGTERM"),
    Row(
      "handler-reraises-fault", status: .signal(11), ran: "entry before handled", ends: "SIGSEGV"),
    Row("handler-resethand", status: .signal(15), ran: "entry handled survivor", ends: "SIGTERM"),
    Row(
      "handler-resethand-fault", status: .signal(11), ran: "entry before handled", ends: "SIGSEGV"),
    Row(
      "handler-execs", status: .exit(51), ran: "entry before handled again",
      ends: "exec, returned 51"),
    Row("handler-siginfo", status: .signal(10), ran: "entry before handled", ends: "SIGUSR1"),
    Row("handler-crashes", status: .signal(11), ran: "entry before handled", ends: "SIGSEGV"),
    // The hook of abort() saves; the handler runs after it, and libc's second raise passes no hook.
    Row(
      "abort-handled", status: .signal(6), ran: "entry before handled", ends: "SIGABRT",
      privateLoses: .marks([.handled])),
    Row("abort-jumps", status: .exit(33), ran: "entry before handled jumped", ends: "returned 33"),
    Row("abort-ignored", status: .signal(6), ran: "entry before", ends: "SIGABRT"),
    Row("sigwait", status: .exit(34), ran: "entry survivor", ends: "returned 34"),
  ]

  static let cxx: [Row] = [
    Row("uncaught", in: [.cxx], status: .signal(6), ran: "entry before", ends: "SIGABRT"),
    Row("caught", in: [.cxx], status: .exit(77), ran: "entry handled jumped", ends: "returned 77"),
    Row("terminate", in: [.cxx], status: .exit(78), ran: "entry before handled", ends: "_exit 78"),
    Row("noexcept", in: [.cxx], status: .signal(6), ran: "entry before", ends: "SIGABRT"),
    Row(
      "static-destructor", in: [.cxx], status: .exit(79), ran: "entry before atEnd",
      ends: "returned 79"),
    Row(
      "exit-skips-locals", in: [.cxx], status: .exit(80), ran: "entry before atEnd", ends: "exit 80"
    ),
    Row(
      "thread-throws", in: [.cxx], status: .signal(6), ran: "entry before inThread", ends: "SIGABRT"
    ),
    Row(
      "templates", in: [.cxx], status: .signal(9), ran: "entry before", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "unwind-killed", in: [.cxx], status: .signal(9), ran: "entry before handled", ends: "SIGKILL",
      privateLoses: .everything),
  ]

  static let swift: [Row] =
    [
      "fatalError", "precondition", "unwrap", "out-of-bounds", "overflow", "division-trap",
      "throws",
    ]
    .map { Row($0, in: [.swift], status: .signal(4), ran: "entry before", ends: "SIGILL") }
    + ["unowned", "cast"].map {
      Row($0, in: [.swift], status: .signal(6), ran: "entry before", ends: "SIGABRT")
    } + [
      Row("catches", in: [.swift], status: .exit(77), ran: "entry survivor", ends: "exit 77"),
      Row(
        "execve", in: [.swift], status: .signal(9), ran: "entry before again",
        ends: "exec, SIGKILL", privateLoses: .marks([.entry, .again])),
      Row(
        "task-exit", in: [.swift], status: .exit(76), ran: "entry before threads",
        ends: "exit 76"),
      Row(
        "task-killed", in: [.swift], status: .signal(9), ran: "entry before threads",
        ends: "SIGKILL", privateLoses: .everything),
    ]

  static let rust: [Row] =
    ["panic", "panic-unwrap", "panic-bounds", "panic-overflow", "panic-division"]
    .map { Row($0, in: [.rust], status: .exit(101), ran: "entry before") }
    + [
      Row("panic-caught", in: [.rust], status: .exit(77), ran: "entry before survivor"),
      Row(
        "panic-twice", in: [.rust], status: .signal(6), ran: "entry before handled",
        ends: "SIGABRT"),
      Row("panic-thread", in: [.rust], status: .exit(78), ran: "entry before inThread survivor"),
      Row(
        "stack-overflow-abort", in: [.rust], status: .signal(6), ran: "entry before",
        ends: "SIGABRT"),
      Row("spawn-forked", in: [.rust], status: .exit(66), ran: "entry before child again parent"),
    ]
}
