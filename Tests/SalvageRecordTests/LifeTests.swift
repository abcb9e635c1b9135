import CSalvageABI
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

/// Processes that run, by pid.
struct SomeProcesses: ProcessTable {
  var pids: Set<Int32>
  func runs(pid: Int32, namespace: UInt64, born: UInt64) -> Bool { pids.contains(pid) }
}

/// A process tree as cells, and the lives that are to be read from it.
struct TreeCase: Sendable, CustomTestStringConvertible {
  var name: String
  var ledgers: [[slv_cell]]
  var notes: [RunNote] = []
  var running: Set<Int32> = []
  /// `id: beginning <parent, end`, by id.
  var expected: [String]
  var losses: [String] = []

  var testDescription: String { name }
}

private func note(_ life: UInt64, pid: Int32, status: Int32?, obstacle: String? = nil) -> RunNote {
  var note = RunNote(
    life: life, arguments: ["cmd"], directory: "/", program: "/bin/cmd", salvageVersion: "1")
  note.pid = pid
  note.pidNamespace = 1
  note.status = status
  note.endedAtBoot = status == nil ? nil : 1_000_000
  note.obstacle = obstacle
  return note
}

private let command: UInt64 = 0x77_ffff_ffff

private let trees: [TreeCase] = [
  TreeCase(
    name: "a fork child that was killed, and its parent",
    ledgers: [
      [
        cell(1, pid: 10, born: 1) {
          $0.cause = SLV_CAUSE_RETURN.rawValue
          $0.state = 4
        },
        cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2), reap(11, 9, at: 3),
      ]
    ],
    expected: ["1: root <-, returned 0", "2: fork <1, SIGKILL"]),
  TreeCase(
    name: "the wait status of a chain of execs belongs to its last image",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2),
        cell(3, pid: 11, parent: 2, kind: SLV_KIND_EXEC, born: 3),
        cell(4, pid: 11, parent: 3, kind: SLV_KIND_EXEC, born: 4) {
          $0.cause = SLV_CAUSE_EXIT.rawValue
        },
        reap(11, 5 << 8, at: 9),
      ]
    ],
    expected: [
      "1: root <-, vanished", "2: fork <1, exec", "3: exec <2, exec", "4: exec <3, exit 5",
    ]),
  TreeCase(
    name: "an exec that failed leaves the life as it was",
    ledgers: [
      [
        cell(1, pid: 10, born: 1) {
          $0.cause = SLV_CAUSE__EXIT.rawValue
          $0.status = 127
          $0.state = 4
        },
        cell(2, pid: 0, parent: 1, kind: SLV_KIND_EXEC, state: SLV_CELL_CANCELLED, born: 2),
      ]
    ],
    expected: ["1: root <-, _exit 127"]),
  TreeCase(
    name: "a pid that was used twice: each status goes to the one that lived then",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2), reap(11, 9, at: 3),
        cell(3, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 4), reap(11, 139, at: 5),
      ]
    ],
    expected: [
      "1: root <-, vanished", "2: fork <1, SIGKILL", "3: fork <1, SIGSEGV (core dumped)",
    ]),
  TreeCase(
    name: "a status that came before the life was born is not its own",
    ledgers: [
      [
        cell(1, pid: 10, born: 1), cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 5),
        reap(11, 9, at: 3),
      ]
    ],
    running: [11],
    expected: ["1: root <-, vanished", "2: fork <1, running"]),
  TreeCase(
    name: "a child in another pid namespace is reaped under its outer pid",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 1, parent: 1, kind: SLV_KIND_FORK, born: 2) {
          $0.pidns = 2
          $0.outer_pid = 55
        },
        cell(3, pid: 2, parent: 2, kind: SLV_KIND_FORK, born: 3) {
          $0.pidns = 2
          $0.outer_pid = 2
        },
        reap(2, 15, at: 4, namespace: 2), reap(55, 7 << 8, at: 5),
      ]
    ],
    expected: ["1: root <-, vanished", "2: fork <1, ended with 7", "3: fork <2, SIGTERM"]),
  TreeCase(
    name: "a life announced in one ledger and entered in another user's",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 0, parent: 1, kind: SLV_KIND_EXEC, state: SLV_CELL_ANNOUNCED, born: 2) {
          $0.ppid = 10
        },
      ],
      [
        cell(9, pid: 10, parent: 2, born: 3) {
          $0.announced_as = 2
          $0.uid = 1000
        }
      ],
    ],
    expected: ["1: root <-, exec", "9: exec <1, vanished"]),
  TreeCase(
    name: "the command of a run, told by its life",
    ledgers: [
      [
        cell(1, pid: 10, parent: command, born: 1) { $0.announced_as = command },
        // Started past the hooks, with the environment of the command.
        cell(2, pid: 11, parent: command, born: 2) {
          $0.announced_as = command
          $0.ppid = 10
        },
      ]
    ],
    notes: [note(command, pid: 10, status: 3 << 8)],
    expected: ["1: root <-, ended with 3", "2: unannounced <1, vanished"]),
  TreeCase(
    name: "a static command: its child is not taken for it",
    ledgers: [
      [
        cell(2, pid: 11, parent: command, born: 2) {
          $0.announced_as = command
          $0.ppid = 10
        }
      ]
    ],
    notes: [note(command, pid: 10, status: 0, obstacle: "static")],
    expected: [
      "2: unannounced <\(command), vanished", "\(command): root <-, ended with 0",
    ],
    losses: ["static"]),
  TreeCase(
    name: "a child that a static program started, with the environment of that",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 0, parent: 1, kind: SLV_KIND_SPAWN, state: SLV_CELL_ANNOUNCED, born: 2) {
          $0.loss = UInt16(SLV_LOSS_STATIC.rawValue)
          $0.outer_pid = 20
          $0.ppid = 10
        },
        cell(3, pid: 21, parent: 2, born: 3) {
          $0.announced_as = 2
          $0.ppid = 20
        },
        reap(20, 0, at: 9),
      ]
    ],
    expected: ["1: root <-, vanished", "2: spawn <1, ended with 0", "3: unannounced <2, vanished"],
    losses: ["static"]),
  TreeCase(
    name: "system() in a fork child: the parent is the one with the pid",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2),
        cell(3, pid: 12, parent: 1, born: 3) {
          $0.announced_as = 1
          $0.ppid = 11
        },
      ]
    ],
    expected: ["1: root <-, vanished", "2: fork <1, vanished", "3: unannounced <2, vanished"]),
  TreeCase(
    name: "exec past the hooks: the same pid",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 10, parent: 1, born: 3) {
          $0.announced_as = 1
          $0.ppid = 5
        },
        reap(10, 4 << 8, at: 6),
      ]
    ],
    expected: ["1: root <-, exec", "2: exec <1, ended with 4"]),
  TreeCase(
    name: "announced and never entered",
    ledgers: [
      [
        cell(1, pid: 10, born: 1),
        cell(2, pid: 0, parent: 1, kind: SLV_KIND_SPAWN, state: SLV_CELL_ANNOUNCED, born: 2) {
          $0.outer_pid = 20
        },
        reap(20, 127 << 8, at: 3),
      ]
    ],
    expected: ["1: root <-, vanished", "2: spawn <1, ended with 127"],
    losses: ["not-started"]),
  TreeCase(
    name: "private counters that were flushed, and some that were not",
    ledgers: [
      [
        cell(1, pid: 10, born: 1) {
          $0.flags = SLV_FLAG_PRIVATE.rawValue | SLV_FLAG_FLUSHED.rawValue
          $0.cause = SLV_CAUSE_EXIT.rawValue
          $0.state = 4
        },
        cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2) {
          $0.flags = SLV_FLAG_PRIVATE.rawValue
        },
        reap(11, 9, at: 3),
      ]
    ],
    expected: ["1: root <-, exit 0", "2: fork <1, SIGKILL"],
    losses: ["private-killed"]),
  TreeCase(
    name: "a signal that our handler noted, and nobody reaped",
    ledgers: [
      [
        cell(1, pid: 10, born: 1) {
          $0.cause = SLV_CAUSE_SIGNAL.rawValue
          $0.status = 11
          $0.state = 4
        }
      ]
    ],
    expected: ["1: root <-, SIGSEGV"]),
  TreeCase(
    name: "a ring of parents, which only a damaged ledger has",
    ledgers: [
      [
        cell(1, pid: 10, parent: 2, kind: SLV_KIND_EXEC, born: 1),
        cell(2, pid: 10, parent: 1, kind: SLV_KIND_EXEC, born: 2), reap(10, 0, at: 9),
      ]
    ],
    expected: ["1: exec <2, exec", "2: exec <1, exec"]),
]

