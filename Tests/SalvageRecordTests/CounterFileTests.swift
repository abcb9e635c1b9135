import CSalvageABI
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

@Suite struct CounterFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func sums(_ bytes: [UInt8]) throws -> CounterSums {
    try directory.write(bytes, "f.cnt")
    return try CounterFile.sums(directory.path.appending("f.cnt"))
  }

  @Test func slotsAreAdded() throws {
    var fixture = CounterFixture()
    fixture.add(2, lives: 3, CounterFixture.slot([1, .max], flags: [1]))
    fixture.add(4, lives: 1 | SLV_ATTACH_FRESH.rawValue, CounterFixture.slot([10, 7], flags: [2]))
    // Made ready by nobody: what lies there does not count.
    fixture.slots[3] = CounterFixture.slot([100, 100])
    let sums = try sums(fixture.bytes)
    #expect(sums.sums[0].structure(UInt64.self, at: 0) == 11)
    #expect(sums.sums[0].structure(UInt64.self, at: 8) == .max)
    #expect(sums.sums[1][0] == 3)
    #expect(sums.lives == 4)
    #expect(sums.layout.parts.map(\.address) == [0x5040, 0x5800])
  }

  @Test func byteCoverageStartsAsNotExecuted() throws {
    var fixture = CounterFixture(kind: SLV_REGION_AND8)
    let none = [UInt8](repeating: 0xff, count: 8)
    fixture.add(2, lives: 1, CounterFixture.slot([], flags: none))
    fixture.add(3, lives: 1, CounterFixture.slot([], flags: [0xff, 0] + none.dropFirst(2)))
    #expect(try sums(fixture.bytes).sums[1] == [0xff, 0] + none.dropFirst(2))
  }

  /// A commit word of folding: which accumulator, which slot was folded last with which attach word.
  struct Fold: Sendable {
    var word: UInt64
    var expected: UInt64

    static func word(select: UInt64, slot: UInt64, attach: UInt64) -> UInt64 {
      let named: UInt64 = slot == 0 ? 0 : (slot + 1) << 1
      return 1 << 63 | attach << 16 | named | select
    }

    static let all = [
      // No accumulators: slots 0 and 1 are nothing.
      Fold(word: 0, expected: 3),
      // Slot 2 was folded into the first one, and its attach word is still the same.
      Fold(word: word(select: 0, slot: 2, attach: 1), expected: 100),
      // It was folded with another attach word: it has been leased since.
      Fold(word: word(select: 1, slot: 2, attach: 9), expected: 1003),
      Fold(word: word(select: 0, slot: 0, attach: 0), expected: 103),
    ]
  }

  @Test(arguments: Fold.all)
  func folding(_ fold: Fold) throws {
    var fixture = CounterFixture()
    fixture.header.fold = fold.word
    fixture.slots[0] = CounterFixture.slot([100])
    fixture.slots[1] = CounterFixture.slot([1000])
    fixture.add(2, lives: 1, CounterFixture.slot([3]))
    #expect(try sums(fixture.bytes).sums[0].structure(UInt64.self, at: 0) == fold.expected)
  }

  @Test func anEmptiedSlotCountsItsLivesOnly() throws {
    var fixture = CounterFixture()
    fixture.add(2, lives: 5 | SLV_ATTACH_EMPTY.rawValue, CounterFixture.slot([3]))
    let sums = try sums(fixture.bytes)
    #expect(sums.sums[0].allSatisfy { $0 == 0 })
    #expect(sums.lives == 5)
  }

  @Test func aSlotBehindTheEndIsTold() throws {
    var fixture = CounterFixture()
    fixture.add(2, lives: 1, CounterFixture.slot([3]))
    fixture.add(3, lives: 1, CounterFixture.slot([4]))
    let cut = Array(fixture.bytes.dropLast(CounterFixture.page))
    let sums = try sums(cut)
    #expect(sums.missingSlots == 1)
    #expect(sums.sums[0].structure(UInt64.self, at: 0) == 3)
  }

  @Test func badHeadersAreRefused() throws {
    let changes: [(inout slv_counters_header) -> Void] = [
      { $0.magic = 1 }, { $0.version = 1 }, { $0.region.0.source = 99 }, { $0.slots_offset = 8 },
      { $0.slot_size = 0 }, { $0.max_slots = .max }, { $0.page_size = 3 },
      { $0.region.0.size = .max }, { $0.region.0.address = .max }, { $0.region.0.size = 9 },
      { $0.region.0.kind = 77 }, { $0.region.1.address = 0x5ffc }, { $0.run.0.high = 0 },
      { $0.slot_size = 64 },
      {
        $0.region.0.kind = 0
        $0.region.1.kind = 0
      },
    ]
    for (number, change) in changes.enumerated() {
      var fixture = CounterFixture()
      change(&fixture.header)
      fixture.add(2, lives: 1, CounterFixture.slot([3]))
      #expect(throws: RecordError.self, "change \(number)") { try sums(fixture.bytes) }
    }
  }

  /// Two gigabytes claimed by a file of a page, once with a life and once without.
  @Test(arguments: [UInt32(0), 1]) func aClaimIsNoAllocation(_ lives: UInt32) throws {
    var fixture = CounterFixture()
    fixture.header.slot_size = 1 << 31
    fixture.header.run.0.high = fixture.header.run.0.low + (1 << 31)
    fixture.header.region.0.size = 1 << 30
    fixture.header.region.1.address = fixture.header.region.0.address + (1 << 30)
    fixture.attach[2] = lives
    if lives == 0 {
      let sums = try sums(fixture.bytes)
      #expect(sums.lives == 0)
      let areEmpty = sums.sums.allSatisfy { $0.isEmpty }
      #expect(areEmpty)
    } else {
      #expect(throws: RecordError.self) { try sums(fixture.bytes) }
    }
  }

  /// A fixture whose lists are in the table behind the header, with a second run.
  private func tabled() -> [UInt8] {
    var fixture = CounterFixture()
    let gcov = slv_region(
      address: 0x8ff0, size: 16, kind: UInt16(SLV_REGION_ADD64.rawValue),
      source: UInt16(SLV_SOURCE_GCOV.rawValue))
    let regions = [fixture.header.region.0, fixture.header.region.1, gcov]
    let runs = [slv_run(low: 0x5000, high: 0x6000), slv_run(low: 0x8000, high: 0x9000)]
    fixture.header.region = (slv_region(), slv_region())
    fixture.header.run = (slv_run(), slv_run(), slv_run())
    fixture.header.table_regions = UInt32(regions.count)
    fixture.header.table_runs = UInt32(runs.count)
    fixture.header.slots_offset = 8192
    fixture.header.slot_size = 8192
    fixture.attach[2] = 1
    var bytes = fixture.bytes
    for region in regions { bytes += SalvageSystem.bytes(of: region) }
    for run in runs { bytes += SalvageSystem.bytes(of: run) }
    bytes += [UInt8](repeating: 0, count: 8192 + 2 * 8192 - bytes.count)
    bytes += CounterFixture.slot([1, 2], flags: [4])
    bytes += [UInt8](repeating: 0xdd, count: 4080) + [UInt8](repeating: 1, count: 16)
    return bytes
  }

  @Test func aTableHoldsMoreRegions() throws {
    let sums = try sums(tabled())
    #expect(sums.sums[0].structure(UInt64.self, at: 8) == 2)
    #expect(sums.sums[1][0] == 4)
    #expect(sums.sums[2] == [UInt8](repeating: 1, count: 16))
    #expect(sums.layout.parts.map(\.source) == [.llvm, .llvm, .gcov])
    #expect(sums.layout.sources == [.llvm, .gcov])
  }

  @Test func aTableThatDoesNotFitIsRefused() throws {
    let claims: [(Int, UInt32)] = [(120, .max), (120, 300), (124, 0), (124, .max), (24, 4096)]
    for (offset, value) in claims {
      var bytes = tabled()
      bytes.replaceSubrange(offset..<(offset + 4), with: SalvageSystem.bytes(of: value))
      #expect(throws: RecordError.self, "\(offset) \(value)") { try sums(bytes) }
    }
    // Cut off in the table; a region of no run; regions that are not in order.
    #expect(throws: RecordError.self) { try sums(Array(tabled().prefix(4200))) }
    for address in [0x7000, 0x5100] as [UInt64] {
      var bytes = tabled()
      bytes.replaceSubrange(4160..<4168, with: SalvageSystem.bytes(of: address))
      #expect(throws: RecordError.self) { try sums(bytes) }
    }
  }

  @Test func aCutHeaderIsRefused() throws {
    let bytes = CounterFixture().bytes
    for count in stride(from: 0, to: MemoryLayout<slv_counters_header>.size, by: 7) {
      #expect(throws: RecordError.self) { try sums(Array(bytes.prefix(count))) }
    }
  }
}
