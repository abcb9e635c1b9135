/// The rows of the table in which processes start others.
extension Row {
  private static let all: [Language] = .all

  static let forks: [Row] = [
    Row(
      "fork", in: all, status: .exit(40), ran: "entry before child parent",
      ends: "returned 40, exit 42"),
    Row(
      "fork", "kill", in: all, status: .exit(40), ran: "entry before child parent",
      ends: "returned 40, SIGKILL", privateLoses: .marks([.child])),
    Row(
      "fork", "_exit", in: all, status: .exit(40), ran: "entry before child parent",
      ends: "returned 40, _exit 41"),
    Row(
      "fork", "term", in: all, status: .exit(40), ran: "entry before child parent",
      ends: "returned 40, SIGTERM"),
    Row(
      "fork", "abort", in: all, status: .exit(40), ran: "entry before child parent",
      ends: "returned 40, SIGABRT"),
    Row(
      "fork-both-killed", in: all, status: .signal(9), ran: "entry before child parent",
      ends: "SIGKILL*2", privateLoses: .everything),
    Row("fork-tree", status: .exit(0), ran: "entry child parent", privateLoses: .marks([.child])),
    Row(
      "_Fork", in: all, status: .exit(0), ran: "entry before child parent",
      ends: "returned 0, SIGKILL", privateLoses: .marks([.child])),
    Row(
      "double-fork", in: all, status: .exit(0), ran: "entry before child grandchild parent",
      ends: "returned 0, _exit 0, SIGKILL", privateLoses: .marks([.grandchild])),
    Row(
      "daemon", status: .exit(0), ran: "entry before child grandchild parent",
      privateLoses: .marks([.child, .grandchild])),
    Row(
      "daemon-closes-all", status: .exit(0), ran: "entry child grandchild parent",
      ends: "returned 0, _exit 0, SIGABRT, SIGKILL", privateLoses: .marks([.child])),
    Row(
      "forkpty", status: .exit(0), ran: "entry before child parent",
      ends: "returned 0, SIGKILL", privateLoses: .marks([.child])),
    Row(
      "orphan", status: .exit(0), ran: "entry child grandchild parent",
      ends: "returned 0, SIGKILL*2", privateLoses: .marks([.child, .grandchild])),
    Row(
      "abandoned", status: .exit(35), ran: "entry before child", privateLoses: .marks([.child])),
    Row(
      "chain", in: all, status: .exit(0), ran: "entry child parent",
      privateLoses: .marks([.child])),
  ]

  static let clones: [Row] =
    ["clone", "clone-files", "clone-silent", "clone-vfork-copy"].flatMap {
      [
        Row(
          $0, status: .exit(44), ran: "entry before child parent",
          ends: "returned 44, ended with 43", privateLoses: .marks([.child])),
        Row(
          $0, "kill", status: .exit(44), ran: "entry before child parent",
          ends: "returned 44, SIGKILL", privateLoses: .marks([.child])),
      ]
    }
    + ["clone-vm", "clone-vfork"].flatMap {
      [
        Row($0, status: .exit(44), ran: "entry before child parent"),
        Row($0, "kill", status: .exit(44), ran: "entry before child parent"),
      ]
    }
    + ["syscall-fork", "syscall-clone", "syscall-clone3"].map {
      Row(
        $0, status: .exit(45), ran: "entry before child parent", ends: "returned 45, SIGKILL",
        privateLoses: .marks([.child]))
    } + [
      Row(
        "clone-parent", status: .exit(0), ran: "entry before child parent",
        ends: "returned 0, _exit 0, SIGKILL", privateLoses: .marks([.child])),
      Row(
        "inline-fork", status: .exit(46), ran: "entry before child parent",
        privateLoses: .marks([.child])),
      Row(
        "pid-one", status: .exit(0), ran: "entry before child grandchild survivor parent",
        privateLoses: .marks([.child, .grandchild, .survivor]), needs: ["root"]),
      Row(
        "pid-one-killed", status: .exit(0), ran: "entry child grandchild parent",
        privateLoses: .marks([.child, .grandchild]), needs: ["root"]),
    ]

