import SalvageSystem
import Testing

@testable import SalvageCoverage

/// Joining the coverage of several objects.
@Suite struct JoinTests {
  static func coverage(_ files: [SourceFile]) -> Coverage {
    Coverage(content: .lines, files: files)
  }

  @Test func filesOfOneObjectStayAsTheyAre() {
    let odd = Totals(lines: Tally(found: 9, hit: 9))
    let a = SourceFile(path: "/a", lines: [Line(number: 1, count: 2)], reported: odd)
    let b = SourceFile(path: "/b", lines: [Line(number: 1, count: 3)], reported: odd)
    let c = SourceFile(path: "/c", reported: odd)
    let joined = Coverage.joined([
      Self.coverage([a, c]), Self.coverage([b]), Coverage(), Self.coverage([]),
    ])
    #expect(joined.files == [a, b, c])
    // What was reported of each stays: llvm-cov's rule counts for all formats.
    #expect(joined.totals.lines == Tally(found: 27, hit: 27))
  }

  @Test func sharedFilesAddUp() {
    let left = SourceFile(
      path: "/h", lines: [Line(number: 1, count: 1), Line(number: 3, count: .max)],
      functions: [
        Function(name: "f", line: 1, count: 1), Function(name: "twice", line: 3, count: 1),
        Function(name: "twice", line: 3, count: 2),
      ],
      branches: [
        Branch(line: 1, decision: 0, outcome: 0, reached: false, count: 0),
        Branch(line: 1, decision: 0, outcome: 1, reached: false, count: 0),
      ], reported: Totals())
    let right = SourceFile(
      path: "/h",
      lines: [Line(number: 2, count: 0), Line(number: 3, count: 5), Line(number: 9, count: 4)],
      functions: [
        Function(name: "g", line: 2, count: 0), Function(name: "twice", line: 3, count: 10),
        Function(name: "f", line: 1, count: 7), Function(name: "twice", line: 3, count: 20),
        Function(name: "twice", line: 3, count: 40),
      ],
      branches: [
        Branch(line: 1, decision: 0, outcome: 1, reached: true, count: 6),
        Branch(line: 2, decision: 0, outcome: 0, reached: true, count: 0),
      ], reported: Totals())
    let joined = Coverage.joined([Self.coverage([left]), Self.coverage([right])])
    let file = joined.files[0]
    #expect(joined.files.count == 1 && file.reported == nil)
    #expect(file.lines.map(\.number) == [1, 2, 3, 9])
    #expect(file.lines.map(\.count) == [1, 0, .max, 4])
    #expect(file.functions.map(\.name) == ["f", "twice", "twice", "g", "twice"])
    #expect(file.functions.map(\.count) == [8, 11, 22, 0, 40])
    #expect(file.branches.map(\.line) == [1, 1, 2])
    #expect(file.branches.map(\.count) == [0, 6, 0])
    #expect(file.branches.map(\.reached) == [false, true, true])
    #expect(file.totals.functions == Tally(found: 5, hit: 4))
  }

  /// One name with two definitions, as `#ifdef` makes them in two programs, is two functions; of two
  /// compilers, which do not agree on lines, it is one.
  @Test func oneNameTwoDefinitions() {
    let (first, second) = (
      SourceFile(path: "/h", functions: [Function(name: "f", line: 3, count: 1, column: 9)]),
      SourceFile(path: "/h", functions: [Function(name: "f", line: 7, count: 0, column: 9)])
    )
    let parts = [Self.coverage([first]), Self.coverage([second])]
    let apart = Coverage.joined(parts).files[0]
    #expect(apart.functions.map(\.line) == [3, 7])
    #expect(apart.totals.functions == Tally(found: 2, hit: 1))
    #expect(Coverage.joined(parts, functions: .name).files[0].functions.map(\.line) == [3])
  }

  /// Instantiations begin at one place and are one function. Where the source does not tell the column,
  /// each counts.
  @Test func instantiationsAreOneFunction() {
    func file(column: UInt32) -> SourceFile {
      SourceFile(
        path: "/h",
        functions: ["a", "b", "c"].enumerated().map {
          Function(name: $1, line: 3, count: UInt64($0), column: column)
        })
    }
    #expect(file(column: 9).totals.functions == Tally(found: 1, hit: 1))
    #expect(file(column: 0).totals.functions == Tally(found: 3, hit: 2))
    #expect(file(column: 9).functionsNotCalled.isEmpty)
    #expect(file(column: 0).functionsNotCalled.map(\.name) == ["a"])
  }

