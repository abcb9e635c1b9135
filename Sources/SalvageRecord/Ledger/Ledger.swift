package import CSalvageABI
import SalvageSystem
package import SystemPackage

/// One ledger file, `struct slv_ledger_header` and its cells, as it stands in the file.
package struct Ledger {
  package var header: slv_ledger_header
  package var cells: [slv_cell]
  package var index: [slv_index_entry]
  package var problems: [RecordError]

  /// When `bootTime` (CLOCK_BOOTTIME, nanoseconds) was: nanoseconds since 1970.
  package func date(ofBootTime bootTime: UInt64) -> UInt64 {
    header.created &+ (bootTime &- header.created_boot)
  }
}

extension Ledger {
  /// Reads the ledger at `path`. A file that is cut short gives the cells there are, and a problem.
  package init(_ path: FilePath) throws(RecordError) {
    var claims = Claims()
    let file = try LedgerFile(path)
    header = file.header
    cells = []
    problems = []
    index = try file.index(&problems)
    try file.forEachCell(&claims, &problems) { cells.append($0) }
  }
}

/// A ledger that is read from its beginning to its end: a cell at a time is in memory.
package struct LedgerFile: ~Copyable {
  package let header: slv_ledger_header
  private let file: RecordFile

  /// Bytes of a ledger that are read at most: eight million cells.
  private static let largest = 1 << 30

  package init(_ path: FilePath) throws(RecordError) {
    let file = try RecordFile(path)
    let head = try file.bytes(0..<Int(SLV_LEDGER_HEADER_SIZE))
    guard let header = head.structure(slv_ledger_header.self, at: 0) else {
      throw RecordError(path, .truncated(head.count))
    }
    guard header.magic == SLV_LEDGER_MAGIC else { throw RecordError(path, .foreign) }
    guard header.version == UInt32(SLV_ABI_VERSION) else {
      throw RecordError(path, .version(found: header.version, known: UInt32(SLV_ABI_VERSION)))
    }
    self.header = header
    self.file = file
  }

  /// The object index.
  package borrowing func index(
    _ problems: inout [RecordError]
  ) throws(RecordError) -> [slv_index_entry] {
    let size = MemoryLayout<slv_index_entry>.size
    guard let offset = Int(exactly: header.index_offset), offset <= file.size,
      header.index_entries <= 1 << 20
    else {
      problems.append(RecordError(file.path, .malformed("the object index lies outside")))
      return []
    }
    let bytes = try file.bytes(offset..<(offset + Int(header.index_entries) * size))
    return (0..<(bytes.count / size)).compactMap {
      bytes.structure(slv_index_entry.self, at: $0 * size)
    }.filter { $0.key != 0 && $0.ready == 1 }
  }

  /// Hands on each cell, in the order of the file. `claims` are those of all ledgers that are read together.
  package borrowing func forEachCell(
    _ claims: inout Claims, _ problems: inout [RecordError], _ body: (slv_cell) -> Void
  ) throws(RecordError) {
    let size = Int(header.cell_size)
    guard size >= 64, size <= 4096, let offset = Int(exactly: header.cells_offset) else {
      throw RecordError(file.path, .malformed("the size of a cell is \(header.cell_size)"))
    }
    let room = max(0, min(file.size, Self.largest) - offset) / size
    let wanted = Int(clamping: header.next)
    if wanted > room {
      problems.append(RecordError(file.path, .truncated(file.size)))
    }
    let total = min(wanted, room)
    try claims.add(total * size, of: file)
    let portion = 8192
    for first in stride(from: 0, to: total, by: portion) {
      let count = min(portion, total - first)
      let start = offset + first * size
      // A cell that was handed out is written at once: so many that never were are none.
      if count == portion, file.isHole(start..<start + count * size) {
        problems.append(
          RecordError(file.path, .malformed("\(total - first) cells of it are holes")))
        return
      }
      let bytes = try file.bytes(start..<(start + count * size))
      for number in 0..<count {
        guard let cell = bytes.structure(slv_cell.self, at: number * size, size: size) else {
          problems.append(RecordError(file.path, .truncated(file.size)))
          return
        }
        body(cell)
      }
    }
  }
}
