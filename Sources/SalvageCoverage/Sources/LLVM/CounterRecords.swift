import SalvageRecord
import SalvageSystem

/// `__llvm_prf_data`: which counters belong to which function.
///
/// Objects of two LLVMs may be linked into one program, so records of both sizes may follow each other. No
/// field tells the size: a record fits where its counters lie in the section of counters and the next record
/// begins with the hash of a known name.
struct CounterRecords: Sendable {
  struct Record: Sendable {
    var name: UInt64
    var function: UInt64
    /// From the start of the counters, bytes.
    var start: Int
    var count: Int
    /// From the start of the bitmaps, bytes.
    var bitmap: Int
    var bitmapSize: Int
    /// LLVM 18 numbers the bits of its bitmaps in another way.
    var layout: RecordLayout
    /// The next record of the same function; -1: none.
    var next: Int32 = -1
  }

  private(set) var records: [Record] = []
  private var index = HashIndex(capacity: 0)

  struct Sections {
    var data: (bytes: [UInt8], address: UInt64)
    var counters: Range<UInt64>
    var bitmaps: Range<UInt64>
    /// 8, or 1.
    var counterSize: Int
  }

  init(_ sections: Sections, names: MappingNames) throws(MappingError) {
    let uniform = ProfileRecords(
      section: sections.data.bytes, address: sections.data.address, counters: sections.counters,
      counterSize: UInt64(sections.counterSize), bitmaps: sections.bitmaps)
    if let uniform, !uniform.isMixed {
      records = uniform.records.map { Record($0, uniform.layout, sections) }
    } else {
      records = try Self.mixed(sections, names)
    }
    index = HashIndex(capacity: records.count)
    var last: [Int: Int32] = [:]
    for at in records.indices {
      guard let first = find(name: records[at].name, function: records[at].function) else {
        index.insert(records[at].name, at)
        continue
      }
      // Several units may have the same function: their counts add up.
      records[Int(last[first] ?? Int32(first))].next = Int32(at)
      last[first] = Int32(at)
    }
  }

  private static func mixed(
    _ sections: Sections, _ names: MappingNames
  ) throws(MappingError) -> [Record] {
    let data = sections.data.bytes
    var records: [Record] = []
    // Bitmaps tell LLVM 18 from later ones; without any, the two read alike.
    let layouts: [RecordLayout] = [.v10, .v8, .v9]
    var at = 0
    while at < data.count {
      let found = layouts.lazy.compactMap { layout -> (Record, Int)? in
        let end = at + layout.stride
        guard
          let record = ProfileRecords.record(
            LittleEndian(data), at: at, address: sections.data.address, layout: layout,
            counters: sections.counters, counterSize: UInt64(sections.counterSize),
            bitmaps: sections.bitmaps),
          names.contains(record.nameHash), record.counterCount > 0,
          end == data.count || names.contains(LittleEndian(data).u64(end))
        else { return nil }
        return (Record(record, layout, sections), end)
      }.first
      guard let (record, end) = found else {
        throw .invalid("its records are of no known size, or point outside of its counters")
      }
      records.append(record)
      at = end
    }
    return records
  }

  /// The first record of a function; the others are chained.
  func find(name: UInt64, function: UInt64) -> Int? {
    index.find(name) { records[$0].name == name && records[$0].function == function }
  }

  /// Some record has that name, of whatever build.
  func knows(name: UInt64) -> Bool { index.find(name) { records[$0].name == name } != nil }
}

extension CounterRecords.Record {
  fileprivate init(
    _ record: ProfileRecord, _ layout: RecordLayout, _ sections: CounterRecords.Sections
  ) {
    name = record.nameHash
    function = record.functionHash
    start = Int(record.counters &- sections.counters.lowerBound)
    count = Int(record.counterCount)
    bitmap = record.bitmapSize == 0 ? 0 : Int(record.bitmap &- sections.bitmaps.lowerBound)
    bitmapSize = Int(record.bitmapSize)
    self.layout = layout
  }
}
