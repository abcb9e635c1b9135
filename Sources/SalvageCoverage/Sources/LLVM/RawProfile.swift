import SalvageSystem

/// A `.profraw` file in memory: what a program of LLVM's own runtime writes at its exit.
///
/// Source: InstrProfData.inc (`INSTR_PROF_RAW_HEADER`) of LLVM 14, 18 and 19. Numbers are
/// little-endian, differences of addresses are modulo 2^64.
struct RawProfile: Sendable {
  /// Of the program's own records.
  var layout: RecordLayout
  var records: [ProfileRecord]
  /// `__llvm_prf_data`'s link-time address; what the records are relative to.
  var dataAddress: UInt64
  var countersAddress: UInt64
  /// Summed counters: 8 bytes each, or 1 with ``isByteCoverage``.
  var counters: [UInt8]
  var bitmapsAddress: UInt64
  var bitmaps: [UInt8]
  var namesAddress: UInt64
  /// As in the object: maybe compressed, never looked into.
  var names: [UInt8]
  var isByteCoverage: Bool

  private static let magic: UInt64 = 0xff6c_7072_6f66_7281
  /// Single-byte counters: 0 is executed, 0xff is not (`VARIANT_MASK_BYTE_COVERAGE`).
  private static let byteCoverageVariant: UInt64 = 1 << 60

  /// The bytes of the file in the version that a tool reads. Bitmaps are left out in a version
  /// that has none.
  func bytes(layout: RecordLayout) -> [UInt8] {
    var out = LittleEndianBuilder()
    out.reserve(128 + records.count * layout.stride + counters.count + bitmaps.count + names.count)
    let bitmaps = layout == .v8 ? [] : bitmaps
    writeHeader(layout, bitmaps, to: &out)
    for (index, record) in records.enumerated() {
      let own = dataAddress &+ UInt64(index * layout.stride)
      write(record, own, layout, to: &out)
    }
    out.append(counters)
    out.pad(to: 8)
    out.append(bitmaps)
    if layout != .v8 { out.pad(to: 8) }
    out.append(names)
    out.pad(to: 8)
    return out.bytes
  }

  private func writeHeader(
    _ layout: RecordLayout, _ bitmaps: [UInt8], to out: inout LittleEndianBuilder
  ) {
    out.append(Self.magic)
    out.append(layout.rawVersion | (isByteCoverage ? Self.byteCoverageVariant : 0))
    out.append(0 as UInt64)  // size of the binary ids
    out.append(UInt64(records.count))
    out.append(0 as UInt64)  // padding before the counters
    out.append(UInt64(isByteCoverage ? counters.count : counters.count / 8))
    out.append(UInt64(Self.padding(counters.count)))
    if layout != .v8 {
      out.append(UInt64(bitmaps.count))
      out.append(UInt64(Self.padding(bitmaps.count)))
    }
    out.append(UInt64(names.count))
    out.append(countersAddress &- dataAddress)
    if layout != .v8 { out.append(bitmapsAddress &- dataAddress) }
    out.append(namesAddress)
    if layout == .v10 {
      out.append(0 as UInt64)  // number of vtables
      out.append(0 as UInt64)  // size of their names
    }
    out.append(layout == .v10 ? 2 : 1 as UInt64)  // the last kind of value profiling
  }

  /// Pointers to functions and values stay 0: they matter to value profiling only.
  private func write(
    _ record: ProfileRecord, _ own: UInt64, _ layout: RecordLayout,
    to out: inout LittleEndianBuilder
  ) {
    out.append(record.nameHash)
    out.append(record.functionHash)
    out.append(record.counters &- own)
    if layout != .v8 { out.append(record.bitmapSize == 0 ? 0 : record.bitmap &- own) }
    out.append(0 as UInt64)
    out.append(0 as UInt64)
    out.append(record.counterCount)
    switch layout {
    case .v8:
      out.append(0 as UInt32)
    case .v9:
      out.append(0 as UInt32)
      out.append(record.bitmapSize)
      out.append(0 as UInt32)
    case .v10:
      out.append(0 as UInt64)
      out.append(record.bitmapSize)
    }
  }

  private static func padding(_ size: Int) -> Int { (8 - size % 8) % 8 }
}
