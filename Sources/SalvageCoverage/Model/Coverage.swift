/// What was executed: the one model that every source is turned into and every report is made from.
///
/// It has two levels of detail, because the finer one costs about five times as much: ``Content/lines``
/// (lines, functions, branches by line) and ``Content/regions`` (source ranges with counts, macro
/// expansions, MC/DC). A model carries one or both; ``content`` says which. With ``Content/objects`` it also tells
/// which programs and libraries ran a line.
public struct Coverage: Sendable, Hashable {
  /// What a model carries.
  public struct Content: OptionSet, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// ``SourceFile/lines``, ``SourceFile/functions``, ``SourceFile/branches``.
    public static let lines = Content(rawValue: 1)
    /// Source ranges too, as `llvm-json` has them.
    public static let regions = Content(rawValue: 2)
    /// Which programs and libraries ran a line: ``SourceFile/objects``.
    public static let objects = Content(rawValue: 4)
  }

  /// How much detail it carries.
  public var content: Content
  /// Sorted by the bytes of the path, each path once.
  public var files: [SourceFile]
  /// With ``Content/regions``: every function of every object, with its source ranges.
  package var functions: [FunctionRegions]
  /// The form of llvm-cov's JSON that the regions came in; nil without regions.
  package var dialect: LLVMDialect?

  package init(
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
  /// Decisions with MC/DC, ascending by line and column; empty where the program was not built for it.
  public var decisions: [Decision] = []
  /// Totals by llvm-cov's rule, where the source tells what is in each function: functions add up, so a line
  /// with two functions counts twice, and of several instantiations the best counts. Nil where the source
  /// does not tell, and once records were dropped.
  public var reported: Totals?
  /// With ``Coverage/Content/regions``.
  package var regions: FileRegions?
  /// With ``Coverage/Content/objects``, where the source tells: the programs and libraries that the file is in.
  public var objects: FileObjects?

  package init(
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

  /// What all reports and gates go by: ``reported``, or else counted from the records.
  public var totals: Totals { reported ?? counted }

  /// Functions of which no instantiation was entered, one for each place.
  public var functionsNotCalled: [Function] {
    var entered: Set<UInt64> = []
    for function in functions where function.count > 0 && function.column > 0 {
      entered.insert(UInt64(function.line) << 32 | UInt64(function.column))
    }
    var seen = entered
    return functions.filter { function in
      guard function.count == 0 else { return false }
      let place = UInt64(function.line) << 32 | UInt64(function.column)
      return function.column == 0 || seen.insert(place).inserted
    }
  }

  /// Counted from the records. Functions that begin at one place are instantiations of one.
  private var counted: Totals {
    var totals = Totals()
    totals.lines.found = lines.count
    totals.branches.found = branches.count
    for line in lines where line.count > 0 { totals.lines.hit += 1 }
    totals.functions = Function.places(functions)
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

  package init(number: UInt32, count: UInt64) {
    self.number = number
    self.count = count
  }
}

/// A function of a file, with how often it was entered.
public struct Function: Sendable, Hashable {
  /// The linker's name (mangled); a static function of LLVM has its file before it: `a.c:f`.
  public var name: String
  /// The line that it begins on, from 1.
  public var line: UInt32
  /// How often it was entered; saturates.
  public var count: UInt64
  /// Where it begins on its line, from 1; 0 where the source does not tell. Instantiations of one
  /// template, or of one generic function, begin at one line and column.
  public var column: UInt32
  /// What is in it. Nil where the source tells lines and branches of files only.
  public var tallies: Tallies?

  /// Lines and outcomes of one function.
  public struct Tallies: Sendable, Hashable {
    /// Its executable lines.
    public var lines: Tally
    /// Its outcomes of decisions.
    public var branches: Tally

    package init(lines: Tally, branches: Tally) {
      self.lines = lines
      self.branches = branches
    }
  }

  package init(
    name: String, line: UInt32, count: UInt64, column: UInt32 = 0, tallies: Tallies? = nil
  ) {
    self.name = name
    self.line = line
    self.count = count
    self.column = column
    self.tallies = tallies
  }
}

/// A decision of several conditions that was compiled for MC/DC.
public struct Decision: Sendable, Hashable {
  /// One condition. A compiler that looks for pairs of tests (LLVM) shows both or neither.
  public struct Condition: Sendable, Hashable {
    /// It was shown to decide alone, being true.
    public var whenTrue: Bool
    /// It was shown to decide alone, being false.
    public var whenFalse: Bool

    package init(whenTrue: Bool, whenFalse: Bool) {
      self.whenTrue = whenTrue
      self.whenFalse = whenFalse
    }
  }

  /// The line that it is on, from 1.
  public var line: UInt32
  /// From 1; 0 where the source does not tell.
  public var column: UInt32
  /// In the order in which they are evaluated.
  public var conditions: [Condition]

  package init(line: UInt32, column: UInt32, conditions: [Condition]) {
    self.line = line
    self.column = column
    self.conditions = conditions
  }
}

/// One outcome of a decision.
public struct Branch: Sendable, Hashable {
  /// The line of its decision, from 1.
  public var line: UInt32
  /// Number of the decision on its line, from 0.
  public var decision: UInt32
  /// Number of the outcome on its line, from 0. LLVM: two for a decision, the true one first.
  public var outcome: UInt32
  /// The decision was reached at all.
  public var reached: Bool
  /// How often it went this way.
  public var count: UInt64

  package init(line: UInt32, decision: UInt32, outcome: UInt32, reached: Bool, count: UInt64) {
    self.line = line
    self.decision = decision
    self.outcome = outcome
    self.reached = reached
    self.count = count
  }
}

/// How many there are and how many were executed.
public struct Tally: Sendable, Hashable {
  /// How many there are.
  public var found: Int
  /// How many of them ran.
  public var hit: Int

  package init(found: Int = 0, hit: Int = 0) {
    self.found = found
    self.hit = hit
  }

  /// 0 to 100; nil where there is nothing to cover.
  public var percent: Double? {
    found == 0 ? nil : Double(hit) / Double(found) * 100
  }

  package static func += (left: inout Tally, right: Tally) {
    left.found += right.found
    left.hit += right.hit
  }
}

/// Tallies of lines, functions and branches.
public struct Totals: Sendable, Hashable {
  /// Executable lines.
  public var lines: Tally
  /// Functions, by their places in the source.
  public var functions: Tally
  /// Outcomes of decisions.
  public var branches: Tally

  package init(lines: Tally = Tally(), functions: Tally = Tally(), branches: Tally = Tally()) {
    self.lines = lines
    self.functions = functions
    self.branches = branches
  }

  package static func += (left: inout Totals, right: Totals) {
    left.lines += right.lines
    left.functions += right.functions
    left.branches += right.branches
  }
}
