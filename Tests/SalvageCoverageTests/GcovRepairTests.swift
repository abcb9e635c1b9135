import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord

/// Counters that contradict each other: what ran is shown, what did not is not.
@Suite struct GcovRepairTests {
  private static let version: UInt32 = 0x4232_322a

  private static func unit(
    _ blocks: UInt32, _ arcs: GcovGraphBuilder.Arcs, _ locations: GcovGraphBuilder.Lines,
    _ counts: [UInt64]
  ) throws -> (lines: [UInt32: Int64], entered: Int64, uncertain: [String]) {
    var notes = GcovGraphBuilder(version)
    // The last block has no line of its own: gcov takes it for the exit.
    notes.function(0x10, "f", lines: 1...99, blocks: blocks, arcs, locations)
    let unit = try GcovUnit(
      notes: notes.bytes, data: GcovGraphBuilder.data(version, counts), repairs: true)
    let file = try #require(unit.files.first)
    return (
      Dictionary(uniqueKeysWithValues: file.lines.map { ($0.number, $0.count) }),
      file.functions[0].count, unit.uncertain
    )
  }

  /// As gcc 12 has it: the way into the function and the way into `if` are counted.
  private static let race: GcovGraphBuilder.Arcs = [
    (0, [(2, 4)]), (2, [(3, 4), (4, 1)]), (3, [(5, 5)]), (4, [(5, 5)]), (5, [(6, 5)]),
    (6, [(1, 1)]),
  ]
  private static let lines: GcovGraphBuilder.Lines = [
    (2, "a.c", [10]), (3, "a.c", [11]), (4, "a.c", [13]), (5, "a.c", [15]),
  ]

  /// Threads lost counts of the way in: the `else` may have run, and is not lost.
  @Test func racingThreads() throws {
    let torn = try Self.unit(7, Self.race, Self.lines, [6_209_449, 7_911_885])
    #expect(torn.lines == [10: 6_209_449, 11: 7_911_885, 13: 1, 15: 7_911_886])
    #expect(torn.uncertain == ["f"])
    let whole = try Self.unit(7, Self.race, Self.lines, [8_000_004, 8_000_000])
    #expect(whole.lines[13] == 4 && whole.uncertain == [])
  }

  /// The same, but nothing leads to the line except an arc that was counted, with 0.
  @Test func whatNeverRanIsNotShown() throws {
    let arcs: GcovGraphBuilder.Arcs = [
      (0, [(2, 4)]), (2, [(3, 4), (4, 1)]), (3, [(6, 5)]), (4, [(5, 4), (6, 1)]), (5, [(6, 5)]),
      (6, [(7, 5)]), (7, [(1, 1)]),
    ]
    let locations: GcovGraphBuilder.Lines = [
      (2, "a.c", [10]), (3, "a.c", [11]), (4, "a.c", [13]), (5, "a.c", [14]), (6, "a.c", [15]),
    ]
    let torn = try Self.unit(8, arcs, locations, [100, 1000, 0])
    #expect(torn.lines[13] == 1 && torn.lines[14] == 0 && torn.lines[11] == 1000)
    #expect(torn.uncertain == ["f"])
  }

  /// A process died in `if`, and the ways out of the `if` and of the function are counted: the function was entered,
  /// and its `else` and what follows did not run.
  @Test func deathInABlock() throws {
    let arcs: GcovGraphBuilder.Arcs = [
      (0, [(2, 5)]), (2, [(3, 4), (4, 1)]), (3, [(5, 5)]), (4, [(5, 5)]), (5, [(6, 4)]),
      (6, [(1, 1)]),
    ]
    let dead = try Self.unit(7, arcs, Self.lines, [1, 0])
    #expect(dead.entered == 1 && dead.uncertain == [])
    #expect(dead.lines == [10: 1, 11: 1, 13: 0, 15: 0])
  }

  /// Through the report: counts, and a note that names program, function and cure.
  @Test func reported() async throws {
    var notes = GcovGraphBuilder(Self.version)
    notes.function(0x10, "f", lines: 1...99, blocks: 7, Self.race, Self.lines)
    let folder = try ScratchFolder()
    var builder = GcovBuilder()
    builder.add(
      GcovGraphBuilder.data(Self.version, [10, 1000]), name: "/b/a.gcda", notes: notes.bytes)
    let kept = try folder.write(builder.object, to: "a.obj")
    let collected = try await collectCoverage(of: [builder.counters(kept: kept)])
    #expect(collected.problems == [])
    let file = try #require(collected.coverage.files.first)
    #expect(file.lines.map(\.count) == [10, 1000, 1, 1001])
    #expect(file.branches.map(\.count) == [1000, 1])
    let note = try #require(collected.notes.first)
    #expect(
      note.hasPrefix("/origin: threads, or a child of vfork, overwrote each other's counts in f;"))
    #expect(note.hasSuffix("build with -fprofile-update=atomic for exact counts"))
  }

  /// Damaged counters, whatever they are, come out at or above zero, in time.
  @Test func anyCounters() throws {
    var state: UInt64 = 1
    for _ in 0..<500 {
      let counts = (0..<2).map { _ -> UInt64 in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return state >> (state % 64)
      }
      let torn = try Self.unit(7, Self.race, Self.lines, counts)
      #expect(torn.lines.values.allSatisfy { $0 >= 0 || counts.contains { $0 > 1 << 61 } })
    }
  }
}
