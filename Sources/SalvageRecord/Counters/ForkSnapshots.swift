import CSalvageABI
import SalvageSystem
package import SystemPackage

/// What processes had counted when they first forked at a place (`<identity>-<ctx>.forks`).
///
/// A fork child counts from 0 on, in the middle of functions; what compilers derive of counters by
/// differences may then be too small. Adding to each child the counters that led to where its life
/// began makes every derived count one that some process really had.
package struct ForkSnapshots {
  private let path: FilePath
  /// Nil: nobody got as far as writing one.
  private let layout: CounterLayout?
  /// For each place the births of the slot that its snapshot was taken from; nil: there is none.
  package let rows: [[UInt64]?]

  /// Checks the head of the file, and that the snapshots lie within it.
  package init(_ path: FilePath) throws(RecordError) {
    let file = try RecordFile(path)
    // Made, and then there was no room for it, or its writer died.
    guard try file.bytes(0..<8).contains(where: { $0 != 0 }) else {
      self.path = path
      self.layout = nil
      self.rows = []
      return
    }
    let layout = try CounterLayout(file, magic: UInt64(SLV_FORKS_MAGIC))
    guard layout.births != 0 else { throw RecordError(path, .malformed("it has no births")) }
    let page = try file.bytes(0..<4096)
    var rows: [[UInt64]?] = []
    for number in 0..<Int(SLV_FORK_UNKNOWN) {
      let key = page.structure(UInt64.self, at: Int(SLV_ATTACH_OFFSET) + 8 * number) ?? 0
      guard key != 0 else {
        rows.append(nil)
        continue
      }
      let end =
        layout.slotsOffset + number * layout.slotSize + layout.births + CounterLayout.birthBytes
      guard end <= file.currentSize else { throw RecordError(path, .truncated(file.currentSize)) }
      rows.append(try file.births(ofSlot: number, layout))
    }
    self.path = path
    self.layout = layout
    self.rows = rows
  }

  /// How often each snapshot leads to a life: directly, and by the lives that were counted in other
  /// snapshots. These are younger, so each number is final when it is used.
  package static func weights(births: [UInt64], rows: [[UInt64]?]) -> [UInt64] {
    var weights = Array(births.prefix(rows.count))
    weights += Array(repeating: 0, count: rows.count - weights.count)
    for number in rows.indices.reversed() {
      guard let row = rows[number] else {
        weights[number] = 0
        continue
      }
      for older in 0..<min(number, row.count) {
        weights[older] &+= weights[number] &* row[older]
      }
    }
    return weights
  }

  /// There is a snapshot for each of these births.
  package func lead(to births: [UInt64]) -> Bool {
    births.indices.allSatisfy { births[$0] == 0 || rows.indices.contains($0) && rows[$0] != nil }
  }

  /// What led to these births, for each part of `layout`; parts that are not added are 0. Nil where
  /// nothing did.
  ///
  /// Modulo 2^64, as llvm-cov computes what it derives: differences come out right.
  package func history(
    of births: [UInt64], _ expected: CounterLayout
  ) throws(RecordError) -> [[UInt8]]? {
    guard let layout else { return nil }
    let weights = Self.weights(births: births, rows: rows)
    guard weights.contains(where: { $0 != 0 }) else { return nil }
    guard layout.identity == expected.identity, layout.parts == expected.parts,
      layout.births == expected.births
    else {
      throw RecordError(path, .malformed("its regions are not those of the object's counters"))
    }
    let file = try RecordFile(path)
    var result = layout.parts.map { [UInt8](repeating: 0, count: $0.size) }
    for (number, weight) in weights.enumerated() where weight != 0 {
      let start = layout.slotsOffset + number * layout.slotSize
      for (index, part) in layout.parts.enumerated() where part.kind == .add64 {
        try Self.add(part, of: file, at: start + part.offset, times: weight, to: &result[index])
      }
    }
    return result
  }

  /// Bytes read at a time.
  private static let portion = 1 << 16

  private static func add(
    _ part: CounterLayout.Part, of file: borrowing RecordFile, at start: Int, times weight: UInt64,
    to sum: inout [UInt8]
  ) throws(RecordError) {
    for done in stride(from: 0, to: part.size, by: portion) {
      let count = min(portion, part.size - done)
      if file.isHole(start + done..<start + done + count) { continue }
      let image = try file.bytes(start + done..<start + done + count)
      guard image.count == count else { throw RecordError(file.path, .truncated(file.size)) }
      image.withUnsafeBytes { image in
        sum.withUnsafeMutableBytes { sum in
          for at in stride(from: 0, to: count, by: 8) {
            let value = image.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            if value == 0 { continue }
            let old = sum.loadUnaligned(fromByteOffset: done + at, as: UInt64.self)
            sum.storeBytes(of: old &+ weight &* value, toByteOffset: done + at, as: UInt64.self)
          }
        }
      }
    }
  }
}
