import CSalvageABI

/// Counters that existed and are not in the recording, or a process that could not be entered.
public struct Loss: Sendable, Hashable {
  public var reason: LossReason
  /// The life that it concerns; nil where it concerns the recording.
  public var life: UInt64?
  /// The program or file.
  public var subject: String
  /// The errno that the library met; 0 none.
  public var code: Int32
  /// More than the reason says: of a damaged file, what is wrong with it.
  public var detail: String

  public init(
    _ reason: LossReason, life: UInt64? = nil, subject: String = "", code: Int32 = 0,
    detail: String = ""
  ) {
    self.reason = reason
    self.life = life
    self.subject = subject
    self.code = code
    self.detail = detail
  }
}

/// Why something is not in a recording. `docs/Messages.md` lists them by `slug`.
public enum LossReason: UInt16, Sendable, Hashable, CaseIterable {
  case isStatic = 1
  case secure = 2
  case otherArchitecture = 3
  case musl = 4
  case oldGlibc = 5
  case unreachable = 6
  case noSlot = 7
  case fileLimit = 8
  case diskFull = 9
  case privateKilled = 10
  case noMapping = 11
  case continuous = 12
  case unknownFormat = 13
  case notStarted = 14
  case noLedger = 15
  case asanOptions = 16
  case sandbox = 17
  case gcovLate = 27
  case gcovReset = 28
  case gcovValues = 29
  case foreignGuards = 24
  case noPCTable = 25
  case cleared = 26
  case ownCounters = 30
  case unreadable = 31
  case noSections = 32
  case correlated = 33
  case clangGcov = 34
  case goPlugin = 37
  case goClears = 38
  case namespace = 35
  case coverageUnsaved = 20
  case pythonFull = 40
  case pythonName = 41
  case readOnly = 36

  // The reader's own verdicts; no number of the contract.
  case noCell = 1000
  case damagedFile = 1001
  case unknown = 1002
  case stillTemporary = 1003
  case temporaryGone = 1004
  case copied = 1005

  /// The reason that a cell of the ledger holds; `unknown` for one of a newer library.
  init?(contract: UInt16) {
    guard contract != SLV_LOSS_NONE.rawValue else { return nil }
    self = contract < 1000 ? LossReason(rawValue: contract) ?? .unknown : .unknown
  }

  /// The name for machines, and the heading in docs/Messages.md.
  public var slug: String { text.0 }
  /// What happened.
  public var sentence: String { text.1 }
  /// What to do about it.
  public var cure: String { text.2 }

