import SalvageSystem
import SystemPackage
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord

/// Records, raw profiles and the objects that they come from.
@Suite struct ProfileTests {
  static let data: UInt64 = 0x10000
  static let counters: UInt64 = 0x8000
  static let bitmaps: UInt64 = 0x9000

  /// `__llvm_prf_data` with two functions of 3 and 2 counters.
  static func records(_ layout: RecordLayout, bitmaps hasBitmaps: Bool = false) -> [UInt8] {
    var out = LittleEndianBuilder()
    for (index, (name, offset, count)) in [(11, 0, 3), (22, 24, 2)].enumerated() {
      let own = data + UInt64(index * layout.stride)
      out.append(UInt64(name))
      out.append(UInt64(name * 100))
      out.append(counters &+ UInt64(offset) &- own)
      if layout != .v8 { out.append(bitmaps &+ UInt64(index * 2) &- own) }
      out.append(0xdead_beef as UInt64)
      out.append(0 as UInt64)
      out.append(UInt32(count))
      let bits: UInt32 = hasBitmaps ? 2 : 0
      switch layout {
      case .v8: out.append(0 as UInt32)
      case .v9: for word in [0, bits, 0] as [UInt32] { out.append(word) }
      case .v10: for word in [0, 0, bits] as [UInt32] { out.append(word) }
      }
    }
    return out.bytes
  }

  static func read(
    _ section: [UInt8], counters range: Range<UInt64> = counters..<counters + 40,
    bitmaps: Range<UInt64> = 0..<0
  ) -> ProfileRecords? {
    ProfileRecords(
      section: section, address: data, counters: range, counterSize: 8, bitmaps: bitmaps)
  }

