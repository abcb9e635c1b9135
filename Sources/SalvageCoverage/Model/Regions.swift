/// A source range with a count, as LLVM's coverage mapping has it.
///
/// Source: CoverageMapping.h, `CountedRegion`; docs/CoverageMappingFormat.rst of LLVM.
package struct SourceRegion: Sendable, Hashable {
  package var startLine: UInt32
  package var startColumn: UInt32
  package var endLine: UInt32
  package var endColumn: UInt32
  package var count: UInt64
  /// Index into the function's file names.
  package var file: UInt32
  /// For an expansion: the file that stands for its body.
  package var expandedFile: UInt32
  /// 0 code, 1 expansion, 2 skipped, 3 gap, 4 branch, 5 MC/DC decision, 6 MC/DC branch.
  package var kind: UInt32
}

/// A condition with the counts of both outcomes.
package struct BranchRegion: Sendable, Hashable {
  package var startLine: UInt32
  package var startColumn: UInt32
  package var endLine: UInt32
  package var endColumn: UInt32
  package var trueCount: UInt64
  package var falseCount: UInt64
  package var file: UInt32
  package var expandedFile: UInt32
  package var kind: UInt32
}

/// A decision of several conditions, and which of them were shown to decide it alone.
package struct MCDCRecord: Sendable, Hashable {
  /// Start line and column, end line and column.
  package var range: [UInt64]
  /// What the tool writes after it: since LLVM 21 the numbers of true and of false results seen,
  /// file, expanded file, kind; LLVM 18 to 20 file and kind only.
  package var details: [UInt64]
  /// For each condition: its independence pair was executed.
  package var conditions: [Bool]
}

/// Where a count begins to hold; it holds until the next segment.
package struct Segment: Sendable, Hashable {
  package var line: UInt32
  package var column: UInt32
  package var count: UInt64
  /// False: what follows is not code (skipped, or behind the end of a function).
  package var hasCount: Bool
  package var isRegionEntry: Bool
  package var isGap: Bool
}

/// The expansion of a macro.
package struct Expansion: Sendable, Hashable {
  package var fileNames: [String]
  /// Where the macro is used.
  package var source: SourceRegion
  /// All regions of the function that uses it.
  @Packed package var targets: [SourceRegion]
  @Packed package var branches: [BranchRegion]

  /// - Parameter targets: one for all expansions of a function.
  init(
    fileNames: [String], source: SourceRegion, targets: Packed<SourceRegion>,
    branches: [BranchRegion]
  ) {
    self.fileNames = fileNames
    self.source = source
    _targets = targets
    _branches = Packed(branches)
  }
}

/// The finer level of one file.
package struct FileRegions: Sendable, Hashable {
  @Packed package var segments: [Segment]
  @Packed package var branches: [BranchRegion]
  package var mcdc: [MCDCRecord]
  package var expansions: [Expansion]
  package var summary: RegionSummary

  init(
    segments: [Segment], branches: [BranchRegion], mcdc: [MCDCRecord], expansions: [Expansion],
    summary: RegionSummary
  ) {
    _segments = Packed(segments)
    _branches = Packed(branches)
    self.mcdc = mcdc
    self.expansions = expansions
    self.summary = summary
  }
}

/// A function (one instantiation of it) with its source ranges.
package struct FunctionRegions: Sendable, Hashable {
  package var name: String
  package var count: UInt64
  /// The first is the file that it is defined in.
  package var fileNames: [String]
  @Packed package var regions: [SourceRegion]
  @Packed package var branches: [BranchRegion]
  package var mcdc: [MCDCRecord]

  init(
    name: String, count: UInt64, fileNames: [String], regions: Packed<SourceRegion>,
    branches: [BranchRegion], mcdc: [MCDCRecord]
  ) {
    self.name = name
    self.count = count
    self.fileNames = fileNames
    _regions = regions
    _branches = Packed(branches)
    self.mcdc = mcdc
  }
}

/// Tallies that llvm-cov keeps for a file: it adds up functions, and of several instantiations of
/// one function it takes the best.
package struct RegionSummary: Sendable, Hashable {
  package var lines = Tally()
  package var functions = Tally()
  package var instantiations = Tally()
  package var regions = Tally()
  package var branches = Tally()
  package var mcdc = Tally()

  package init() {}

  package static func += (left: inout RegionSummary, right: RegionSummary) {
    left.lines += right.lines
    left.functions += right.functions
    left.instantiations += right.instantiations
    left.regions += right.regions
    left.branches += right.branches
    left.mcdc += right.mcdc
  }
}

/// The form of llvm-cov's JSON export, which grew over the years.
package struct LLVMDialect: Sendable, Hashable {
  /// `version` of the export: "2.0.1" (LLVM 12 to 20), "3.0.1" (LLVM 21).
  package var version: String
  /// Files, functions and summaries have an MC/DC part (since LLVM 18).
  package var hasMCDC: Bool
}
