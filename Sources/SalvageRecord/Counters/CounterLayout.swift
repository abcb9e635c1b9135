import CSalvageABI
import SalvageSystem
import SystemPackage

/// The first page of a counter file, checked: where its slots and regions are.
package struct CounterLayout: Sendable {
  /// A region's place in a slot.
  package struct Part: Sendable, Hashable {
    package var source: Source
    package var kind: Region.Kind
    package var address: UInt64
    package var offset: Int
    package var size: Int
  }

  package var identity: UInt64
  package var slotsOffset: Int
  package var slotSize: Int
  package var slots: Int
  package var pageSize: Int
  package var parts: [Part]
  package var uncounted: Int
  /// Where a slot says how the lives began that counted in it; 0: it does not.
  package var births: Int

  /// The sources of its regions, each once.
  package var sources: [Source] {
    Source.allCases.filter { source in parts.contains { $0.source == source } }
  }

  /// Bytes of a row at `births`.
  package static let birthBytes = 8 * Int(SLV_FORK_SITES)

  /// Largest sum of one region that is believed: far above what a linker can produce.
  private static let largestRegion = 1 << 30
  /// Most regions or runs that are believed.
  private static let longestTable = 1 << 20

  /// Checks the header of `file`, and the table of regions behind it.
  package init(
    _ file: borrowing RecordFile, magic: UInt64 = UInt64(SLV_COUNTERS_MAGIC)
  ) throws(RecordError) {
    let path = file.path
    let page = try file.bytes(0..<4096)
    guard let raw = page.structure(slv_counters_header.self, at: 0) else {
      throw RecordError(path, .truncated(page.count))
    }
    guard raw.magic == magic else { throw RecordError(path, .foreign) }
    guard raw.version == UInt32(SLV_ABI_VERSION) else {
      throw RecordError(path, .version(found: raw.version, known: UInt32(SLV_ABI_VERSION)))
    }
    guard raw.max_slots <= SLV_SLOTS_MAX, raw.slots_offset >= 4096, raw.slot_size > 0,
      raw.page_size >= 4096, raw.page_size.nonzeroBitCount == 1
    else { throw RecordError(path, .malformed("the sizes in the header do not fit")) }
    self.identity = raw.identity
    self.slotsOffset = Int(raw.slots_offset)
    self.slotSize = Int(raw.slot_size)
    self.slots = Int(raw.max_slots)
    self.pageSize = Int(raw.page_size)
    self.uncounted = Int(raw.uncounted)
    self.births = Int(raw.births)
    guard births % 8 == 0, births == 0 || births + Self.birthBytes <= slotSize else {
      throw RecordError(path, .malformed("the births lie outside their slot"))
    }
    self.parts = try Self.parts(of: raw, file)
  }

  /// The lists of runs and regions: in the header, or behind it.
  private static func lists(
    of raw: slv_counters_header, _ file: borrowing RecordFile
  ) throws(RecordError) -> (runs: [slv_run], regions: [slv_region]) {
    let runs = Int(raw.table_runs)
    let regions = Int(raw.table_regions)
    if regions == 0 {
      return ([raw.run.0, raw.run.1, raw.run.2], [raw.region.0, raw.region.1])
    }
    let start = Int(SLV_TABLE_OFFSET)
    let end =
      start + regions * MemoryLayout<slv_region>.stride + runs * MemoryLayout<slv_run>.stride
    guard runs > 0, runs <= longestTable, regions <= longestTable, end <= Int(raw.slots_offset)
    else { throw RecordError(file.path, .malformed("the table of regions does not fit")) }
    let bytes = try file.bytes(start..<end)
    return (
      list(runs, in: bytes, at: regions * MemoryLayout<slv_region>.stride),
      list(regions, in: bytes, at: 0)
    )
  }

  /// `count` structures that lie one behind the other.
  private static func list<Raw: BitwiseCopyable>(
    _ count: Int, in bytes: [UInt8], at start: Int
  ) -> [Raw] {
    (0..<count).compactMap {
      bytes.structure(Raw.self, at: start + $0 * MemoryLayout<Raw>.stride)
    }
  }

  private static func parts(
    of raw: slv_counters_header, _ file: borrowing RecordFile
  ) throws(RecordError) -> [Part] {
    let (runs, regions) = try lists(of: raw, file)
    var places = Places(runs)
    var result: [Part] = []
    for region in regions where region.kind != SLV_REGION_NONE.rawValue {
      let part = try part(region, &places, slotSize: Int(raw.slot_size), file.path)
      if let part { result.append(part) }
    }
    guard !result.isEmpty else { throw RecordError(file.path, .malformed("no region")) }
    return result
  }

  private static func part(
    _ region: slv_region, _ places: inout Places, slotSize: Int, _ path: FilePath
  ) throws(RecordError) -> Part? {
    guard let kind = Region.Kind(rawValue: UInt32(region.kind)) else {
      throw RecordError(path, .malformed("a region of the unknown kind \(region.kind)"))
    }
    guard let source = Source(rawValue: UInt32(region.source)) else {
      throw RecordError(path, .malformed("counters of the unknown kind \(region.source)"))
    }
    guard region.size > 0 else { return nil }
    guard region.size <= largestRegion, let offset = places.offset(of: region),
      offset + Int(region.size) <= slotSize
    else { throw RecordError(path, .malformed("a region lies outside its slot")) }
    guard Int(region.size) % kind.counterBytes == 0 else {
      throw RecordError(
        path,
        .malformed("counters of \(kind.counterBytes) bytes, but a region of \(region.size)"))
    }
    return Part(
      source: source, kind: kind, address: region.address, offset: offset, size: Int(region.size))
  }
}

/// Where regions begin in a slot: the runs lie there one after the other. Regions come sorted, so the
/// next one lies in the same run as the last, or in a later one.
private struct Places {
  private let runs: [slv_run]
  private var current = 0
  private var before: UInt64 = 0
  /// End of the last region.
  private var last: UInt64 = 0

  init(_ runs: [slv_run]) { self.runs = runs }

  mutating func offset(of region: slv_region) -> Int? {
    let (end, over) = region.address.addingReportingOverflow(UInt64(region.size))
    guard !over, region.address >= last else { return nil }
    last = end
    while current < runs.count {
      let run = runs[current]
      guard run.low <= run.high else { return nil }
      if run.low <= region.address && end <= run.high {
        let (offset, over) = before.addingReportingOverflow(region.address - run.low)
        return over ? nil : Int(exactly: offset)
      }
      let (sum, over) = before.addingReportingOverflow(run.high - run.low)
      guard !over else { return nil }
      before = sum
      current += 1
    }
    return nil
  }
}
