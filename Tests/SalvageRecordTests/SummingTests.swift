import Testing

@testable import SalvageRecord

@Suite struct SummingTests {
  private func sum(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
    var result = left
    right.withUnsafeBytes { image in
      result.withUnsafeMutableBytes { Summing.add(image, to: $0, kind: .add64) }
    }
    return result
  }

  @Test func countersSaturate() {
    #expect(sum([.max, .max - 1, 5, 1 << 63], [1, 1, 6, 1 << 63]) == [.max, .max, 11, .max])
  }

  /// Lengths around the block size, and overflow in some blocks only.
  @Test(arguments: [0, 1, 255, 256, 257, 511, 512, 1000])
  func equalsTheSlowWay(_ count: Int) {
    var random = SystemRandomNumberGenerator()
    let values = (0..<count).map { index -> (UInt64, UInt64) in
      let large = index / 256 == 1
      return (
        UInt64.random(in: 0...(large ? .max : 1 << 40), using: &random),
        UInt64.random(in: 0...(large ? .max : 1 << 40), using: &random)
      )
    }
    let expected = values.map { left, right in
      let (sum, over) = left.addingReportingOverflow(right)
      return over ? .max : sum
    }
    #expect(sum(values.map(\.0), values.map(\.1)) == expected)
  }

  @Test func bytesAreJoinedByTheirKind() {
    for (kind, expected) in [(Region.Kind.and8, UInt8(0b1000)), (.or8, 0b1110)] {
      var result: [UInt8] = [0b1010, 0xff]
      let image: [UInt8] = [0b1100, 0xff]
      image.withUnsafeBytes { image in
        result.withUnsafeMutableBytes { Summing.add(image, to: $0, kind: kind) }
      }
      #expect(result == [expected, 0xff])
    }
  }
}

/// Lists of Go's counters: heads are equal or zero, counts add up.
@Suite struct CounterListsTests {
  private func sum(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
    var result = left
    right.withUnsafeBytes { image in
      result.withUnsafeMutableBytes { Summing.add(image, to: $0, kind: .lists32) }
    }
    return result
  }

  @Test func countsAddUpAndHeadsDoNot() {
    #expect(
      sum([2, 1, 7, 10, 0, 0, 0, 0, 0, 0], [2, 1, 7, 5, 1, 0, 1, 3, 9, 4])
        == [2, 1, 7, 15, 1, 0, 1, 3, 9, 4])
    #expect(sum([0, 0, 0, 0], [1, 2, 0, 4]) == [1, 2, 0, 4])
    #expect(sum([1, 2, 0, 4], [0, 0, 0, 0]) == [1, 2, 0, 4])
  }

  @Test func countsSaturate() {
    #expect(sum([1, 1, 0, .max], [1, 1, 0, 1]) == [1, 1, 0, .max])
  }

  /// A head that claims more than there is, or that the end cuts off.
  @Test func damageStaysInside() {
    #expect(sum([.max, 1, 1, 2], [.max, 1, 1, 3]) == [.max, 1, 1, 5])
    #expect(sum([0, 0, 5], [0, 0, 5]) == [0, 0, 5])
    #expect(sum([], [1]) == [])
  }
}
