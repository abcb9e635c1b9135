/// What was executed: the one model that every source is turned into and every report is made from.
///
/// It has two levels of detail, because the finer one is five times as dear to get: ``Content/lines``
/// (lines, functions, branches by line) and ``Content/regions`` (source ranges with counts, macro
/// expansions, MC/DC). A model carries one or both; ``content`` says which.
public struct Coverage: Sendable, Hashable {
  /// What a model carries.
  public struct Content: OptionSet, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// ``SourceFile/lines``, ``SourceFile/functions``, ``SourceFile/branches``.
    public static let lines = Content(rawValue: 1)
    /// ``SourceFile/regions`` and ``Coverage/functions``.
    public static let regions = Content(rawValue: 2)
  }

  public var content: Content
  /// Sorted by the bytes of the path, each path once.
  public var files: [SourceFile]
  /// With ``Content/regions``: every function of every object, with its source ranges.
  public var functions: [FunctionRegions]
  /// The form of llvm-cov's JSON that the regions came in; nil without regions.
  public var dialect: LLVMDialect?

  public init(
    content: Content = .lines, files: [SourceFile] = [], functions: [FunctionRegions] = [],
    dialect: LLVMDialect? = nil
  ) {
    self.content = content
    self.files = files
    self.functions = functions
    self.dialect = dialect
  }

  /// Lines, functions and branches of all files together.
  public var totals: Totals {
    files.reduce(into: Totals()) { $0 += $1.totals }
  }
}

/// What was executed in one source file.
public struct SourceFile: Sendable, Hashable {
  /// As the compiler wrote it: usually absolute.
  public var path: String
  /// The executable lines, ascending. Other lines of the file have no count.
  public var lines: [Line]
  /// In the order in which the objects name them.
  public var functions: [Function]
  /// Ascending by line.
  public var branches: [Branch]
  /// What the tool itself counted, where it counts otherwise than our records do: llvm-cov adds up
  /// functions, so a line with two functions counts twice. Nil once records were joined or dropped.
  public var reported: Totals?
  /// With ``Coverage/Content/regions``.
  public var regions: FileRegions?

  public init(
    path: String, lines: [Line] = [], functions: [Function] = [], branches: [Branch] = [],
    reported: Totals? = nil, regions: FileRegions? = nil
  ) {
    self.path = path
    self.lines = lines
    self.functions = functions
    self.branches = branches
    self.reported = reported
    self.regions = regions
  }

  /// Counted from the records.
  public var totals: Totals {
    var totals = Totals()
    totals.lines.found = lines.count
    totals.functions.found = functions.count
    totals.branches.found = branches.count
    for line in lines where line.count > 0 { totals.lines.hit += 1 }
    for function in functions where function.count > 0 { totals.functions.hit += 1 }
    for branch in branches where branch.count > 0 { totals.branches.hit += 1 }
    return totals
  }
}

/// An executable line.
public struct Line: Sendable, Hashable {
  /// From 1.
  public var number: UInt32
  /// How often it ran; saturates.
  public var count: UInt64

  public init(number: UInt32, count: UInt64) {
    self.number = number
    self.count = count
  }
}

/// A function of a file, with how often it was entered.
public struct Function: Sendable, Hashable {
  /// The linker's name (mangled); a static function of LLVM has its file before it: `a.c:f`.
  public var name: String
  public var line: UInt32
  public var count: UInt64

  public init(name: String, line: UInt32, count: UInt64) {
    self.name = name
    self.line = line
    self.count = count
  }
}

/// One outcome of a decision.
public struct Branch: Sendable, Hashable {
  public var line: UInt32
  /// Number of the decision on its line, from 0.
  public var decision: UInt32
  /// Number of the outcome on its line, from 0. LLVM: two for a decision, the true one first.
  public var outcome: UInt32
  /// The decision was reached at all.
  public var reached: Bool
  /// How often it went this way.
  public var count: UInt64

  public init(line: UInt32, decision: UInt32, outcome: UInt32, reached: Bool, count: UInt64) {
    self.line = line
    self.decision = decision
    self.outcome = outcome
    self.reached = reached
    self.count = count
  }
}

/// How many there are and how many were executed.
public struct Tally: Sendable, Hashable {
  public var found: Int
  public var hit: Int

  public init(found: Int = 0, hit: Int = 0) {
    self.found = found
    self.hit = hit
  }

  /// 0 to 100; nil where there is nothing to cover.
  public var percent: Double? {
    found == 0 ? nil : Double(hit) / Double(found) * 100
  }

  public static func += (left: inout Tally, right: Tally) {
    left.found += right.found
    left.hit += right.hit
  }
}

/// Tallies of lines, functions and branches.
public struct Totals: Sendable, Hashable {
  public var lines: Tally
  public var functions: Tally
  public var branches: Tally

  public init(lines: Tally = Tally(), functions: Tally = Tally(), branches: Tally = Tally()) {
    self.lines = lines
    self.functions = functions
    self.branches = branches
  }

  public static func += (left: inout Totals, right: Totals) {
    left.lines += right.lines
    left.functions += right.functions
    left.branches += right.branches
  }
}