  @Test(arguments: RecordLayout.allCases)
  func findsTheLayout(_ layout: RecordLayout) throws {
    let hasBitmaps = layout != .v8
    let found = try #require(
      Self.read(
        Self.records(layout, bitmaps: hasBitmaps),
        bitmaps: hasBitmaps ? Self.bitmaps..<Self.bitmaps + 4 : 0..<0))
    #expect(found.layout == layout)
    #expect(found.records.map(\.nameHash) == [11, 22])
    #expect(found.records.map(\.functionHash) == [1100, 2200])
    #expect(found.records.map(\.counters) == [Self.counters, Self.counters + 24])
    #expect(found.records.map(\.counterCount) == [3, 2])
    if hasBitmaps {
      #expect(found.records.map(\.bitmap) == [Self.bitmaps, Self.bitmaps + 2])
      #expect(found.records.map(\.bitmapSize) == [2, 2])
    }
  }

  /// Four records of 48 bytes are as long as three of 64: the addresses decide.
  @Test func strideIsNotDecidedByLength() throws {
    var section: [UInt8] = []
    for index in 0..<4 {
      var out = LittleEndianBuilder()
      let own = Self.data + UInt64(index * 48)
      for word in [UInt64(index), 7, Self.counters &+ UInt64(8 * index) &- own, 0, 0, 1] {
        out.append(word)
      }
      section += out.bytes
    }
    let found = try #require(Self.read(section, counters: Self.counters..<Self.counters + 32))
    #expect(found.layout == .v8 && found.records.count == 4)
  }

  /// Counters outside of the section, by place or by number: no layout fits.
  @Test(arguments: [0, 8, 16, 24, 32])
  func refusesWildPointers(_ size: Int) {
    let range = Self.counters..<Self.counters + UInt64(size)
    #expect(Self.read(Self.records(.v10), counters: range) == nil)
    #expect(Self.read(Self.records(.v8), counters: range) == nil)
  }

  @Test func survivesDamagedRecords() {
    let section = Self.records(.v10, bitmaps: true)
    for index in section.indices {
      for value in [0x00, 0x7f, 0xff] as [UInt8] {
        var damaged = section
        damaged[index] = value
        _ = Self.read(damaged, bitmaps: Self.bitmaps..<Self.bitmaps + 4)
      }
      _ = Self.read(Array(section[..<index]))
      _ = Self.read(section, counters: UInt64.max - 40..<UInt64.max)
    }
    #expect(Self.read(Array(section[..<127])) == nil)
  }

  static func profile() throws -> RawProfile {
    RawProfile(
      layout: .v10,
      records: try #require(
        read(records(.v9, bitmaps: true), bitmaps: bitmaps..<bitmaps + 4)
      ).records,
      dataAddress: data, countersAddress: counters, counters: [UInt8](repeating: 1, count: 40),
      bitmapsAddress: bitmaps, bitmaps: [1, 2, 3, 4], namesAddress: 0x500, names: [9, 9, 9],
      isByteCoverage: false)
  }

  /// Whatever layout the object has, the file has the tool's, and its pointers still lead to the
  /// same counters.
  @Test(arguments: [(RecordLayout.v8, 88), (.v9, 112), (.v10, 128)])
  func writesEveryLayout(_ layout: RecordLayout, _ headerSize: Int) throws {
    let profile = try Self.profile()
    let bytes = LittleEndian(profile.bytes(layout: layout))
    #expect(bytes.u64(0) == 0xff6c_7072_6f66_7281 && bytes.u64(8) == layout.rawVersion)
    #expect(bytes.u64(24) == 2 && bytes.u64(40) == 5)
    let end = headerSize + 2 * layout.stride
    let section = Array(bytes.bytes[headerSize..<end])
    let found = try #require(
      Self.read(section, bitmaps: layout == .v8 ? 0..<0 : Self.bitmaps..<Self.bitmaps + 4))
    #expect(found.layout == layout)
    #expect(found.records.map(\.counters) == profile.records.map(\.counters))
    let tail = (layout == .v8 ? 0 : 8) + 8
    #expect(bytes.count == end + 40 + tail)
    #expect(Array(bytes.bytes[(end + 40 + tail - 8)...]) == [9, 9, 9, 0, 0, 0, 0, 0])
  }

  @Test func marksByteCoverage() throws {
    var profile = try Self.profile()
    profile.isByteCoverage = true
    profile.counters = [UInt8](repeating: 0xff, count: 33)
    let bytes = LittleEndian(profile.bytes(layout: .v10))
    #expect(bytes.u64(8) == 1 << 60 | 10)
    #expect(bytes.u64(40) == 33 && bytes.u64(48) == 7)
  }

  @Test func readsMappingVersions() {
    func map(_ headers: [(size: UInt32, version: UInt32)]) -> LittleEndian {
      var out = LittleEndianBuilder()
      for header in headers {
        out.pad(to: 8)
        for word in [0, header.size, 0, header.version] { out.append(word) }
        out.append([UInt8](repeating: 0xaa, count: Int(min(header.size, 100))))
      }
      return LittleEndian(out.bytes)
    }
    #expect(CoverageMapping.version(map([])) == nil)
    #expect(CoverageMapping.version(map([(5, 5)])) == 6)
    #expect(CoverageMapping.version(map([(5, 5), (17, 7), (3, 6)])) == 8)
    #expect(CoverageMapping.version(map([(.max, 6), (3, 9)])) == 7)
  }

  @Test func addsCountersOfOneIdentity() {
    func counters(_ identity: UInt64, _ bytes: [[UInt8]]) -> ObjectCounters {
      let kinds: [Region.Kind] = [.add64, .and8, .or8]
      return ObjectCounters(
        identity: identity, source: .llvm,
        regions: zip(kinds, bytes).map { Region(address: 8, kind: $0, bytes: $1) }, lives: 2)
    }
    let full = [UInt8](repeating: 0xff, count: 8)
    let joined = ObjectCounters.joined([
      counters(1, [[250, 0, 0, 0, 0, 0, 0, 0] + full, [0xff, 0, 0xff], [1, 0, 2]]),
      counters(2, [full, [], []]),
      counters(1, [[9, 1, 0, 0, 0, 0, 0, 0] + full, [0xff, 0xff, 0], [1, 4, 8]]),
      counters(1, [[9], [], []]),
    ])
    #expect(joined.map(\.identity) == [1, 2, 1])
    #expect(joined[0].lives == 4)
    #expect(
      joined[0].regions.map(\.bytes)
        == [[3, 2, 0, 0, 0, 0, 0, 0] + full, [0xff, 0, 0], [1, 4, 10]])
  }
}
