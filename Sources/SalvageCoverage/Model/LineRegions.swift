extension Coverage {
  /// The same with what `content` wants: where a source knows lines only, its regions are whole lines.
  package func carrying(_ content: Content) -> Coverage {
    var result = self
    result.content = content
    guard content.contains(.regions) else { return result }
    for index in files.indices where files[index].regions == nil {
      let file = files[index]
      result.functions += file.functions.map { FunctionRegions($0, of: file.path) }
      result.files[index].regions = FileRegions(wholeLinesOf: file)
    }
    if result.dialect == nil { result.dialect = .oldest }
    return result
  }
}

extension LLVMDialect {
  /// What is written where no llvm-cov was asked: the form of LLVM 12 to 20, read by all that read any.
  static let oldest = LLVMDialect(version: "2.0.1", hasMCDC: false)
}

extension FileRegions {
  /// A column that no line reaches. A region that ended on the next line would make that one executable.
  fileprivate static let endOfLine: UInt32 = 0xffff

  /// Each executable line is a region that ends with it. Branches have no place within their line, and
  /// are left out.
  init(wholeLinesOf file: SourceFile) {
    var segments: [Segment] = []
    segments.reserveCapacity(2 * file.lines.count)
    for line in file.lines {
      segments.append(
        Segment(
          line: line.number, column: 1, count: line.count, hasCount: true, isRegionEntry: true,
          isGap: false))
      segments.append(
        Segment(
          line: line.number, column: Self.endOfLine, count: 0, hasCount: false,
          isRegionEntry: false, isGap: false))
    }
    var summary = RegionSummary()
    let totals = file.totals
    summary.lines = totals.lines
    summary.functions = totals.functions
    summary.instantiations = totals.functions
    summary.regions = totals.lines
    self.init(segments: segments, branches: [], mcdc: [], expansions: [], summary: summary)
  }
}

extension FunctionRegions {
  /// A function of which nothing but its first line is known.
  fileprivate init(_ function: Function, of path: String) {
    let region = SourceRegion(
      startLine: function.line, startColumn: 1, endLine: function.line,
      endColumn: FileRegions.endOfLine,
      count: function.count, file: 0, expandedFile: 0, kind: 0)
    self.init(
      name: function.name, count: function.count, fileNames: [path], regions: [region],
      branches: [], mcdc: [])
  }
}
