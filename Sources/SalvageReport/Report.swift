public import SalvageCoverage

/// Everything that a report may tell: plain values, so that reports need to know nothing of
/// recordings.
public struct Report: Sendable {
  /// A process that could not be entered, or counters that are not in the report.
  public struct Loss: Sendable, Hashable {
    /// A word for programs to look at: `static`, `no-mapping`, …
    public var kind: String
    /// The program or file that it is about.
    public var subject: String
    /// What happened, and the cure.
    public var message: String
    /// How often.
    public var count: Int

    public init(kind: String, subject: String, message: String, count: Int = 1) {
      self.kind = kind
      self.subject = subject
      self.message = message
      self.count = count
    }
  }

  /// A process image of the recorded tree.
  public struct Process: Sendable, Hashable {
    /// Steps from the root of its tree.
    public var depth: Int
    /// The same process went on as this program.
    public var isExec: Bool
    /// 0 where it is not known.
    public var pid: Int32
    /// The command line, quoted as for a shell.
    public var command: String
    /// "exit 0", "SIGKILL from 4711", …
    public var end: String
    /// It ended by a signal, or with a status other than 0.
    public var hasFailed: Bool
    /// What became of its counters: "live", "saved", "lost: static", "-".
    public var kept: String
    /// Reasons and cures of what was lost of it.
    public var losses: [String]

    public init(
      depth: Int, isExec: Bool, pid: Int32, command: String, end: String, hasFailed: Bool,
      kept: String, losses: [String]
    ) {
      self.depth = depth
      self.isExec = isExec
      self.pid = pid
      self.command = command
      self.end = end
      self.hasFailed = hasFailed
      self.kept = kept
      self.losses = losses
    }
  }

  /// The ledger in a few numbers.
  public struct Ledger: Sendable, Hashable {
    /// A way to end and how many lives took it.
    public struct End: Sendable, Hashable {
      /// "exited", "signal 9", …
      public var name: String
      public var count: Int

      public init(name: String, count: Int) {
        self.name = name
        self.count = count
      }
    }

    /// Process images that were seen.
    public var lives: Int
    public var ends: [End]
    /// ELF files with counters.
    public var objects: Int

    public init(lives: Int, ends: [End], objects: Int) {
      self.lives = lives
      self.ends = ends
      self.objects = objects
    }
  }

  public var coverage: Coverage
  public var losses: [Loss]
  public var ledger: Ledger?
  /// Hands on at most so many processes of the tree, depth first: one at a time, for a recording may have millions.
  public var processes: @Sendable (_ limit: Int, _ body: (Process) -> Void) -> Void
  /// Of the command, for formats that name their maker.
  public var version: String
  /// Seconds since 1970 for formats that carry a date: of the recording, not of the writing, so that
  /// the same recording gives the same bytes.
  public var timestamp: Int
  /// The folder that shown paths are relative to: the repository's.
  public var root: String
  /// Where sources are read.
  public var sources: SourceText

  public init(
    coverage: Coverage, losses: [Loss] = [], ledger: Ledger? = nil,
    processes: @escaping @Sendable (_ limit: Int, _ body: (Process) -> Void) -> Void = { _, _ in },
    version: String = "", timestamp: Int = 0, root: String = "", sources: SourceText = .none
  ) {
    self.coverage = coverage
    self.losses = losses
    self.ledger = ledger
    self.processes = processes
    self.version = version
    self.timestamp = timestamp
    self.root = root
    self.sources = sources
  }

  /// `path` as people of the repository write it; one outside of it stays as it is.
  func relative(_ path: String) -> String {
    guard !root.isEmpty, path.utf8.count > root.utf8.count + 1, path.hasPrefix(root),
      path.utf8.dropFirst(root.utf8.count).first == UInt8(ascii: "/")
    else { return path }
    return String(path[path.utf8.index(path.startIndex, offsetBy: root.utf8.count + 1)...])
  }
}

/// Reads the sources that a report shows.
public struct SourceText: Sendable {
  /// The bytes of a source; nil where it cannot be read.
  public let bytes: @Sendable (String) -> [UInt8]?

  public init(_ bytes: @escaping @Sendable (String) -> [UInt8]?) {
    self.bytes = bytes
  }

  /// No source is readable.
  public static let none = SourceText { _ in nil }
}
