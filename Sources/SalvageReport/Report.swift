package import SalvageCoverage
import SalvageSystem

/// Everything that a report may tell: plain values, so that reports need to know nothing of
/// recordings.
package struct Report: Sendable {
  /// A process that could not be entered, or counters that are not in the report.
  package struct Loss: Sendable, Hashable {
    /// A word for programs to look at: `static`, `no-mapping`, …
    package var kind: String
    /// The program or file that it is about.
    package var subject: String
    /// What happened, and the cure.
    package var message: String
    /// How often.
    package var count: Int

    package init(kind: String, subject: String, message: String, count: Int = 1) {
      self.kind = kind
      self.subject = subject
      self.message = message
      self.count = count
    }
  }

  /// A process image of the recorded tree.
  package struct Process: Sendable, Hashable {
    /// Steps from the root of its tree.
    package var depth: Int
    /// The same process went on as this program.
    package var isExec: Bool
    /// 0 where it is not known.
    package var pid: Int32
    /// The command line, quoted as for a shell.
    package var command: String
    /// "exit 0", "SIGKILL from 4711", …
    package var end: String
    /// It ended by a signal, or with a status other than 0.
    package var hasFailed: Bool
    /// What became of its counters: "live", "saved", "lost: static", "-".
    package var kept: String
    /// Reasons and cures of what was lost of it.
    package var losses: [String]

    package init(
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
  package struct Ledger: Sendable, Hashable {
    /// A way to end and how many lives took it.
    package struct End: Sendable, Hashable {
      /// "exited", "signal 9", …
      package var name: String
      package var count: Int

      package init(name: String, count: Int) {
        self.name = name
        self.count = count
      }
    }

    /// Process images that were seen.
    package var lives: Int
    package var ends: [End]
    /// ELF files with counters.
    package var objects: Int

    package init(lives: Int, ends: [End], objects: Int) {
      self.lives = lives
      self.ends = ends
      self.objects = objects
    }
  }

  package var coverage: Coverage
  package var losses: [Loss]
  package var ledger: Ledger?
  /// Hands on at most so many processes of the tree, depth first: one at a time, for a recording may have millions.
  package var processes: @Sendable (_ limit: Int, _ body: (Process) -> Void) -> Void
  /// Of the command, for formats that name their maker.
  package var version: String
  /// Seconds since 1970 for formats that carry a date: of the recording, not of the writing, so that
  /// the same recording gives the same bytes.
  package var timestamp: Int
  /// The folder that shown paths are relative to: the repository's.
  package var root: String
  /// Where sources are read.
  package var sources: SourceText

  package init(
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
package struct SourceText: Sendable {
  /// The bytes of a source; nil where it cannot be read.
  package let bytes: @Sendable (String) -> [UInt8]?

  package init(_ bytes: @escaping @Sendable (String) -> [UInt8]?) {
    self.bytes = bytes
  }

  /// No source is readable.
  package static let none = SourceText { _ in nil }
}
