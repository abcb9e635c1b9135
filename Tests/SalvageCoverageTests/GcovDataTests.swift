import SalvageRecord
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage

/// The bytes of `.gcda` files by gcc's version, as gcov-io.h describes them.
@Suite struct GcovDataTests {
  private static func bytes(_ words: [UInt32]) -> [UInt8] {
    var out = LittleEndianBuilder()
    for word in words { out.append(word) }
    return out.bytes
  }

  @Test(
    arguments: [
      (0x4230_332a, 10), (0x4231_332a, 11), (0x4232_322a, 12), (0x4233_312a, 13), (0x4234_3265, 14),
      (0x4235_3170, 15), (0x4136_302a, nil), (0x4139_342a, nil), (0x4330_302a, 20),
      (0x7a30_302a, nil), (0, nil),
      (0xffff_ffff, nil),
    ] as [(UInt32, Int?)])
  func versions(_ word: UInt32, _ major: Int?) {
    #expect(GcovVersion(word: word).major == major)
  }

  /// gcc 10: lengths in words, no checksum, zeros are written.
  @Test func version10() {
    let version: UInt32 = 0x4230_332a
    let expected = Self.bytes(
      [0x6763_6461, version, 0x1111_2222, 0xa100_0000, 2, 1, 0] + [
        0x0100_0000, 3, 0x10, 0x11, 0x12,
      ]
        + [0x01a1_0000, 6, 7, 0, 0, 0, 0, 2] + [0x0100_0000, 0] + [
          0x0100_0000, 3, 0x20, 0x21, 0x22,
        ]
        + [0x01a1_0000, 4, 0, 0, 0, 0] + [0])
    #expect(GcovData.sample(version: version).bytes == expected)
  }

  /// gcc 11: lengths in words, no checksum, zeros are a negative length.
  @Test func version11() {
    let version: UInt32 = 0x4231_332a
    let expected = Self.bytes(
      [0x6763_6461, version, 0x1111_2222, 0xa100_0000, 2, 1, 0] + [
        0x0100_0000, 3, 0x10, 0x11, 0x12,
      ]
        + [0x01a1_0000, 6, 7, 0, 0, 0, 0, 2] + [0x0100_0000, 0] + [
          0x0100_0000, 3, 0x20, 0x21, 0x22,
        ]
        + [0x01a1_0000, 0xffff_fffc] + [0])
    #expect(GcovData.sample(version: version).bytes == expected)
  }

  /// gcc 12 to 15: lengths in bytes, and a checksum.
  @Test(arguments: [0x4232_322a, 0x4233_312a, 0x4234_322a, 0x4235_312a] as [UInt32])
  func version12AndLater(_ version: UInt32) {
    let expected = Self.bytes(
      [0x6763_6461, version, 0x1111_2222, 0x3333_4444, 0xa100_0000, 8, 1, 0]
        + [0x0100_0000, 12, 0x10, 0x11, 0x12] + [0x01a1_0000, 24, 7, 0, 0, 0, 0, 2]
        + [0x0100_0000, 0] + [0x0100_0000, 12, 0x20, 0x21, 0x22] + [0x01a1_0000, 0xffff_fff0] + [0])
    #expect(GcovData.sample(version: version).bytes == expected)
  }

  @Test(arguments: [0x4230_332a, 0x4231_332a, 0x4232_322a, 0x4235_312a] as [UInt32])
  func readsWhatItWrites(_ version: UInt32) throws {
    var data = GcovData.sample(version: version)
    if !data.version.hasChecksum { data.checksum = 0 }
    #expect(try GcovData(data.bytes) == data)
  }

  @Test func addsUp() throws {
    var sum = GcovData.sample(version: 0x4234_322a)
    sum.functions[0]?.counters.append(GcovData.Counters(kind: 8, values: [0b0101, 0]))
    var other = sum
    other.functions[0]?.counters = [
      GcovData.Counters(kind: 0, values: [1, 2, .max]),
      GcovData.Counters(kind: 8, values: [0b0110, 1]),
    ]
    other.runs = 4
    (sum.largest, other.largest) = (3, 9)
    // A comdat that the first file does not have.
    other.functions[1] = GcovData.Function(
      ident: 0x30, lineChecksum: 1, graphChecksum: 2,
      counters: [GcovData.Counters(kind: 0, values: [5])])
    try sum.add(other)
    #expect(sum.functions[0]?.counters.map(\.values) == [[8, 2, .max], [0b0111, 1]])
    #expect(sum.functions.last??.ident == 0x30)
    #expect(sum.runs == 5 && sum.largest == 12)
  }

  /// Nothing is added to a file of another build.
  @Test func refusesOtherBuilds() throws {
    let data = GcovData.sample(version: 0x4232_322a)
    var sum = data
    let other = GcovData.sample(version: 0x4232_322a, stamp: 5)
    #expect(throws: GcovDataError.otherBuild) { try sum.add(other) }
    var changed = data
    changed.functions[0]?.graphChecksum = 99
    #expect(throws: GcovDataError.otherBuild) { try sum.add(changed) }
    changed = data
    changed.functions[0]?.counters[0].values = [1]
    #expect(throws: GcovDataError.otherBuild) { try sum.add(changed) }
  }

  @Test func saysWhatIsWrong() {
    let bytes = GcovData.sample(version: 0x4232_322a).bytes
    #expect(throws: GcovDataError.notData) { try GcovData(Array(bytes[..<11])) }
    #expect(throws: GcovDataError.notData) { try GcovData([UInt8](repeating: 1, count: 40)) }
    #expect(throws: GcovDataError.truncated(offset: 60)) { try GcovData(Array(bytes[..<70])) }
    var unknown = bytes
    unknown[7] = 0x5a
    #expect(throws: GcovDataError.unknownVersion(0x5a32_322a)) { try GcovData(unknown) }
  }

  @Test(arguments: [0x00, 0x01, 0x7f, 0x80, 0xff] as [UInt8])
  func survivesDamage(_ value: UInt8) {
    let whole = GcovData.sample(version: 0x4232_322a)
    for index in whole.bytes.indices {
      var bytes = whole.bytes
      bytes[index] = value
      var sum = whole
      if let data = try? GcovData(bytes) { try? sum.add(data) }
      _ = try? GcovData(Array(whole.bytes[..<index]))
    }
  }
}

extension GcovData {
  /// Two functions, the second without counts, and one that is another object's.
  static func sample(version: UInt32, stamp: UInt32 = 0x1111_2222) -> GcovData {
    func function(_ ident: UInt32, _ counters: [Counters]) -> Function {
      Function(ident: ident, lineChecksum: ident + 1, graphChecksum: ident + 2, counters: counters)
    }
    return GcovData(
      version: GcovVersion(word: version), stamp: stamp, checksum: 0x3333_4444, runs: 1,
      functions: [
        function(0x10, [Counters(kind: 0, values: [7, 0, 1 << 33])]), nil,
        function(0x20, [Counters(kind: 0, values: [0, 0])]),
      ], largest: 0)
  }
}
