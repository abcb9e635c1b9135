import SalvageRecord
import SalvageSystem
import Testing

@testable import SalvageCoverage

/// LLVM's coverage mapping, also as nobody compiled it: what is damaged is refused, and costs a bounded
/// amount.
@Suite struct MappingTests {
  /// Numbers as LLVM writes them.
  private static func encoded(_ numbers: [UInt64]) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in numbers {
      var rest = number
      while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7f) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
    return bytes
  }

  private static func read(_ numbers: [UInt64], files: Int = 1) throws -> MappedFunction {
    var function = MappedFunction()
    try encoded(numbers).withBytes { (raw) throws(MappingError) in
      var cursor = MappingCursor(raw, 0..<raw.count)
      try function.read(&cursor, files: files)
    }
    return function
  }

  private static func counts(_ numbers: [UInt64], _ counters: [UInt64]) throws -> [UInt64]? {
    let function = try read(numbers)
    var evaluation = CounterEvaluation()
    guard try evaluation.evaluate(function, counters) else { return nil }
    return evaluation.counts.map(\.0)
  }

  /// Counter 0, and what is derived of it.
  private static let (zero, first, second): (UInt64, UInt64, UInt64) = (0, 1, 5)
  private static func difference(_ number: UInt64) -> UInt64 { number << 2 | 2 }
  private static func sum(_ number: UInt64) -> UInt64 { number << 2 | 3 }

  @Test func countsAreDerived() throws {
    // `if`: counter 1 of counter 0; the rest is the difference, and both together the sum.
    let expressions = [2, Self.first, Self.second, Self.difference(0), Self.second]
    let regions: [UInt64] = [
      3, Self.first, 1, 1, 8, 2, Self.difference(0), 2, 3, 0, 9, Self.sum(1), 1, 1, 0, 2,
    ]
    #expect(try Self.counts(expressions + regions, [7, 3]) == [7, 4, 7])
    // A counter that the function does not have: llvm-cov leaves the function out.
    #expect(try Self.counts(expressions + regions, [7]) == nil)
    // More left the block than came into it, after a fork.
    #expect(try Self.counts(expressions + regions, [2, 3])?[1] == DerivedCount.belowZero)
  }

  /// As deep as it is long: neither the stack nor time grows with more than that.
  @Test func deepExpressions() throws {
    let depth: UInt64 = 100_000
    var numbers = [depth]
    for number in 0..<depth {
      numbers += [number + 1 < depth ? Self.sum(number + 1) : Self.first, Self.first]
    }
    numbers += [1, Self.sum(0), 1, 1, 0, 2]
    #expect(try Self.counts(numbers, [2]) == [2 * (depth + 1)])
  }

  @Test func circles() throws {
    let region = [1, Self.sum(0), 1, 1, 0, 2]
    #expect(throws: MappingError.self) {
      try Self.counts([2, Self.sum(1), Self.zero, Self.sum(0), Self.zero] + region, [1])
    }
    #expect(throws: MappingError.self) {
      try Self.counts([1, Self.sum(0), Self.zero] + region, [1])
    }
    // Expansions of each other.
    #expect(throws: MappingError.self) {
      try Self.read([0, 1, 1 << 3 | 4, 1, 1, 0, 2, 1, 0 << 3 | 4, 1, 1, 0, 2], files: 2)
    }
    // Two expansions of one body would double with each level.
    #expect(throws: MappingError.self) {
      try Self.read(
        [0, 2, 1 << 3 | 4, 1, 1, 0, 2, 1 << 3 | 4, 1, 1, 0, 2, 1, Self.first, 1, 1, 0, 2], files: 2)
    }
  }

  @Test(
    arguments: [
      [0, 1 << 60], [1 << 60], [0, 1, 1, 1, 1, 1 << 31, 2], [0, 1, 1, 1 << 33, 1, 0, 2],
      [0, 1, 7 << 3, 1, 1, 0, 2], [0, 1, 2, 1, 1, 0, 2], [0, 1, 9 << 3 | 4, 1, 1, 0, 2],
      [0, 1, 1, 1, 9, 0, 2], [0, 1, 1, 1, 1], [0, 2, 1, 1, 1, 0, 2], [],
    ] as [[UInt64]])
  func refused(_ numbers: [UInt64]) {
    #expect(throws: MappingError.self) { try Self.read(numbers) }
  }

  @Test func hashes() {
    let known: [(Int, UInt64)] = [
      (0, 0x04b2_008f_d98c_1dd4), (3, 0x724f_aa1b_0a1c_1ceb), (55, 0x0f1f_dbbc_46b0_3e8c),
      (56, 0xdd8d_4422_31fa_e0d5), (63, 0x111b_88eb_ddd6_d01d), (64, 0xb031_8cd3_002e_417b),
      (119, 0xd5c3_86b3_6085_c5da), (120, 0xfab5_9404_5a84_1868), (200, 0x8cc3_0947_7b71_d1b7),
    ]
    for (count, hash) in known {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
      #expect(bytes.withUnsafeBytes(MD5.low64) == hash, "\(count) bytes")
    }
  }

  @Test(arguments: [
    ("/b", "a.c", "/b/a.c"), ("/b/", "./x/../a.c", "/b/a.c"), ("/b", "../../../a.c", "/a.c"),
    ("", "a.c", "a.c"), ("", "../a.c", "../a.c"), ("b", "../../a.c", "../a.c"),
    ("/", "a.c", "/a.c"),
  ])
  func paths(_ folder: String, _ name: String, _ path: String) {
    #expect(MappingFiles.joined(folder, name) == path)
  }

  @Test func packedNames() throws {
    // "f\u{1}gg" as zlib packs it, then zeros, then a plain chunk.
    let packed: [UInt8] = [120, 156, 75, 99, 76, 79, 7, 0, 2, 212, 1, 54]
    let section = [4, UInt8(packed.count)] + packed + [0, 0, 0] + [3, 0, 104, 1, 105]
    let names = try MappingNames(section: section)
    for name in ["f", "gg", "h", "i"] {
      let hash = Array(name.utf8).withUnsafeBytes(MD5.low64)
      let found = try #require(names.find(hash))
      #expect(names.text(found, without: "/a.c").name == name)
    }
    #expect(names.find(0) == nil)
    // What claims to be larger than deflate can make it is not unpacked.
    let bomb = Self.encoded([1 << 40, UInt64(packed.count)]) + packed
    #expect(throws: MappingError.self) { try MappingNames(section: bomb) }
    #expect(throws: MappingError.self) {
      try MappingNames(section: Self.encoded([5, UInt64(packed.count)]) + packed)
    }
    #expect(throws: MappingError.self) { try MappingNames(section: [4, 200] + packed) }
  }

  /// Objects of LLVM 14 and of LLVM 21 in one program: records of 48 and of 64 bytes.
  @Test func recordsOfTwoSizes() throws {
    let names = try MappingNames(section: [5, 0] + Array("a\u{1}b\u{1}c".utf8))
    func hash(_ name: String) -> UInt64 { Array(name.utf8).withUnsafeBytes(MD5.low64) }
    let (data, counters) = (0x1000 as UInt64, 0x2000 as UInt64)
    var out = LittleEndianBuilder()
    var next = counters
    for (name, layout) in [("a", .v8), ("b", .v10), ("c", .v8)] as [(String, RecordLayout)] {
      let own = data + UInt64(out.bytes.count)
      let start = out.bytes.count
      out.append(hash(name))
      out.append(7 as UInt64)
      out.append(next &- own)
      out.append([UInt8](repeating: 0, count: layout.counterCountOffset - 24))
      out.append(2 as UInt32)
      out.append([UInt8](repeating: 0, count: start + layout.stride - out.bytes.count))
      next += 16
    }
    func records(_ bytes: [UInt8]) throws -> CounterRecords {
      try CounterRecords(
        CounterRecords.Sections(
          data: (bytes, data), counters: counters..<next, bitmaps: 0..<0, counterSize: 8),
        names: names)
    }
    let all = try records(out.bytes)
    #expect(all.records.map(\.start) == [0, 16, 32] && all.records.map(\.count) == [2, 2, 2])
    #expect(all.records.map(\.layout) == [.v8, .v10, .v8])
    #expect(
      all.find(name: hash("b"), function: 7) == 1 && all.find(name: hash("b"), function: 8) == nil)
    #expect(all.knows(name: hash("b")) && !all.knows(name: 5))
    #expect(throws: MappingError.self) { try records(out.bytes.dropLast(8) + []) }
  }

  private static func piece(
    _ start: (UInt32, UInt32), _ end: (UInt32, UInt32), _ count: UInt64,
    _ kind: UInt8 = RegionKind.code
  ) -> CountedPiece {
    CountedPiece(
      start: Place(line: start.0, column: start.1), end: Place(line: end.0, column: end.1),
      count: count, kind: kind)
  }

  /// An empty region (a macro of the system that ends a block) takes what is around it, and only the last one
  /// of a file closes.
  @Test func emptyRegions() {
    var builder = SegmentBuilder()
    func lines(_ pieces: [CountedPiece]) -> [Line] {
      var (pieces, lines) = (pieces, [Line]())
      _ = builder.appendLines(of: &pieces, to: &lines)
      return lines
    }
    let function = [Self.piece((1, 1), (4, 2), 3), Self.piece((2, 5), (2, 5), 0)]
    #expect(lines(function).map(\.number) == [1, 3, 4])
    let following = function + [Self.piece((6, 1), (7, 2), 1)]
    #expect(lines(following).map(\.number) == [1, 2, 3, 4, 6, 7])
    #expect(lines(following).map(\.count) == [3, 3, 3, 3, 1, 1])
  }
}
