import CSalvageABI

/// Why something is not in a recording. Later versions may have more.
///
/// `docs/Messages.md` has a paragraph for each, by its ``slug``.
public struct LossReason: Sendable {
  /// The number in the ledger (`enum slv_loss`), or one of the reader's own.
  package let rawValue: UInt16
  /// The name for machines, and the heading in docs/Messages.md.
  public let slug: String
  /// What happened.
  public let sentence: String
  /// What to do about it.
  public let cure: String

  private init(_ rawValue: UInt16, _ slug: String, _ sentence: String, _ cure: String) {
    self.rawValue = rawValue
    self.slug = slug
    self.sentence = sentence
    self.cure = cure
  }

  package init?(rawValue: UInt16) {
    guard let known = Self.byNumber[rawValue] else { return nil }
    self = known
  }

  /// The reason that a cell of the ledger holds; `unknown` for one of a newer library.
  init?(contract: UInt16) {
    guard contract != SLV_LOSS_NONE.rawValue else { return nil }
    self = contract < 1000 ? LossReason(rawValue: contract) ?? .unknown : .unknown
  }

  private static let byNumber = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })
}

extension LossReason: Hashable {
  public static func == (left: LossReason, right: LossReason) -> Bool {
    left.rawValue == right.rawValue
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension LossReason: CustomStringConvertible {
  public var description: String { slug }
}

extension LossReason: CaseIterable {
  public static let allCases = [
    isStatic, secure, otherArchitecture, musl, oldGlibc, unreachable, noSlot, fileLimit,
    diskFull, privateKilled, noMapping, continuous, unknownFormat, notStarted, noLedger,
    asanOptions, sandbox, gcovLate, gcovReset, gcovValues, foreignGuards, noPCTable, cleared,
    ownCounters, unreadable, noSections, correlated, clangGcov, goPlugin, goClears, namespace,
    coverageUnsaved,
    pythonFull, pythonName, readOnly, noCell, damagedFile, unknown, stillTemporary,
    temporaryGone, copied,
  ]
}

// MARK: What the library notes

extension LossReason {
  /// The program is linked statically: the dynamic loader never runs in it.
  public static let isStatic = LossReason(
    1, "static",
    "The program is linked statically: the dynamic loader never runs in it.",
    "Link it dynamically for the coverage run; a Go program by -buildmode=pie, or with cgo.")

  /// The program is set-user-id, set-group-id or has file capabilities: the dynamic loader ignores
  /// preloaded libraries.
  public static let secure = LossReason(
    2, "secure",
    "The program is set-user-id, set-group-id or has file capabilities: the dynamic loader"
      + " ignores preloaded libraries.",
    "Run a copy without those bits, as the user that it would become.")

  /// The program is for another processor or word size.
  public static let otherArchitecture = LossReason(
    3, "other-architecture",
    "The program is for another processor or word size.",
    "Run it under a salvage that was built for that processor.")

  /// The program's dynamic loader is neither glibc's nor musl's.
  public static let musl = LossReason(
    4, "musl",
    "The program's dynamic loader is neither glibc's nor musl's.",
    "Build it against one of these for the coverage run.")

  /// The program runs on a glibc older than 2.17.
  public static let oldGlibc = LossReason(
    5, "old-glibc",
    "The program runs on a glibc older than 2.17.",
    "Run it on a system with a newer glibc.")

  /// The library could not be opened from there: another root directory or mount namespace.
  public static let unreachable = LossReason(
    6, "unreachable",
    "The library could not be opened from there: another root directory or mount namespace.",
    "Make the recording's directory visible under the same path there.")

  /// The program has counters, but no place for them could be had.
  public static let noSlot = LossReason(
    7, "no-slot",
    "The program has counters, but no place for them could be had.",
    "Look at the error; check the permissions and the limits of the recording's file system.")

  /// The process's file size limit is below the size of the counter file.
  public static let fileLimit = LossReason(
    8, "file-limit",
    "The process's file size limit is below the size of the counter file.",
    "Raise RLIMIT_FSIZE (ulimit -f).")

  /// The recording's file system was full.
  public static let diskFull = LossReason(
    9, "disk-full",
    "The recording's file system was full.",
    "Make room, or record elsewhere with -o.")

  /// The counters were private to the process, and they were not copied: it ended before, or a
  /// fault ended the copying.
  public static let privateKilled = LossReason(
    10, "private-killed",
    "The counters were private to the process, and they were not copied: it ended before, or a"
      + " fault ended the copying.",
    "Record without --private, or end the process by a signal that can be caught, or from"
      + " within the tree.")

  /// The counters are there, but the program's coverage mapping is not.
  public static let noMapping = LossReason(
    11, "no-mapping",
    "The counters are there, but the program's coverage mapping is not.",
    "Build with -fcoverage-mapping, and do not strip the sections __llvm_covmap and"
      + " __llvm_covfun.")

  /// The program uses LLVM's continuous mode, which keeps its counters elsewhere.
  public static let continuous = LossReason(
    12, "continuous",
    "The program uses LLVM's continuous mode, which keeps its counters elsewhere.",
    "Build without -runtime-counter-relocation, and take %c out of LLVM_PROFILE_FILE.")

  /// The counters are of a version that this library does not know.
  public static let unknownFormat = LossReason(
    13, "unknown-format",
    "The counters are of a version that this library does not know.",
    "Use a newer salvage.")

  /// The program was about to be started, and its first instruction never ran.
  public static let notStarted = LossReason(
    14, "not-started",
    "The program was about to be started, and its first instruction never ran.",
    "Look for a missing shared library, or a kill or a limit at its start.")

  /// The process could not open the recording.
  public static let noLedger = LossReason(
    15, "no-ledger",
    "The process could not open the recording.",
    "Check that its user can reach every directory above the recording.")

  /// The program's own __asan_default_options refuses preloaded libraries.
  public static let asanOptions = LossReason(
    16, "asan-options",
    "The program's own __asan_default_options refuses preloaded libraries.",
    "Return verify_asan_link_order=0 from it.")

  /// It was executed in a seccomp sandbox that forbids the library's system calls.
  public static let sandbox = LossReason(
    17, "sandbox",
    "It was executed in a seccomp sandbox that forbids the library's system calls.",
    "Record it without the sandbox, or allow what the program's own start needs there.")

  /// Constructors of an object built with --coverage ran before the library met it, and what its
  /// compiler's runtime knows of it was not found: that writes its .gcda files itself.
  public static let gcovLate = LossReason(
    27, "gcov-late",
    "Constructors of an object built with --coverage ran before the library met it, and what its"
      + " compiler's runtime knows of it was not found: that writes its .gcda files itself.",
    "Preload no other library that is linked with -z initfirst, link plugins with the compiler's start"
      + " files, and, for musl's dlopen, do not hide the runtime's symbols (local: * in a version script)"
      + " nor call __gcov_dump in a constructor.")

  /// The program calls __gcov_reset, which does nothing while libgcov has no counters: what ran
  /// before the call is counted too.
  public static let gcovReset = LossReason(
    28, "gcov-reset",
    "The program calls __gcov_reset, which does nothing while libgcov has no counters: what ran"
      + " before the call is counted too.",
    "Where only what runs after it shall count, record with --leave-gcov, which leaves gcc's"
      + " counters to libgcov.")

  /// The program counts values too (gcc -fprofile-generate): what ran is kept, and the values that
  /// optimisers use (targets of indirect calls, most frequent values, order of first calls) are
  /// not.
  public static let gcovValues = LossReason(
    29, "gcov-values",
    "The program counts values too (gcc -fprofile-generate): what ran is kept, and the values"
      + " that optimisers use (targets of indirect calls, most frequent values, order of first"
      + " calls) are not.",
    "For coverage, nothing; for profiles that go back into the compiler, record with"
      + " --leave-gcov.")

  /// The program is built with -fsanitize-coverage=trace-pc-guard, and the callback that its guards
  /// go to is a sanitizer runtime's or its own.
  public static let foreignGuards = LossReason(
    24, "foreign-guards",
    "The program is built with -fsanitize-coverage=trace-pc-guard, and the callback that its"
      + " guards go to is a sanitizer runtime's or its own.",
    "Link sancov.o (CShim/Cooperate/sancov.c) into it, or build it with"
      + " -fsanitize-coverage=inline-bool-flag,pc-table.")

  /// The program is built with -fsanitize-coverage, but not all of it with the same counters and
  /// pc-table: nobody knows which block a counter is of.
  public static let noPCTable = LossReason(
    25, "no-pc-table",
    "The program is built with -fsanitize-coverage, but not all of it with the same counters"
      + " and pc-table: nobody knows which block a counter is of.",
    "Build all of it with, for example, -fsanitize-coverage=inline-bool-flag,pc-table.")

  /// The program is a libFuzzer, which clears its counters before each input: what is there is of
  /// the last one.
  public static let cleared = LossReason(
    26, "cleared",
    "The program is a libFuzzer, which clears its counters before each input: what is there is"
      + " of the last one.",
    "Run it with one input at a time, or build it with -fprofile-instr-generate"
      + " -fcoverage-mapping beside -fsanitize=fuzzer.")

  /// The program resets its own LLVM counters, or merges a profile into them: what it counted
  /// before that is not in the recording.
  public static let ownCounters = LossReason(
    30, "own-counters",
    "The program resets its own LLVM counters, or merges a profile into them: what it counted"
      + " before that is not in the recording.",
    "Leave out the calls for the coverage run: __llvm_profile_reset_counters, memset of the"
      + " counters, __llvm_profile_merge_from_buffer.")

  /// The program or a library of it has LLVM's or sanitizers' counters, and its file could not be
  /// read at its start.
  public static let unreadable = LossReason(
    31, "unreadable",
    "The program or a library of it has LLVM's or sanitizers' counters, and its file could not"
      + " be read at its start.",
    "Let the user that runs it read the file (chmod +r), and raise limits of memory and"
      + " descriptors (ulimit -d, -v, -n).")

  /// The program has counters, and its file has no section headers that tell where.
  public static let noSections = LossReason(
    32, "no-sections",
    "The program has counters, and its file has no section headers that tell where.",
    "Link without -z nosectionheader, and do not use tools that remove section headers.")

  /// The program's LLVM counters have no records that describe them: it was built with -profile-
  /// correlate.
  public static let correlated = LossReason(
    33, "correlated",
    "The program's LLVM counters have no records that describe them: it was built with"
      + " -profile-correlate.",
    "Build without -mllvm -profile-correlate; what its own runtime writes is left to it.")

  /// Counters of clang --coverage were not found in the code that clang generated for them.
  public static let clangGcov = LossReason(
    34, "clang-gcov",
    "Counters of clang --coverage were not found in the code that clang generated for them.",
    "Build without -mcmodel=large, by clang 14 to 21, or with -fprofile-instr-generate"
      + " -fcoverage-mapping; what its own runtime writes is left to it.")

  /// A plugin of Go's (-buildmode=plugin) has counters, which Go leaves out of its own data, too: its
  /// packages get their numbers when it is opened.
  public static let goPlugin = LossReason(
    37, "go-plugin",
    "A plugin of Go's (-buildmode=plugin) has counters, which Go leaves out of its own data, too: its packages"
      + " get their numbers when it is opened.",
    "For the coverage run, import the plugin's package in a program or a test; the program that opens the"
      + " plugin is kept.")

  /// The Go program calls ClearCounters of runtime/coverage: what it counted before a call is not in
  /// the recording.
  public static let goClears = LossReason(
    38, "go-clears",
    "The Go program calls ClearCounters of runtime/coverage: what it counted before a call is not in the"
      + " recording.",
    "Leave the call out for the coverage run, or build with -covermode=count, in which Go refuses it."
  )

  /// The program loaded a library with counters into a namespace of its own (dlmopen), where this
  /// library is not.
  public static let namespace = LossReason(
    35, "namespace",
    "The program loaded a library with counters into a namespace of its own (dlmopen), where"
      + " this library is not.",
    "Load it with dlopen for the coverage run; what its own runtime writes is left to it.")

  /// coverage.py measured in the process, which ended before coverage.py had saved its data.
  public static let coverageUnsaved = LossReason(
    20, "coverage-unsaved",
    "coverage.py measured in the process, which ended before coverage.py had saved its data.",
    "End the process by a signal that can be caught; look for code that keeps the interpreter's"
      + " lock for seconds, and see that the folder of its data file has room and can be written.")

  /// More Python code was run than one recording holds (16,384 sources): what came last is not in
  /// it.
  public static let pythonFull = LossReason(
    40, "python-full",
    "More Python code was run than one recording holds (16,384 sources): what came last is not"
      + " in it.",
    "Record less: name your own code with --python-source.")

  /// A Python file was run whose path is longer than 1,023 bytes, or is not UTF-8: it is not
  /// recorded.
  public static let pythonName = LossReason(
    41, "python-name",
    "A Python file was run whose path is longer than 1,023 bytes, or is not UTF-8: it is not"
      + " recorded.",
    "Give the file or its directory another name for the coverage run.")

  /// The recording is read-only there: mounted so, or remounted since.
  public static let readOnly = LossReason(
    36, "read-only",
    "The recording is read-only there: mounted so, or remounted since.",
    "Mount it writable there, and record again.")
}

// MARK: The reader's own verdicts

// No numbers of the contract.
extension LossReason {
  /// Processes ran that found no room in the ledger.
  public static let noCell = LossReason(
    1000, "no-cell",
    "Processes ran that found no room in the ledger.",
    "Make room on the recording's file system.")

  /// A file of the recording could not be read; the rest could.
  public static let damagedFile = LossReason(
    1001, "damaged-file",
    "A file of the recording could not be read; the rest could.",
    "Record again; if nothing else wrote to the file, report it as an error of salvage.")

  /// The library gave a reason that this command does not know.
  public static let unknown = LossReason(
    1002, "unknown",
    "The library gave a reason that this command does not know.",
    "Use the salvage command that made the recording.")

  /// Counts lie in a temporary directory, because processes still write there.
  public static let stillTemporary = LossReason(
    1003, "still-temporary",
    "Counts lie in a temporary directory, because processes still write there.",
    "Run salvage collect when they have ended, before the next reboot.")

  /// The counts lay in a temporary directory, which is not there any more.
  public static let temporaryGone = LossReason(
    1004, "temporary-gone",
    "The counts lay in a temporary directory, which is not there any more.",
    "Record again, and run salvage collect before a reboot; or record to a file system that"
      + " keeps the locks of mapped files, which overlayfs does not.")

  /// This is a copy of a recording whose counts lay in a temporary directory, which is the
  /// original's.
  public static let copied = LossReason(
    1005, "copied",
    "This is a copy of a recording whose counts lay in a temporary directory, which is the"
      + " original's.",
    "Run salvage collect on the original, and copy it again.")
}