  /// Totals of joined files go by functions too, where all tell what is in them: the best of both.
  @Test func totalsOfJoinedFilesGoByFunctions() {
    func file(_ name: String, _ hit: Int) -> SourceFile {
      let tallies = Function.Tallies(lines: Tally(found: 4, hit: hit), branches: Tally())
      return SourceFile(
        path: "/h", lines: [Line(number: 1, count: 1)],
        functions: [Function(name: name, line: 1, count: 1, column: 1, tallies: tallies)],
        reported: Totals(lines: Tally(found: 4, hit: hit)))
    }
    for name in ["f", "g"] {
      let joined = Coverage.joined([Self.coverage([file("f", 1)]), Self.coverage([file(name, 3)])])
      #expect(joined.totals.lines == Tally(found: 4, hit: 3))
      #expect(joined.totals.functions == Tally(found: 1, hit: 1))
    }
  }

  /// The order of objects changes no count.
  @Test func sumsDoNotDependOnTheOrder() {
    let parts = (0..<4).map { part in
      Self.coverage(
        (0..<5).filter { $0 != part }.map { file in
          SourceFile(
            path: "/\(file)",
            lines: (1..<6).map { Line(number: $0 * UInt32(part + 1), count: UInt64(part)) })
        })
    }
    let forward = Coverage.joined(parts)
    #expect(forward == Coverage.joined(parts.reversed()))
    #expect(forward.files.map(\.path) == ["/0", "/1", "/2", "/3", "/4"])
    #expect(forward.files[4].lines.reduce(0) { $0 + $1.count } == 5 * (0 + 1 + 2 + 3))
  }

  static func segment(
    _ line: UInt32, _ column: UInt32, _ count: UInt64?, entry: Bool = true, gap: Bool = false
  ) -> Segment {
    Segment(
      line: line, column: column, count: count ?? 0, hasCount: count != nil, isRegionEntry: entry,
      isGap: gap)
  }

  @Test func segmentsAreSteps() {
    let left = [
      Self.segment(1, 1, 5), Self.segment(2, 1, 2), Self.segment(3, 1, 5, entry: false),
      Self.segment(4, 1, nil, entry: false),
    ]
    let same = Segment.joined(left, left)
    #expect(same.map(\.count) == [10, 4, 10, 0])
    #expect(same.map(\.hasCount) == left.map(\.hasCount))
    #expect(same.map(\.isRegionEntry) == left.map(\.isRegionEntry))
    let other = [Self.segment(1, 9, 100), Self.segment(3, 1, nil, entry: false)]
    let mixed = Segment.joined(left, other)
    #expect(mixed.map(\.line) == [1, 1, 2, 3, 4])
    #expect(mixed.map(\.count) == [5, 105, 102, 5, 0])
    #expect(mixed.map(\.hasCount) == [true, true, true, true, false])
    #expect(Segment.joined([], other) == other)
  }

  static func function(_ name: String, _ count: UInt64, end: UInt32 = 9) -> FunctionRegions {
    FunctionRegions(
      name: name, count: count, fileNames: ["/h"],
      regions: [
        SourceRegion(
          startLine: 1, startColumn: 1, endLine: end, endColumn: 2, count: count, file: 0,
          expandedFile: 0, kind: 0)
      ],
      branches: [
        BranchRegion(
          startLine: 2, startColumn: 1, endLine: 2, endColumn: 3, trueCount: count, falseCount: 0,
          file: 0, expandedFile: 0, kind: 4)
      ],
      mcdc: [
        MCDCRecord(
          range: [2, 1, 2, 9], details: [count, 1, 0, 0, 5], conditions: [count > 1, false])
      ])
  }

  /// Functions of the same name and shape add up; the same name with another shape is another one.
  @Test func functionsAddUpByShape() {
    func part(_ functions: [FunctionRegions]) -> Coverage {
      let regions = FileRegions(
        segments: [Self.segment(1, 1, 1), Self.segment(2, 1, nil, entry: false)], branches: [],
        mcdc: [], expansions: [], summary: RegionSummary())
      return Coverage(
        content: .regions, files: [SourceFile(path: "/h", regions: regions)],
        functions: functions, dialect: LLVMDialect(version: "3.0.1", hasMCDC: true))
    }
    let joined = Coverage.joined([
      part([Self.function("f", 1), Self.function("g", 0)]),
      part([Self.function("f", 2), Self.function("f", 4, end: 7), Self.function("f", 8)]),
    ])
    #expect(joined.functions.map(\.name) == ["f", "g", "f", "f"])
    #expect(joined.functions.map(\.count) == [3, 0, 4, 8])
    #expect(joined.functions[0].regions[0].count == 3)
    #expect(joined.functions[0].branches[0].trueCount == 3)
    #expect(joined.functions[0].mcdc[0].details[0] == 2)
    #expect(joined.functions[0].mcdc[0].conditions == [true, false])
    let summary = joined.files[0].regions?.summary
    // All begin at one place, so they are instantiations of one function.
    #expect(summary?.functions == Tally(found: 1, hit: 1))
    #expect(summary?.instantiations == Tally(found: 4, hit: 3))
    #expect(summary?.regions == Tally(found: 1, hit: 1))
    #expect(summary?.branches == Tally(found: 2, hit: 1))
    #expect(summary?.lines == Tally(found: 2, hit: 2))
  }
}
