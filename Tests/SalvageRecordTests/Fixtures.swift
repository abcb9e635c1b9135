import CSalvageABI
import SalvageSystem
import SystemPackage

@testable import SalvageRecord

/// Bytes of recordings, written with the structures of the contract.
struct LedgerFixture {
  var header = slv_ledger_header()
  var cells: [slv_cell] = []
  /// Bytes of a cell in the file: more than ours is a newer writer.
  var cellSize = MemoryLayout<slv_cell>.size

  /// CLOCK_BOOTTIME zero was this, nanoseconds since 1970.
  static let epoch: UInt64 = 1_700_000_000_000_000_000

  init(_ cells: [slv_cell] = []) {
    self.cells = cells
    header.magic = SLV_LEDGER_MAGIC
    header.version = UInt32(SLV_ABI_VERSION)
    header.header_size = UInt32(SLV_LEDGER_HEADER_SIZE)
    header.index_entries = UInt32(SLV_INDEX_ENTRIES)
    header.index_offset = UInt64(SLV_LEDGER_HEADER_SIZE)
    header.cells_offset = UInt64(SLV_CELLS_OFFSET)
    header.created = Self.epoch + 1000
    header.created_boot = 1000
  }

  var bytes: [UInt8] {
    var header = header
    header.cell_size = UInt32(cellSize)
    if header.next == 0 { header.next = UInt64(cells.count) }
    var result = SalvageSystem.bytes(of: header)
    result += [UInt8](repeating: 0, count: Int(SLV_CELLS_OFFSET) - result.count)
    for cell in cells {
      let one = SalvageSystem.bytes(of: cell)
      result += one.prefix(cellSize)
      // What a newer writer adds: the reader must not take it for zeros it may rely on.
      result += [UInt8](repeating: 0xee, count: max(0, cellSize - one.count))
    }
    return result
  }
}

/// A life's cell, entered, with what most tests need.
func cell(
  _ life: UInt64, pid: Int32, parent: UInt64 = 0, kind: slv_kind = SLV_KIND_ROOT,
  state: slv_cell_state = SLV_CELL_ENTERED, born: UInt64,
  _ change: (inout slv_cell) -> Void = { _ in }
) -> slv_cell {
  var cell = slv_cell()
  cell.life = life
  cell.parent = parent
  cell.state = state.rawValue
  cell.kind = UInt16(kind.rawValue)
  cell.pid = pid
  cell.pidns = 1
  cell.born = born
  change(&cell)
  return cell
}

/// A wait status that somebody collected.
func reap(_ pid: Int32, _ status: Int32, at time: UInt64, namespace: UInt64 = 1) -> slv_cell {
  var cell = slv_cell()
  cell.state = SLV_CELL_REAP.rawValue
  cell.pid = pid
  cell.pidns = namespace
  cell.status = status
  cell.born = time
  return cell
}

func settingsBytes(users: FilePath) -> [UInt8] {
  RecordingSettings(
    isPerProcess: true, saveBefore: [2, 15], created: 7, commandVersion: "9.9", users: users,
    library: users.appending("libsalvage.so")
  ).encoded(in: "/") ?? []
}

func programBytes(_ life: UInt64, _ path: String, _ arguments: [String]) -> [UInt8] {
  var text = Array(path.utf8) + [0]
  for argument in arguments { text += Array(argument.utf8) + [0] }
  var record = slv_program_record()
  record.magic = SLV_PROGRAM_MAGIC
  record.length = UInt32(text.count)
  record.life = life
  record.arguments = UInt32(arguments.count)
  record.present = UInt32(arguments.count)
  return SalvageSystem.bytes(of: record) + text
}

/// A cell that says what life `life` runs; the text is cut where it is longer than there is room for.
func programCell(_ life: UInt64, arguments: Int, text: String, length: Int? = nil) -> slv_cell {
  var note = slv_program_cell()
  note.life = life
  note.state = SLV_CELL_PROGRAM.rawValue
  note.arguments = UInt16(arguments)
  note.length = UInt16(length ?? text.utf8.count)
  withUnsafeMutableBytes(of: &note.text) { $0.copyBytes(from: text.utf8.prefix($0.count)) }
  return withUnsafeBytes(of: note) { $0.loadUnaligned(as: slv_cell.self) }
}