  static let execs: [Row] =
    [
      "execv", "execvp", "execvp-path", "execvpe", "execl", "execle", "fexecve", "execveat",
      "syscall-execve", "env-empty", "env-null", "env-cleared", "env-scrubbed", "env-own-preload",
      "env-large",
    ].map {
      Row(
        $0, in: ["execv", "env-empty", "env-cleared"].contains($0) ? all : .cFamily,
        status: .exit(51), ran: "entry before again", ends: "exec, returned 51")
    }
    + ["execve", "execlp", "memfd"].map {
      Row(
        $0, status: .signal(9), ran: "entry before again", ends: "exec, SIGKILL",
        privateLoses: .marks([.entry, .again]))
    } + [
      Row("exec-script", status: .exit(51), ran: "entry before again"),
      Row("again", in: all, status: .exit(51), ran: "entry again", ends: "returned 51"),
      Row(
        "lives", in: all, status: .signal(9), ran: "entry again", ends: "exec*20, SIGKILL",
        privateLoses: .marks([.entry, .again])),
      Row(
        "lives", "300", status: .signal(9), ran: "entry again", ends: "exec*300, SIGKILL",
        privateLoses: .marks([.entry, .again])),
      Row(
        "exec-fails", status: .signal(9), ran: "entry before survivor", ends: "SIGKILL",
        privateLoses: .everything),
      Row("exec-other", in: all, status: .signal(9), ran: "entry before", ends: "exec, SIGKILL"),
    ]

  static let spawns: [Row] = [
    Row(
      "vfork-exec", status: .exit(61), ran: "entry before child again parent",
      ends: "returned 61, SIGKILL", privateLoses: .marks([.entry, .again])),
    Row(
      "vfork-exec-bare", status: .exit(61), ran: "entry before again parent",
      ends: "returned 61, returned 51"),
    Row("vfork-_exit", status: .exit(63), ran: "entry before child parent", ends: "returned 63"),
    Row(
      "vfork-exec-fails", status: .signal(9), ran: "entry before child parent", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "vfork-killed", status: .signal(9), ran: "entry before child parent", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "spawn", in: all, status: .exit(66), ran: "entry before again parent",
      ends: "returned 66, SIGKILL", privateLoses: .marks([.entry, .again])),
    Row(
      "spawnp", status: .exit(66), ran: "entry before again parent",
      ends: "returned 66, returned 51"),
    Row(
      "spawn-environment", in: all, status: .exit(66), ran: "entry before again parent",
      ends: "returned 66, returned 51"),
    Row(
      "spawn-attributes", status: .exit(66), ran: "entry before again parent",
      ends: "returned 66, SIGKILL", privateLoses: .marks([.entry, .again])),
    Row(
      "spawn-fails", status: .signal(9), ran: "entry before survivor", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "system", in: all, status: .exit(67), ran: "entry before again parent",
      privateLoses: .marks([.entry, .again])),
    Row("system-bare", status: .exit(67), ran: "entry before again parent"),
    Row(
      "popen", status: .exit(68), ran: "entry before again parent",
      privateLoses: .marks([.entry, .again])),
    Row("wordexp", status: .exit(69), ran: "entry before again parent"),
  ]

  static let storms: [Row] = [
    Row(
      "fork-storm", status: .exit(0), ran: "entry child grandchild again parent",
      privateLoses: .marks([.entry, .child, .grandchild, .again])),
    Row(
      "spawn-storm", status: .exit(0), ran: "entry again parent",
      privateLoses: .marks([.entry, .again])),
    // A process that is killed before its first instruction has nothing to lose; the ledger says
    // that it never started.
    Row(
      "random-kills", "1000", in: [.c], status: .exit(0), ran: "entry worker parent",
      mayLose: "not-started", privateLoses: .marks([.worker])),
    Row(
      "random-kills", "200", in: [.cxx, .swift, .rust], status: .exit(0),
      ran: "entry worker parent", mayLose: "not-started", privateLoses: .marks([.worker])),
    Row(
      "random-blunt-kills", status: .exit(0), ran: "entry worker parent", mayLose: "not-started",
      privateLoses: .marks([.worker]), bounded: true),
    Row(
      "random-spawn-kills", status: .exit(0), ran: "entry worker parent", mayLose: "not-started",
      privateLoses: .marks([.entry, .worker]), bounded: true),
  ]
}
