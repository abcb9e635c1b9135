import SystemPackage
import Testing

@testable import SalvageCoverage

#if canImport(Glibc)
  import Glibc
#endif

/// Notes files of all versions, by their formats; those of compilers that are here are compared with gcov's and
/// llvm-cov's answers in SalvageReportTests.
@Suite struct GcovGraphTests {
  private static let versions: [(UInt32, Bool)] = [
    (0x4138_332a, false), (0x4139_342a, false), (0x4230_332a, false), (0x4231_332a, false),
    (0x4232_322a, false), (0x4233_322a, false), (0x4234_322a, false), (0x4235_312a, false),
    (0x3430_382a, true), (0x4231_312a, true),
  ]

  private static func lines(_ file: GcovUnit.File) -> [UInt32: Int64] {
    Dictionary(file.lines.map { ($0.number, $0.count) }, uniquingKeysWith: &+)
  }

  @Test(arguments: versions) func everyVersion(_ version: UInt32, _ isClang: Bool) throws {
    var notes = GcovGraphBuilder(version, isClang: isClang)
    notes.diamond()
    let unit = try GcovUnit(notes: notes.bytes, data: GcovGraphBuilder.data(version, [3, 5]))
    let file = try #require(unit.files.first)
    #expect(file.path == (isClang ? "a.c" : version < 0x4139_0000 ? "a.c" : "/b/a.c"))
    #expect(Self.lines(file) == [10: 5, 11: 3, 13: 2, 15: 5])
    #expect(file.functions.map(\.name) == ["choose"] && file.functions.map(\.count) == [5])
    #expect(file.functions.map(\.line) == [10])
    let first = try #require(file.lines.first)
    #expect(file.outcomes[first.outcomes].map(\.count) == [3, 2])
  }

