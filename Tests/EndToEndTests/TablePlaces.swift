/// The rows of the table about threads, libraries, limits, and places that the recording does not
/// reach.
extension Row {
  private static let all: [Language] = .all

  static let threads: [Row] = [
    Row(
      "busy-killed", in: all, status: .signal(9), ran: "entry before threads", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "busy-return", in: all, status: .exit(71), ran: "entry before threads",
      ends: "returned 71"),
    Row("busy-term", status: .signal(15), ran: "entry before threads", ends: "SIGTERM"),
    Row(
      "busy-fork", status: .signal(9), ran: "entry child threads parent", ends: "SIGKILL*21",
      privateLoses: .everything),
    Row(
      "busy-exec", status: .exit(51), ran: "entry before threads again", ends: "exec, returned 51"),
    Row(
      "racing-return", in: all, status: .exit(72), ran: "entry threads", ends: "returned 72",
      privateLoses: .marks(Mark.parse("threads")),
      bounded: true),
    Row(
      "racing-kill", in: all, status: .signal(9), ran: "entry threads", ends: "SIGKILL",
      privateLoses: .everything, bounded: true),
    Row(
      "racing-exit", status: .exit(73), ran: "entry threads atEnd", ends: "exit 73",
      privateLoses: .marks(Mark.parse("threads")),
      bounded: true),
    Row("thread-exit", in: all, status: .exit(75), ran: "entry before inThread", ends: "exit 75"),
    Row(
      "thread-exit", "_", in: all, status: .exit(74), ran: "entry before inThread",
      ends: "_exit 74"),
    Row(
      "thread-killed", "9", in: all, status: .signal(9), ran: "entry before inThread",
      ends: "SIGKILL", privateLoses: .everything),
    Row(
      "thread-killed", "15", in: all, status: .signal(15), ran: "entry before inThread",
      ends: "SIGTERM"),
    Row(
      "thread-exec", status: .exit(51), ran: "entry before inThread again",
      ends: "exec, returned 51"),
    Row("pthread_exit", in: .notRust, status: .exit(0), ran: "entry before atEnd"),
    Row("pthread_exit-outlived", status: .exit(0), ran: "entry before inThread atEnd"),
    Row(
      "pthread_exit-killed", status: .signal(9), ran: "entry before inThread", ends: "SIGKILL",
      privateLoses: .everything),
    Row("cancelled", status: .exit(0), ran: "entry before"),
  ]

  static let libraries: [Row] = [
    Row("dlopen-return", status: .exit(81), ran: "entry outer closed inner", ends: "returned 81"),
    Row(
      "dlopen-killed", status: .signal(9), ran: "entry before outer inner", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "dlopen-thread-killed", status: .signal(9), ran: "entry before outer inner",
      ends: "SIGKILL", privateLoses: .everything),
    Row("dlopen-_exit", status: .exit(82), ran: "entry outer inner", ends: "_exit 82"),
    Row("dlopen-abort", status: .signal(6), ran: "entry outer inner", ends: "SIGABRT"),
    Row(
      "dlclose-killed", status: .signal(9), ran: "entry before outer closed inner",
      ends: "SIGKILL", privateLoses: .everything),
    Row(
      "dlopen-often", status: .signal(9), ran: "entry outer closed inner", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "dlopen-fork", status: .signal(9), ran: "entry child outer closed inner parent",
      ends: "SIGKILL*2, _exit 83", privateLoses: .everything),
    Row(
      "dlopen-exec", status: .exit(51), ran: "entry outer inner again", ends: "exec, returned 51"),
    Row(
      "dlopen-missing", status: .signal(9), ran: "entry before", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "dlopen-noload", status: .signal(9), ran: "entry outer inner", ends: "SIGKILL",
      privateLoses: .everything),
  ]

  static let places: [Row] = [
    Row(
      "chroot-kill", status: .signal(9), ran: "entry before", ends: "SIGKILL",
      privateLoses: .everything, needs: ["root"]),
    // The child cannot open its counter file: it saves into its parent's slot, which stays mapped.
    Row(
      "chroot-fork", status: .exit(91), ran: "entry before child parent",
      privateLoses: .marks([.child]), needs: ["root"]),
    Row(
      "setuid-kill", status: .signal(9), ran: "entry before", ends: "SIGKILL",
      privateLoses: .everything, needs: ["root"]),
    Row(
      "setuid-fork", status: .exit(92), ran: "entry before child parent",
      ends: "returned 92, SIGKILL", privateLoses: .marks([.child]), needs: ["root"]),
    Row(
      "setuid-exec", status: .signal(9), ran: "entry before again", ends: "exec, SIGKILL",
      privateLoses: .marks([.entry, .again]), needs: ["root"]),
    Row(
      "setresuid-exec", status: .signal(9), ran: "entry before again", ends: "exec, SIGKILL",
      privateLoses: .marks([.entry, .again]), needs: ["root"]),
    // Real and effective user differ at exec: the loader ignores LD_PRELOAD ("secure execution").
    Row(
      "seteuid-spawn", status: .exit(93), ran: "entry before child again parent", losses: "secure",
      loses: .marks([.entry, .again, .destroyed]), needs: ["root"]),
    // In a sandbox no page may stay shared that a fork child would share too; what runs there is
    // kept only where it can be saved without a system call.
    Row(
      "seccomp-strict", status: .exit(94), ran: "entry before survivor", ends: "ended with 94",
      mayLose: "private-killed"),
    Row(
      "seccomp-strict-violated", status: .signal(9), ran: "entry before", ends: "SIGKILL",
      losses: "private-killed", loses: .marks([.before]), privateLoses: .everything),
    Row(
      "seccomp-kill", status: .signal(9), ran: "entry before", ends: "SIGKILL",
      losses: "private-killed", loses: .marks([.before]), privateLoses: .everything),
    Row(
      "seccomp-return", status: .signal(31), under: .exit(95), ran: "entry before",
      ends: "returned 95"),
    Row(
      "seccomp-fork", status: .exit(96), ran: "entry before child parent",
      losses: "private-killed", loses: .marks([.before, .child, .parent])),
    Row(
      "seccomp-violated", status: .signal(31), ran: "entry before", ends: "SIGSYS",
      losses: "private-killed", loses: .marks([.before]), privateLoses: .everything),
  ]

  static let limits: [Row] = [
    Row(
      "no-file-growth", status: .signal(9), ran: "entry before child parent again",
      losses: "file-limit", loses: .marks([.entry, .child, .again])),
    Row(
      "no-descriptors", status: .signal(9), ran: "entry before child parent",
      privateLoses: .everything),
    Row("no-streams", status: .exit(98), ran: "entry before again", ends: "exec, returned 98"),
    Row("lowest", status: .exit(93), ran: "entry again", ends: "returned 93"),
    Row(
      "address-space", status: .signal(9), ran: "entry before survivor child",
      privateLoses: .everything),
    Row(
      "portrait", status: .exit(0), ran: "entry before", ends: "returned 0", liveOnly: true),
    Row(
      "portrait-children", status: .exit(0), ran: "entry before child",
      ends: "returned 0, exec, returned 0", liveOnly: true),
  ]
}