@Suite struct LifeTests {
  @Test(arguments: trees)
  func tree(_ tree: TreeCase) throws {
    let directory = try TemporaryDirectory()
    try directory.write(settingsBytes(users: directory.path), "settings")
    for (number, cells) in tree.ledgers.enumerated() {
      try directory.write(LedgerFixture(cells).bytes, "u\(number)/ledger")
    }
    for note in tree.notes { try directory.write(note.encoded(), "runs/\(note.life).json") }
    var reader = RecordingReader(directory.path)
    reader.processes = SomeProcesses(pids: tree.running)
    let contents = try reader.contents()
    let lives = contents.lives.sorted { $0.id < $1.id }.map { life in
      let parent = life.parent.map(String.init) ?? "-"
      return "\(life.id): \(life.beginning) <\(parent), \(life.end)"
    }
    #expect(lives == tree.expected)
    #expect(contents.losses.map(\.reason.slug) == tree.losses)
  }

  @Test func aForkChildRunsItsParentsProgram() throws {
    let directory = try TemporaryDirectory()
    try directory.write(settingsBytes(users: directory.path), "settings")
    let cells = [
      cell(1, pid: 10, born: 1), cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2),
      cell(3, pid: 12, parent: 2, kind: SLV_KIND_SPAWN, born: 3),
    ]
    try directory.write(LedgerFixture(cells).bytes, "u0/ledger")
    try directory.write(programBytes(1, "/bin/a", ["a", "b"]), "u0/programs")
    let lives = try RecordingReader(directory.path).contents().lives
    #expect(lives.map(\.program) == ["/bin/a", "/bin/a", ""])
    #expect(lives[1].arguments == ["a", "b"])
    #expect(lives[0].born == LedgerFixture.epoch + 1)
  }

  /// Killed as it wrote what it runs: the record ends with a page, and is no damage. More such records than lives that
  /// were killed are one.
  @Test func aRecordThatAKilledLifeCutIsNoDamage() throws {
    let cut = Array(
      (programBytes(1, "/bin/a", [String(repeating: "x", count: 4000)])
        + programBytes(2, "/bin/" + String(repeating: "b", count: 100), [])).prefix(4096))
    for (signal, losses) in [(9, []), (11, ["damaged-file"])] as [(Int32, [String])] {
      let directory = try TemporaryDirectory()
      try directory.write(settingsBytes(users: directory.path), "settings")
      let cells = [
        cell(1, pid: 10, born: 1), cell(2, pid: 11, parent: 1, kind: SLV_KIND_SPAWN, born: 2),
        reap(11, signal, at: 4),
      ]
      try directory.write(LedgerFixture(cells).bytes, "u0/ledger")
      try directory.write(cut, "u0/programs")
      var reader = RecordingReader(directory.path)
      reader.processes = SomeProcesses(pids: [10])
      let contents = try reader.contents()
      #expect(contents.lives.map(\.program) == ["/bin/a", ""])
      #expect(contents.losses.map(\.reason.slug) == losses)
    }
  }

  @Test func aProgramInACellIsThatOfItsLife() throws {
    let directory = try TemporaryDirectory()
    try directory.write(settingsBytes(users: directory.path), "settings")
    let cells = [
      cell(1, pid: 10, born: 1), programCell(1, arguments: 2, text: "/bin/a\0a\0b\0"),
      cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2),
    ]
    try directory.write(LedgerFixture(cells).bytes, "u0/ledger")
    let contents = try RecordingReader(directory.path).contents()
    #expect(contents.lives.map(\.program) == ["/bin/a", "/bin/a"])
    #expect(contents.lives[0].arguments == ["a", "b"])
    #expect(contents.losses.isEmpty)
  }

  @Test func whoSentSIGKILLIsNamed() throws {
    let directory = try TemporaryDirectory()
    try directory.write(settingsBytes(users: directory.path), "settings")
    var kill = reap(11, 0, at: 3)
    kill.state = SLV_CELL_KILL.rawValue
    kill.parent = 1
    let cells = [
      cell(1, pid: 10, born: 1), cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2), kill,
      reap(11, 9, at: 4),
    ]
    try directory.write(LedgerFixture(cells).bytes, "u0/ledger")
    #expect(try RecordingReader(directory.path).contents().lives.map(\.killer) == [nil, 1])
  }
}
