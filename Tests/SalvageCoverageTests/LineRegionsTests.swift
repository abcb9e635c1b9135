import SalvageSystem
import Testing

@testable import SalvageCoverage

/// A source that knows lines only, in a format of regions.
@Suite struct LineRegionsTests {
  private static let file = SourceFile(
    path: "/a.f90",
    lines: [(1, 4), (2, 0), (3, 7), (9, 1), (UInt32.max, 2)].map { Line(number: $0, count: $1) },
    functions: [Function(name: "f", line: 1, count: 4), Function(name: "g", line: 9, count: 0)])

  @Test func linesComeBackFromTheirRegions() throws {
    let regions = FileRegions(wholeLinesOf: Self.file)
    #expect(regions.lines == Self.file.lines)
    #expect(regions.summary.lines == Tally(found: 5, hit: 4))
    #expect(regions.summary.functions == Tally(found: 2, hit: 1))
  }

  @Test func onlyWhatHasNone() throws {
    let lines = Coverage(files: [Self.file])
    #expect(lines.carrying(.lines) == lines)
    let both = lines.carrying([.lines, .regions])
    #expect(both.files[0].regions?.lines == Self.file.lines)
    #expect(both.functions.map(\.name) == ["f", "g"] && both.functions.map(\.count) == [4, 0])
    #expect(both.functions[0].regions[0].startLine == 1 && both.dialect != nil)
    #expect(both.carrying([.lines, .regions]) == both)
  }

  /// The same file of another source, which has regions: each line has the counts of both.
  @Test func addsToRegions() throws {
    let whole = Coverage(files: [Self.file]).carrying([.lines, .regions])
    var other = whole
    func segment(_ line: UInt32, _ column: UInt32, _ count: UInt64, _ isCode: Bool) -> Segment {
      Segment(
        line: line, column: column, count: count, hasCount: isCode, isRegionEntry: isCode,
        isGap: false)
    }
    other.files[0].lines = [2, 3, 4].map { Line(number: $0, count: 10) }
    other.files[0].regions?.segments = [segment(2, 5, 10, true), segment(4, 7, 0, false)]
    other.dialect = LLVMDialect(version: "3.0.1", hasMCDC: true)
    let sum = Coverage.joined([whole, other])
    let file = try #require(sum.files.first)
    #expect(file.lines.map(\.count) == [4, 10, 17, 10, 1, 2])
    #expect(file.regions?.lines == file.lines)
    #expect(sum.dialect?.version == "3.0.1")
  }
}