  private var text: (String, String, String) {
    switch self {
    case .isStatic:
      (
        "static", "The program is linked statically: the dynamic loader never runs in it.",
        "Link it dynamically for the coverage run; a Go program by -buildmode=pie, or with cgo."
      )
    case .secure:
      (
        "secure",
        "The program is set-user-id, set-group-id or has file capabilities: the dynamic loader"
          + " ignores preloaded libraries.",
        "Run a copy without those bits, as the user that it would become."
      )
    case .otherArchitecture:
      (
        "other-architecture", "The program is for another processor or word size.",
        "Run it under a salvage that was built for that processor."
      )
    case .musl:
      (
        "musl", "The program's dynamic loader is neither glibc's nor musl's.",
        "Build it against one of these for the coverage run."
      )
    case .oldGlibc:
      (
        "old-glibc", "The program runs on a glibc older than 2.17.",
        "Run it on a system with a newer glibc."
      )
    case .unreachable:
      (
        "unreachable",
        "The library could not be opened from there: another root directory or mount namespace.",
        "Make the recording's directory visible under the same path there."
      )
    case .readOnly:
      (
        "read-only", "The recording is read-only there: mounted so, or remounted since.",
        "Mount it writable there, and record again."
      )
    case .noSlot:
      (
        "no-slot", "The program has counters, but no place for them could be had.",
        "Look at the error; check the permissions and the limits of the recording's file system."
      )
    case .fileLimit:
      (
        "file-limit", "The process's file size limit is below the size of the counter file.",
        "Raise RLIMIT_FSIZE (ulimit -f)."
      )
    case .diskFull:
      (
        "disk-full", "The recording's file system was full.",
        "Make room, or record elsewhere with -o."
      )
    case .privateKilled:
      (
        "private-killed",
        "The counters were private to the process, and they were not copied: it ended before, or a fault ended the copying.",
        "Record without --private, or end the process by a signal that can be caught, or from within the tree."
      )
    case .coverageUnsaved:
      (
        "coverage-unsaved",
        "coverage.py measured in the process, which ended before coverage.py had saved its data.",
        "End the process by a signal that can be caught; look for code that keeps the interpreter's"
          + " lock for seconds."
      )
    case .pythonFull:
      (
        "python-full",
        "More Python code was run than one recording holds (16,384 sources): what came last is not in it.",
        "Record less: name your own code with --python-source."
      )
    case .pythonName:
      (
        "python-name",
        "A Python file was run whose path is longer than 1,023 bytes, or is not UTF-8: it is not recorded.",
        "Give the file or its directory another name for the coverage run."
      )
    case .noMapping:
      (
        "no-mapping", "The counters are there, but the program's coverage mapping is not.",
        "Build with -fcoverage-mapping, and do not strip the sections __llvm_covmap and"
          + " __llvm_covfun."
      )
    case .continuous:
      (
        "continuous",
        "The program uses LLVM's continuous mode, which keeps its counters elsewhere.",
        "Build without -runtime-counter-relocation, and take %c out of LLVM_PROFILE_FILE."
      )
    case .unknownFormat:
      (
        "unknown-format", "The counters are of a version that this library does not know.",
        "Use a newer salvage."
      )
    case .notStarted:
      (
        "not-started", "The program was about to be started, and its first instruction never ran.",
        "Look for a missing shared library, or a kill or a limit at its start."
      )
    case .noLedger:
      (
        "no-ledger", "The process could not open the recording.",
        "Check that its user can reach every directory above the recording."
      )
    case .asanOptions:
      (
        "asan-options", "The program's own __asan_default_options refuses preloaded libraries.",
        "Return verify_asan_link_order=0 from it."
      )
    case .sandbox:
      (
        "sandbox", "It was executed in a seccomp sandbox that forbids the library's system calls.",
        "Record it without the sandbox, or allow what the program's own start needs there."
      )
    case .gcovLate:
      (
        "gcov-late",
        "Constructors of an object built with --coverage ran before the library met it, and what its"
          + " compiler's runtime knows of it was not found: that writes its .gcda files itself.",
        "Preload no other library that is linked with -z initfirst, link plugins with the compiler's start"
          + " files, and, for musl's dlopen, do not hide the runtime's symbols (local: * in a version script)"
          + " nor call __gcov_dump in a constructor."
      )
    case .gcovReset:
      (
        "gcov-reset",
        "The program calls __gcov_reset, which does nothing while libgcov has no counters: what ran before"
          + " the call is counted too.",
        "Where only what runs after it shall count, record with --leave-gcov, which leaves gcc's counters to"
          + " libgcov."
      )
    case .gcovValues:
      (
        "gcov-values",
        "The program counts values too (gcc -fprofile-generate): what ran is kept, and the values that"
          + " optimisers use (targets of indirect calls, most frequent values, order of first calls) are not.",
        "For coverage, nothing; for profiles that go back into the compiler, record with --leave-gcov."
      )
    case .foreignGuards:
      (
        "foreign-guards",
        "The program is built with -fsanitize-coverage=trace-pc-guard, and the callback that its guards"
          + " go to is a sanitizer runtime's or its own.",
        "Link sancov.o (CShim/Cooperate/sancov.c) into it, or build it with"
          + " -fsanitize-coverage=inline-bool-flag,pc-table."
      )
    case .noPCTable:
      (
        "no-pc-table",
        "The program is built with -fsanitize-coverage, but not all of it with the same counters and"
          + " pc-table: nobody knows which block a counter is of.",
        "Build all of it with, for example, -fsanitize-coverage=inline-bool-flag,pc-table."
      )
    case .cleared:
      (
        "cleared",
        "The program is a libFuzzer, which clears its counters before each input: what is there is of"
          + " the last one.",
        "Run it with one input at a time, or build it with -fprofile-instr-generate"
          + " -fcoverage-mapping beside -fsanitize=fuzzer."
      )
    case .ownCounters:
      (
        "own-counters",
        "The program resets its own LLVM counters, or merges a profile into them: what it counted before"
          + " that is not in the recording.",
        "Leave out the calls for the coverage run: __llvm_profile_reset_counters, memset of the counters,"
          + " __llvm_profile_merge_from_buffer."
      )
    case .unreadable:
      (
        "unreadable",
        "The program or a library of it has LLVM's or sanitizers' counters, and its file could not be read at"
          + " its start.",
        "Let the user that runs it read the file (chmod +r), and raise limits of memory and descriptors"
          + " (ulimit -d, -v, -n)."
      )
    case .noSections:
      (
        "no-sections",
        "The program has counters, and its file has no section headers that tell where.",
        "Link without -z nosectionheader, and do not use tools that remove section headers."
      )
    case .correlated:
      (
        "correlated",
        "The program's LLVM counters have no records that describe them: it was built with -profile-correlate.",
        "Build without -mllvm -profile-correlate; what its own runtime writes is left to it."
      )
    case .namespace:
      (
        "namespace",
        "The program loaded a library with counters into a namespace of its own (dlmopen), where this library"
          + " is not.",
        "Load it with dlopen for the coverage run; what its own runtime writes is left to it."
      )
    case .clangGcov:
      (
        "clang-gcov",
        "Counters of clang --coverage were not found in the code that clang generated for them.",
        "Build without -mcmodel=large, by clang 14 to 21, or with -fprofile-instr-generate -fcoverage-mapping;"
          + " what its own runtime writes is left to it."
      )
    case .goPlugin:
      (
        "go-plugin",
        "A plugin of Go's (-buildmode=plugin) has counters, which Go leaves out of its own data, too: its packages"
          + " get their numbers when it is opened.",
        "For the coverage run, import the plugin's package in a program or a test; the program that opens the"
          + " plugin is kept."
      )
    case .goClears:
      (
        "go-clears",
        "The Go program calls ClearCounters of runtime/coverage: what it counted before a call is not in the"
          + " recording.",
        "Leave the call out for the coverage run, or build with -covermode=count, in which Go refuses it."
      )
    case .noCell:
      (
        "no-cell", "Processes ran that found no room in the ledger.",
        "Make room on the recording's file system."
      )
    case .damagedFile:
      (
        "damaged-file", "A file of the recording could not be read; the rest could.",
        "Record again; if nothing else wrote to the file, report it as an error of salvage."
      )
    case .unknown:
      (
        "unknown", "The library gave a reason that this command does not know.",
        "Use the salvage command that made the recording."
      )
    case .stillTemporary:
      (
        "still-temporary",
        "Counts lie in a temporary directory, because processes still write there.",
        "Run salvage collect when they have ended, before the next reboot."
      )
    case .temporaryGone:
      (
        "temporary-gone",
        "The counts lay in a temporary directory, which is not there any more.",
        "Record again, and run salvage collect before a reboot; or record to a file system that"
          + " keeps the locks of mapped files, which overlayfs does not."
      )
    case .copied:
      (
        "copied",
        "This is a copy of a recording whose counts lay in a temporary directory, which is the original's.",
        "Run salvage collect on the original, and copy it again."
      )
    }
  }
}
