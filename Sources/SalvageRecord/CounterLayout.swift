import CSalvageABI
package import SystemPackage

/// The first page of a counter file, checked: where its slots and regions are.
package struct CounterLayout: Sendable {
  /// A region's place in a slot.
  package struct Part: Sendable, Hashable {
    package var kind: Region.Kind
    package var address: UInt64
    package var offset: Int
    package var size: Int
  }

  package var identity: UInt64
  package var source: Source
  package var slotsOffset: Int
  package var slotSize: Int
  package var slots: Int
  package var pageSize: Int
  package var parts: [Part]
  package var uncounted: Int

  /// Largest sum of one region that is believed: far above what a linker can produce.
  private static let largestRegion = 1 << 30

  /// Checks the header in `page`, the start of the file at `path`.
  package init(page: [UInt8], path: FilePath) throws(RecordError) {
    guard let raw = page.structure(slv_counters_header.self, at: 0) else {
      throw RecordError(path, .truncated(page.count))
    }
    guard raw.magic == SLV_COUNTERS_MAGIC else { throw RecordError(path, .foreign) }
    guard raw.version == UInt32(SLV_ABI_VERSION) else {
      throw RecordError(path, .version(found: raw.version, known: UInt32(SLV_ABI_VERSION)))
    }
    guard let source = Source(rawValue: raw.source) else {
      throw RecordError(path, .malformed("counters of the unknown kind \(raw.source)"))
    }
    guard raw.max_slots <= SLV_SLOTS_MAX, raw.slots_offset >= 4096, raw.slot_size > 0,
      raw.page_size >= 4096, raw.page_size.nonzeroBitCount == 1
    else { throw RecordError(path, .malformed("the sizes in the header do not fit")) }
    self.identity = raw.identity
    self.source = source
    self.slotsOffset = Int(raw.slots_offset)
    self.slotSize = Int(raw.slot_size)
    self.slots = Int(raw.max_slots)
    self.pageSize = Int(raw.page_size)
    self.uncounted = Int(raw.uncounted)
    self.parts = try Self.parts(of: raw, path: path)
  }

  private static func parts(
    of raw: slv_counters_header, path: FilePath
  ) throws(RecordError) -> [Part] {
    let runs = [raw.run.0, raw.run.1, raw.run.2]
    var result: [Part] = []
    for region in [raw.region.0, raw.region.1] where region.kind != SLV_REGION_NONE.rawValue {
      guard let kind = Region.Kind(rawValue: region.kind) else {
        throw RecordError(path, .malformed("a region of the unknown kind \(region.kind)"))
      }
      guard region.size > 0 else { continue }
      guard region.size <= largestRegion,
        let offset = place(of: region, in: runs), offset + Int(region.size) <= Int(raw.slot_size)
      else { throw RecordError(path, .malformed("a region lies outside its slot")) }
      if kind == .add64 && region.size % 8 != 0 {
        throw RecordError(path, .malformed("counters of 8 bytes, but a region of \(region.size)"))
      }
      result.append(
        Part(kind: kind, address: region.address, offset: offset, size: Int(region.size)))
    }
    guard !result.isEmpty else { throw RecordError(path, .malformed("no region")) }
    return result
  }

  /// Where a region begins in a slot: the runs lie there one after the other.
  private static func place(of region: slv_region, in runs: [slv_run]) -> Int? {
    var before: UInt64 = 0
    let (end, over) = region.address.addingReportingOverflow(UInt64(region.size))
    guard !over else { return nil }
    for run in runs {
      guard run.low <= run.high else { return nil }
      if run.low <= region.address && end <= run.high {
        let (offset, over) = before.addingReportingOverflow(region.address - run.low)
        return over ? nil : Int(exactly: offset)
      }
      let (sum, over) = before.addingReportingOverflow(run.high - run.low)
      guard !over else { return nil }
      before = sum
    }
    return nil
  }
}
