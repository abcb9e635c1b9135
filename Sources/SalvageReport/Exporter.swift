public import SalvageCoverage

/// A report format.
public protocol Exporter: Sendable {
  /// What `-f` calls it.
  static var name: String { get }
  /// What the model must carry.
  var requires: Coverage.Content { get }
  /// Writes the report.
  /// - Throws: ``ExportError`` where the model lacks what the format needs, and what the writer's
  ///   sink throws.
  func write(_ report: Report, to writer: inout ByteWriter) throws
}

extension Exporter {
  /// The whole report in memory.
  public func bytes(of report: Report) throws -> [UInt8] {
    var writer = ByteWriter()
    try write(report, to: &writer)
    return writer.bytes
  }

  func check(_ coverage: Coverage) throws(ExportError) {
    guard coverage.content.isSuperset(of: requires) else { throw .contentMissing(Self.name) }
  }
}

/// Why a report could not be written.
public enum ExportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The model was made without the level of detail that this format needs.
  case contentMissing(String)

  public var description: String {
    switch self {
    case .contentMissing(let format): "the coverage was read without what format \(format) needs"
    }
  }
}

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
  /// Of the command, for formats that name their maker.
  public var version: String

  public init(
    coverage: Coverage, losses: [Loss] = [], ledger: Ledger? = nil, version: String = ""
  ) {
    self.coverage = coverage
    self.losses = losses
    self.ledger = ledger
    self.version = version
  }
}
