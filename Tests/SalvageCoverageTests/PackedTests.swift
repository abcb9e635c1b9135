import Testing

@testable import SalvageCoverage

@Suite struct PackedTests {
  private static let numbers: [UInt32] = [
    0, 1, 127, 128, 16383, 16384, 1 << 31, .max - 1, .max,
  ]

  /// What comes out is what went in, whatever it is: regions of hostile files go backwards, and to the ends of numbers.
  @Test func allComesBack() {
    func some() -> UInt32 { Self.numbers.randomElement() ?? 0 }
    func count() -> UInt64 { UInt64(some()) << (.random() ? 32 : 0) | UInt64(some()) }
    for length in [0, 1, 2, 50] {
      for _ in 0..<200 {
        let regions = (0..<length).map { _ in
          SourceRegion(
            startLine: some(), startColumn: some(), endLine: some(), endColumn: some(),
            count: count(), file: some(), expandedFile: some(), kind: some())
        }
        let branches = (0..<length).map { _ in
          BranchRegion(
            startLine: some(), startColumn: some(), endLine: some(), endColumn: some(),
            trueCount: count(), falseCount: count(), file: some(),
            expandedFile: some(), kind: some())
        }
        let segments = (0..<length).map { _ in
          Segment(
            line: some(), column: some(), count: count(), hasCount: .random(),
            isRegionEntry: .random(), isGap: .random())
        }
        #expect(Packed(regions).elements == regions)
        #expect(Packed(branches).elements == branches)
        #expect(Packed(segments).elements == segments)
        #expect(Packed(regions) == Packed(regions))
      }
    }
  }

  @Test func whatDiffersIsPackedOtherwise() {
    let region = SourceRegion(
      startLine: 1, startColumn: 2, endLine: 3, endColumn: 4, count: 5, file: 0, expandedFile: 0,
      kind: 0)
    let paths: [WritableKeyPath<SourceRegion, UInt32>] = [
      \.startLine, \.startColumn, \.endLine, \.endColumn, \.file, \.expandedFile, \.kind,
    ]
    for path in paths {
      var other = region
      other[keyPath: path] += 1
      #expect(Packed([other]) != Packed([region]))
    }
    var other = region
    other.count += 1
    #expect(Packed([other]) != Packed([region]))
    #expect(Packed([region, region]) != Packed([region]))
  }
}
