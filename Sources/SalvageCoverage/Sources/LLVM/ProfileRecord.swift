import SalvageRecord
import SalvageSystem

/// How `__llvm_prf_data` lays out the record of a function, by the raw profile version that
/// introduced it.
///
/// Source: InstrProfData.inc of LLVM 14, 18 and 19. Common to all: name hash (u64), function hash
/// (u64), counter pointer (i64, relative to the record's own address).
enum RecordLayout: Sendable, Hashable, CaseIterable {
  /// LLVM 14 to 17: 48 bytes, no bitmaps.
  case v8
  /// LLVM 18: 64 bytes, bitmap size at 56.
  case v9
  /// LLVM 19 and later: 64 bytes, bitmap size at 60.
  case v10

  /// Bytes of a record.
  var stride: Int { self == .v8 ? 48 : 64 }

  /// Where the number of counters (u32) is.
  var counterCountOffset: Int { self == .v8 ? 40 : 48 }

  /// Where the number of bitmap bytes (u32) is.
  var bitmapSizeOffset: Int? {
    switch self {
    case .v8: nil
    case .v9: 56
    case .v10: 60
    }
  }

  init?(rawVersion: Int) {
    switch rawVersion {
    case 8: self = .v8
    case 9: self = .v9
    case 10: self = .v10
    default: return nil
    }
  }

  var rawVersion: UInt64 {
    switch self {
    case .v8: 8
    case .v9: 9
    case .v10: 10
    }
  }
}

/// What a profile needs of the record of one function.
struct ProfileRecord: Sendable, Hashable {
  var nameHash: UInt64
  var functionHash: UInt64
  /// Link-time address of the first counter.
  var counters: UInt64
  var counterCount: UInt32
  /// Link-time address of the bitmap; meaningless where it has no bytes.
  var bitmap: UInt64
  var bitmapSize: UInt32
}

/// Reading `__llvm_prf_data`.
struct ProfileRecords: Sendable {
  var layout: RecordLayout
  var records: [ProfileRecord]
  /// Records of both sizes, of objects that two versions of LLVM made; `layout` is that of the larger.
  var isMixed = false

  /// Reads the section, whose layout is found by trying: the file does not name its version. The
  /// layout is right if the section is a whole number of records whose counters all lie in
  /// `counters`; a section of k × 192 bytes divides by both strides, the ranges decide.
  /// - Parameter counterSize: bytes of a counter, 8 or 1.
  init?(
    section: [UInt8], address: UInt64, counters: Range<UInt64>, counterSize: UInt64,
    bitmaps: Range<UInt64>
  ) {
    let bytes = LittleEndian(section)
    for layout in [RecordLayout.v10, .v9, .v8] where section.count % layout.stride == 0 {
      let records = Self.read(bytes, address: address, layout: layout)
      let fits = records.allSatisfy { record in
        Self.contains(counters, record.counters, UInt64(record.counterCount) * counterSize)
          && (record.bitmapSize == 0
            || Self.contains(bitmaps, record.bitmap, UInt64(record.bitmapSize)))
      }
      let described = records.reduce(0) { $0 + UInt64($1.bitmapSize) }
      // Bitmaps that no record describes: the size was read from the wrong place.
      let hasBitmaps = layout == .v8 || bitmaps.isEmpty || described > 0
      if fits && (hasBitmaps || layout == .v9) {
        self.layout = layout
        self.records = records
        return
      }
    }
    guard
      let records = Self.readBoth(
        bytes, address: address, counters: counters, counterSize: counterSize, bitmaps: bitmaps)
    else { return nil }
    layout = .v10
    self.records = records
    isMixed = true
  }

  /// Reads the section of a program that two versions of LLVM made parts of: each record is of the size of
  /// the one before, or of the other one where only that fits. (sources/llvm.c does the same)
  private static func readBoth(
    _ bytes: LittleEndian, address: UInt64, counters: Range<UInt64>, counterSize: UInt64,
    bitmaps: Range<UInt64>
  ) -> [ProfileRecord]? {
    var records: [ProfileRecord] = []
    var layouts = [RecordLayout.v10, .v8]
    var at = 0
    while at < bytes.count {
      guard
        let layout = layouts.first(where: { layout in
          guard at + layout.stride <= bytes.count else { return false }
          let one = read(bytes, at: at, address: address, layout: layout)
          return one.counterCount > 0
            && contains(counters, one.counters, UInt64(one.counterCount) * counterSize)
        })
      else { return nil }
      var one = read(bytes, at: at, address: address, layout: layout)
      if !contains(bitmaps, one.bitmap, UInt64(one.bitmapSize)) { one.bitmapSize = 0 }
      records.append(one)
      if layout != layouts[0] { layouts.reverse() }
      at += layout.stride
    }
    return records
  }

  /// One record; nil where it is not of that layout: it is cut off, or points outside of the counters.
  static func record(
    _ bytes: LittleEndian, at offset: Int, address: UInt64, layout: RecordLayout,
    counters: Range<UInt64>, counterSize: UInt64, bitmaps: Range<UInt64>
  ) -> ProfileRecord? {
    guard offset + layout.stride <= bytes.count else { return nil }
    let record = read(bytes, at: offset, address: address, layout: layout)
    let fits =
      contains(counters, record.counters, UInt64(record.counterCount) * counterSize)
      && (record.bitmapSize == 0 || contains(bitmaps, record.bitmap, UInt64(record.bitmapSize)))
    return fits ? record : nil
  }

  private static func contains(_ range: Range<UInt64>, _ start: UInt64, _ size: UInt64) -> Bool {
    let (end, overflow) = start.addingReportingOverflow(size)
    return !overflow && start >= range.lowerBound && end <= range.upperBound
  }

  private static func read(
    _ bytes: LittleEndian, address: UInt64, layout: RecordLayout
  ) -> [ProfileRecord] {
    (0..<bytes.count / layout.stride).map {
      read(bytes, at: $0 * layout.stride, address: address, layout: layout)
    }
  }

  private static func read(
    _ bytes: LittleEndian, at offset: Int, address: UInt64, layout: RecordLayout
  ) -> ProfileRecord {
    let own = address &+ UInt64(offset)
    return ProfileRecord(
      nameHash: bytes.u64(offset), functionHash: bytes.u64(offset + 8),
      counters: own &+ bytes.u64(offset + 16),
      counterCount: bytes.u32(offset + layout.counterCountOffset),
      bitmap: layout == .v8 ? 0 : own &+ bytes.u64(offset + 24),
      bitmapSize: layout.bitmapSizeOffset.map { bytes.u32(offset + $0) } ?? 0)
  }
}
