/// A source range with a count, as LLVM's coverage mapping has it.
///
/// Source: CoverageMapping.h, `CountedRegion`; docs/CoverageMappingFormat.rst of LLVM.
public struct SourceRegion: Sendable, Hashable {
  public var startLine: UInt32
  public var startColumn: UInt32
  public var endLine: UInt32
  public var endColumn: UInt32
  public var count: UInt64
  /// Index into the function's file names.
  public var file: UInt32
  /// For an expansion: the file that stands for its body.
  public var expandedFile: UInt32
  /// 0 code, 1 expansion, 2 skipped, 3 gap, 4 branch, 5 MC/DC decision, 6 MC/DC branch.
  public var kind: UInt32
}

/// A condition with the counts of both outcomes.
public struct BranchRegion: Sendable, Hashable {
  public var startLine: UInt32
  public var startColumn: UInt32
  public var endLine: UInt32
  public var endColumn: UInt32
  public var trueCount: UInt64
  public var falseCount: UInt64
  public var file: UInt32
  public var expandedFile: UInt32
  public var kind: UInt32
}

/// A decision of several conditions, and which of them were shown to decide it alone.
public struct MCDCRecord: Sendable, Hashable {
  /// Start line and column, end line and column.
  public var range: [UInt64]
  /// What the tool writes after it: since LLVM 21 the numbers of true and of false results seen,
  /// file, expanded file, kind; LLVM 18 to 20 file and kind only.
  public var details: [UInt64]
  /// For each condition: its independence pair was executed.
  public var conditions: [Bool]
}

/// Where a count begins to hold; it holds until the next segment.
public struct Segment: Sendable, Hashable {
  public var line: UInt32
  public var column: UInt32
  public var count: UInt64
  /// False: what follows is not code (skipped, or behind the end of a function).
  public var hasCount: Bool
  public var isRegionEntry: Bool
  public var isGap: Bool
}

/// The expansion of a macro.
///
/// Lists of regions are packed here and below: each access makes one, each change packs all of it.
public struct Expansion: Sendable, Hashable {
  public var fileNames: [String]
  /// Where the macro is used.
  public var source: SourceRegion
  private var packedTargets: Packed<SourceRegion>
  private var packedBranches: Packed<BranchRegion>

  /// - Parameter targets: one for all expansions of a function.
  init(
    fileNames: [String], source: SourceRegion, targets: Packed<SourceRegion>,
    branches: [BranchRegion]
  ) {
    self.fileNames = fileNames
    self.source = source
    packedTargets = targets
    packedBranches = Packed(branches)
  }

  /// All regions of the function that uses it.
  public var targets: [SourceRegion] {
    get { packedTargets.elements }
    set { packedTargets = Packed(newValue) }
  }
  public var branches: [BranchRegion] {
    get { packedBranches.elements }
    set { packedBranches = Packed(newValue) }
  }
}

/// The finer level of one file.
public struct FileRegions: Sendable, Hashable {
  private var packedSegments: Packed<Segment>
  private var packedBranches: Packed<BranchRegion>
  public var mcdc: [MCDCRecord]
  public var expansions: [Expansion]
  public var summary: RegionSummary

  init(
    segments: [Segment], branches: [BranchRegion], mcdc: [MCDCRecord], expansions: [Expansion],
    summary: RegionSummary
  ) {
    packedSegments = Packed(segments)
    packedBranches = Packed(branches)
    self.mcdc = mcdc
    self.expansions = expansions
    self.summary = summary
  }

  public var segments: [Segment] {
    get { packedSegments.elements }
    set { packedSegments = Packed(newValue) }
  }
  public var branches: [BranchRegion] {
    get { packedBranches.elements }
    set { packedBranches = Packed(newValue) }
  }
}

/// A function (one instantiation of it) with its source ranges.
public struct FunctionRegions: Sendable, Hashable {
  public var name: String
  public var count: UInt64
  /// The first is the file that it is defined in.
  public var fileNames: [String]
  private var packedRegions: Packed<SourceRegion>
  private var packedBranches: Packed<BranchRegion>
  public var mcdc: [MCDCRecord]

  init(
    name: String, count: UInt64, fileNames: [String], regions: Packed<SourceRegion>,
    branches: [BranchRegion], mcdc: [MCDCRecord]
  ) {
    self.name = name
    self.count = count
    self.fileNames = fileNames
    packedRegions = regions
    packedBranches = Packed(branches)
    self.mcdc = mcdc
  }

  public var regions: [SourceRegion] {
    get { packedRegions.elements }
    set { packedRegions = Packed(newValue) }
  }
  public var branches: [BranchRegion] {
    get { packedBranches.elements }
    set { packedBranches = Packed(newValue) }
  }
}

/// Tallies that llvm-cov keeps for a file: it adds up functions, and of several instantiations of
/// one function it takes the best.
public struct RegionSummary: Sendable, Hashable {
  public var lines = Tally()
  public var functions = Tally()
  public var instantiations = Tally()
  public var regions = Tally()
  public var branches = Tally()
  public var mcdc = Tally()

  public init() {}

  public static func += (left: inout RegionSummary, right: RegionSummary) {
    left.lines += right.lines
    left.functions += right.functions
    left.instantiations += right.instantiations
    left.regions += right.regions
    left.branches += right.branches
    left.mcdc += right.mcdc
  }
}

/// The form of llvm-cov's JSON export, which grew over the years.
public struct LLVMDialect: Sendable, Hashable {
  /// `version` of the export: "2.0.1" (LLVM 12 to 20), "3.0.1" (LLVM 21).
  public var version: String
  /// Files, functions and summaries have an MC/DC part (since LLVM 18).
  public var hasMCDC: Bool
}