/// A counter file with one run of one page: 64-bit counters, then bytes.
struct CounterFixture {
  static let page = 4096
  var header = slv_counters_header()
  var attach = [UInt32](repeating: 0, count: Int(SLV_SLOTS_MAX))
  /// Slot number → its page.
  var slots: [Int: [UInt8]] = [:]
  static let counters = 16
  static let flags = 8

  init(identity: UInt64 = 0xabc, kind: slv_region_kind = SLV_REGION_OR8) {
    header.magic = SLV_COUNTERS_MAGIC
    header.version = UInt32(SLV_ABI_VERSION)
    header.identity = identity
    header.slots_offset = UInt32(Self.page)
    header.slot_size = UInt32(Self.page)
    header.page_size = UInt32(Self.page)
    header.max_slots = UInt32(SLV_SLOTS_MAX)
    header.run.0 = slv_run(low: 0x5000, high: 0x6000)
    header.region.0 = slv_region(
      address: 0x5040, size: UInt32(8 * Self.counters),
      kind: UInt16(SLV_REGION_ADD64.rawValue), source: UInt16(SLV_SOURCE_LLVM.rawValue))
    header.region.1 = slv_region(
      address: 0x5800, size: UInt32(Self.flags), kind: UInt16(kind.rawValue),
      source: UInt16(SLV_SOURCE_LLVM.rawValue))
  }

  /// A slot's page with these counters and flags; the program's own data around them is noise.
  static func slot(_ counters: [UInt64], flags: [UInt8] = []) -> [UInt8] {
    var page = [UInt8](repeating: 0xdd, count: Self.page)
    for index in 0..<Self.counters {
      let value = index < counters.count ? counters[index] : 0
      page.replaceSubrange(
        (0x40 + 8 * index)..<(0x48 + 8 * index), with: SalvageSystem.bytes(of: value))
    }
    for index in 0..<Self.flags { page[0x800 + index] = index < flags.count ? flags[index] : 0 }
    return page
  }

  /// Where the births are, in slots that have them.
  static let births = 0xc00

  /// A slot's page with lives that began by forks at these places.
  static func slot(
    _ counters: [UInt64], births: [Int: UInt64], flags: [UInt8] = []
  ) -> [UInt8] {
    var page = Array(slot(counters, flags: flags).prefix(Self.births))
    page += [UInt8](repeating: 0, count: Self.page - Self.births)
    for place in 0..<Int(SLV_FORK_SITES) {
      let at = Self.births + 8 * place
      page.replaceSubrange(at..<at + 8, with: SalvageSystem.bytes(of: births[place] ?? 0))
    }
    return page
  }

  /// As a file of snapshots: the numbers of those that are there, with their pages.
  func forks(_ snapshots: [Int: [UInt8]]) -> [UInt8] {
    var file = self
    file.header.magic = UInt64(SLV_FORKS_MAGIC)
    file.attach = file.attach.map { _ in 0 }
    for number in snapshots.keys { file.attach[2 * number] = 7 }  // half of a key
    file.slots = snapshots
    return file.bytes
  }

  mutating func add(_ number: Int, lives: UInt32, _ page: [UInt8]) {
    attach[number] = lives
    slots[number] = page
  }

  var bytes: [UInt8] {
    var result = SalvageSystem.bytes(of: header)
    result += [UInt8](repeating: 0, count: Int(SLV_ATTACH_OFFSET) - result.count)
    for word in attach { result += SalvageSystem.bytes(of: word) }
    result += [UInt8](repeating: 0, count: Self.page - result.count)
    let last = slots.keys.max() ?? -1
    for number in 0..<(last + 1) {
      result += slots[number] ?? [UInt8](repeating: 0, count: Self.page)
    }
    return result
  }
}

extension Region {
  /// The counters of an add64 region.
  var words: [UInt64] {
    stride(from: 0, to: bytes.count, by: 8).map { bytes.structure(UInt64.self, at: $0) ?? 0 }
  }
}
