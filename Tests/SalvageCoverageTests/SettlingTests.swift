import Testing

@testable import SalvageCoverage

/// Counts that no process can have had, after forks in the middle of functions.
@Suite struct SettlingTests {
  private static let below = DerivedCount.belowZero

  @Test func theExactCountStandsWhereItCanBe() {
    func settled(_ exact: UInt64, _ whole: UInt64?, lacking: Bool = false) -> UInt64 {
      DerivedCount.settled(exact, whole, lacking: lacking)
    }
    #expect(settled(3, 5) == 3)
    // Nobody was seen to enter; somebody was there.
    #expect(settled(0, 2) == 2)
    #expect(settled(Self.below, 2) == 2)
    // Nobody was there, whatever a difference of differences says.
    #expect(settled(Self.below, 0) == 0)
    #expect(settled(1, 0) == 0)
    #expect(settled(9, 2) == 2)
    // Not all that led there is known: what was seen stands.
    #expect(settled(1, 0, lacking: true) == 1)
    #expect(settled(Self.below, 0, lacking: true) == 0)
    // Nothing is known.
    #expect(settled(Self.below, nil) == 1)
    #expect(settled(0, nil) == 0)
    #expect(settled(Self.below, Self.below) == 1)
    #expect(settled(0, Self.below) == 0)
  }

  private func lines(_ counts: [UInt64]) throws -> Coverage {
    let records = counts.enumerated().map { "DA:\($0.offset + 1),\($0.element)\n" }.joined()
    let text =
      "SF:/a.c\nFN:1,f\nFNDA:1,f\nFNF:1\nFNH:1\n" + records
      + "BRDA:2,0,0,1\nBRDA:2,0,1,\(counts[2])\nBRF:2\nBRH:1\nLF:9\nLH:9\nend_of_record\n"
    return Coverage(files: try Array(text.utf8).withUnsafeBytes(LCOVReader.files))
  }

  @Test func linesAndBranchesAreSettled() throws {
    // `int f() { if (fork() == 0) { child } else { parent } }`, and a line that nobody reached.
    var exact = try lines([1, 1, 0, UInt64.max, 0])
    #expect(exact.isUnsettled)
    exact.settle(by: try lines([2, 1, 1, 0, 0]), lacking: false)
    #expect(!exact.isUnsettled)
    #expect(exact.files[0].lines.map(\.count) == [1, 1, 1, 0, 0])
    #expect(exact.files[0].branches.map(\.count) == [1, 1])
    // llvm-cov's own tallies are of the counts before.
    #expect(exact.files[0].reported == nil)
    #expect(exact.totals.lines == Tally(found: 5, hit: 3))
  }

  @Test func aFileThatIsRightStaysAsItIs() throws {
    var exact = try lines([1, 1, 4, 2, 0])
    let before = exact
    exact.settle(by: try lines([3, 2, 5, 2, 0]), lacking: false)
    #expect(exact == before && !exact.isUnsettled)
  }

  private func json(_ then: UInt64, _ other: String, segments: String) throws -> Coverage {
    let text = """
      {"data":[{"files":[{"filename":"/a.c","segments":[\(segments)],"branches":[],
      "expansions":[],"summary":{"regions":{"count":3,"covered":2}}}],
      "functions":[{"name":"f","count":1,"filenames":["/a.c"],"branches":[[1,5,1,9,\(then),\(other),0,0,4]],
      "regions":[[1,1,9,2,1,0,0,0],[2,3,4,4,\(then),0,0,0],[5,3,7,4,\(other),0,0,0]]}]}],
      "type":"llvm.coverage.json.export","version":"2.0.1"}
      """
    return try Array(text.utf8).withUnsafeBytes(LLVMJSONReader.coverage)
  }

  /// llvm-cov leaves out a segment that goes on with the same count, so the lists differ.
  @Test func regionsAndSegmentsAreSettledByTheirPlaces() throws {
    let huge = "9223372036854775807"
    var exact = try json(
      2, huge,
      segments: "[1,1,1,true,true,false],[2,3,2,true,true,false],"
        + "[5,3,\(huge),true,true,false],[9,2,0,false,false,false]")
    let whole = try json(
      2, "1",
      segments: "[1,1,3,true,true,false],[2,3,2,true,true,false],[4,4,3,true,false,false],"
        + "[5,3,1,true,true,false],[9,2,0,false,false,false]")
    #expect(exact.isUnsettled)
    exact.settle(by: whole, lacking: false)
    #expect(!exact.isUnsettled)
    #expect(exact.functions[0].regions.map(\.count) == [1, 2, 1])
    #expect(exact.functions[0].branches[0].falseCount == 1)
    let segments = try #require(exact.files[0].regions?.segments)
    #expect(segments.first { $0.line == 5 }?.count == 1)
    #expect(segments.map(\.line) == [1, 2, 4, 5, 9])
    #expect(exact.files[0].regions?.summary.regions == Tally(found: 3, hit: 3))
  }
}