  @Test func unknownVersionsAreNamed() {
    for version in [0x4236_312a, 0x4137_332a, 0x3430_372a, 0] as [UInt32] {
      let notes = GcovGraphBuilder(version)
      #expect(throws: GcovGraphError.unknownVersion(version)) {
        try GcovUnit(notes: notes.bytes, data: GcovGraphBuilder.data(version, []))
      }
    }
    #expect(throws: GcovGraphError.notNotes) {
      try GcovUnit(notes: [1, 2, 3], data: GcovGraphBuilder.data(0, []))
    }
  }

  /// gcc 14: two words for each decision.
  @Test func conditions() throws {
    let version: UInt32 = 0x4234_322a
    var notes = GcovGraphBuilder(version)
    notes.diamond(conditions: [(2, 2)])
    let data = GcovGraphBuilder.data(version, [3, 5], conditions: [0b11, 0b01])
    let file = SourceFile(try #require(try GcovUnit(notes: notes.bytes, data: data).files.first))
    #expect(
      file.decisions == [
        Decision(
          line: 10, column: 0,
          conditions: [
            Decision.Condition(whenTrue: true, whenFalse: true),
            Decision.Condition(whenTrue: true, whenFalse: false),
          ])
      ])
  }

  /// Two functions that begin on one line are instances of a template: each has lines of its own, and in the
  /// model they add up. What the compiler made is left out.
  @Test func instances() throws {
    let version: UInt32 = 0x4232_322a
    var notes = GcovGraphBuilder(version)
    notes.diamond(0x10)
    notes.diamond(0x20)
    notes.function(
      0x30, "made", lines: 10...10, blocks: 6, GcovGraphBuilder.diamond, [(2, "a.c", [10])],
      isArtificial: true)
    var data = GcovGraphBuilder.data(version, [3, 5])
    data.functions += GcovGraphBuilder.data(version, [0, 1], ident: 0x20).functions
    data.functions += GcovGraphBuilder.data(version, [9, 9], ident: 0x30).functions
    let unit = try GcovUnit(notes: notes.bytes, data: data)
    let file = try #require(unit.files.first)
    #expect(file.lines.map(\.number) == [10, 11, 13, 15, 10, 11, 13, 15])
    #expect(file.lines.map(\.count) == [5, 3, 2, 5, 1, 0, 1, 1])
    let model = SourceFile(file)
    #expect(model.lines.map(\.count) == [6, 3, 3, 6])
    #expect(model.branches.map(\.count) == [3, 3])
    #expect(model.functions.count == 2)
  }

  /// Its counters are another object's: it is not reported here. Counters of another build are refused.
  @Test func onlyFunctionsThatFit() throws {
    let version: UInt32 = 0x4232_322a
    var notes = GcovGraphBuilder(version)
    notes.diamond()
    var data = GcovGraphBuilder.data(version, [3, 5])
    data.functions = [nil]
    #expect(try GcovUnit(notes: notes.bytes, data: data).files == [])
    #expect(throws: GcovGraphError.otherBuild(function: "choose")) {
      try GcovUnit(notes: notes.bytes, data: GcovGraphBuilder.data(version, [3, 5, 6]))
    }
    data = GcovGraphBuilder.data(version, [3, 5])
    data.functions[0]?.graphChecksum = 7
    #expect(throws: GcovGraphError.otherBuild(function: "choose")) {
      try GcovUnit(notes: notes.bytes, data: data)
    }
  }

  /// A loop on one line counts its rounds: 1 entry and 4 times round.
  private static func loop(_ notes: inout GcovGraphBuilder) {
    notes.function(
      0x10, "loop", lines: 7...7, blocks: 5,
      [(0, [(2, 5)]), (2, [(3, 0), (4, 0)]), (3, [(2, 1)]), (4, [(1, 1)])],
      [(2, "a.c", [7]), (3, "a.c", [7]), (4, "a.c", [9])])
  }

  @Test func cyclesOfALine() throws {
    let version: UInt32 = 0x4232_322a
    var notes = GcovGraphBuilder(version)
    Self.loop(&notes)
    let file = try #require(
      try GcovUnit(notes: notes.bytes, data: GcovGraphBuilder.data(version, [4, 1])).files.first)
    #expect(Self.lines(file)[7] == 5)
    // With no step left, arcs that go back tell the same.
    let bytes = notes.bytes
    try bytes.withUnsafeBytes { raw in
      var graph = try GcovGraph(raw)
      var flow = GcovFlow()
      try flow.read(graph.functions[0], of: &graph)
      flow.solve([4, 1], conditions: nil, .gcc)
      for budget in [0, 1, 3, 100] {
        var cycles = GcovCycles(budget: budget)
        #expect(cycles.count(flow, [2, 3]) { $0 == 2 || $0 == 3 } == 4)
      }
    }
  }

  /// 60 blocks on one line, each leading to each: as many circuits as there are atoms in the sun.
  @Test func hostileCyclesEnd() throws {
    let version: UInt32 = 0x4232_322a
    var notes = GcovGraphBuilder(version)
    let blocks: Range<UInt32> = 2..<62
    var arcs: GcovGraphBuilder.Arcs = [(0, [(2, 0)])]
    for source in blocks {
      arcs.append((source, blocks.filter { $0 != source }.map { ($0, 0) } + [(1, 0)]))
    }
    notes.function(0x10, "knot", lines: 7...7, blocks: 62, arcs, blocks.map { ($0, "a.c", [7]) })
    let count = arcs.reduce(0) { $0 + $1.ways.count }
    let data = GcovGraphBuilder.data(
      version, (0..<count).map { UInt64($0 * 7919 % 1000 + 1) })
    #expect(try GcovUnit(notes: notes.bytes, data: data).files.count == 1)
  }

  /// A few bytes that claim to be much.
  @Test func hostileSizes() throws {
    let version: UInt32 = 0x4232_322a
    var many = GcovGraphBuilder(version)
    many.function(0x10, "f", lines: 1...2, blocks: 0xffff_fff0, [], [])
    #expect(throws: GcovGraphError.self) {
      try GcovUnit(notes: many.bytes, data: GcovGraphBuilder.data(version, []))
    }
    var far = GcovGraphBuilder(version)
    for number in 0..<100 as Range<UInt32> {
      far.function(
        0x10 + number, "f\(number)", lines: 1...0xffff_ffff, blocks: 3,
        [(0, [(2, 0)]), (2, [(1, 1)])],
        [(2, "\(number).c", [0xffff_fffe - number, 5])])
    }
    var data = GcovGraphBuilder.data(version, [])
    data.functions = (0..<100).flatMap {
      GcovGraphBuilder.data(version, [2], ident: 0x10 + $0).functions
    }
    let unit = try GcovUnit(notes: far.bytes, data: data)
    #expect(unit.files.flatMap(\.lines).map(\.number).max() == 0xffff_fffe)
  }

  @Test(arguments: versions) func survivesTruncation(_ version: UInt32, _ isClang: Bool) {
    var notes = GcovGraphBuilder(version, isClang: isClang)
    notes.diamond(conditions: [(2, 2)])
    let whole = notes.bytes
    let data = GcovGraphBuilder.data(version, [3, 5])
    for length in whole.indices {
      _ = try? GcovUnit(notes: Array(whole[..<length]), data: data)
    }
  }

  @Test(arguments: versions) func survivesDamage(_ version: UInt32, _ isClang: Bool) {
    var notes = GcovGraphBuilder(version, isClang: isClang)
    notes.diamond(conditions: [(2, 2)])
    let whole = notes.bytes
    let data = GcovGraphBuilder.data(version, [3, 5])
    var good = 0
    for index in whole.indices {
      for value in [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff] as [UInt8] {
        var bytes = whole
        bytes[index] = value
        if (try? GcovUnit(notes: bytes, data: data)) != nil { good += 1 }
      }
    }
    #expect(good > 0)
  }
}
