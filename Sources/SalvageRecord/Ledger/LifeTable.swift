import CSalvageABI

/// Joins the cells of all ledgers of a recording to lives, first step: who is who, and whose child.
///
/// A cell is a life, an event, or nothing. Two cells are one life where a process entered a cell of
/// its own although another had been announced for it (it had changed its user meanwhile): the second
/// names the first in `announced_as`.
struct LifeTable {
  /// A life with what its cells say; `end` and `losses` come later.
  struct Entry {
    var cell: slv_cell
    var parent: UInt64
    var beginning: Life.Beginning
    var outerPID: Int32
    var date: UInt64  // added to a boot time it gives nanoseconds since 1970
    var note: Int?  // index in `notes`: CMD of a `salvage run`
    var isEntered: Bool { cell.state != SLV_CELL_ANNOUNCED.rawValue }
  }

  var entries: [UInt64: Entry] = [:]
  var events: [slv_cell] = []
  var notes: [RunNote]
  /// Lives whose parent has no cell, and the id that their environment had: a command that could not
  /// be entered hands its own on.
  private(set) var orphans: [UInt64: UInt64] = [:]
  /// Cells that were taken and never filled: their writers died there.
  var unfilled = 0
  /// Cells with an id that another one has, or of a state that is not known.
  var unreadable = 0

  /// Ids that name another life: announced cells that were entered elsewhere.
  private var aliases: [UInt64: UInt64] = [:]

  init(ledgers: [Ledger], notes: [RunNote]) {
    self.notes = notes
    for ledger in ledgers { collect(ledger) }
    joinAnnounced()
    resolveParents()
    findUnannouncedParents()
  }

  private mutating func collect(_ ledger: Ledger) {
    let date = ledger.header.created &- ledger.header.created_boot
    entries.reserveCapacity(entries.count + ledger.cells.count)
    for cell in ledger.cells {
      switch slv_cell_state(cell.state) {
      case SLV_CELL_FREE: unfilled += 1
      case SLV_CELL_CANCELLED, SLV_CELL_PROGRAM: continue
      case SLV_CELL_REAP, SLV_CELL_MARK, SLV_CELL_KILL: events.append(cell)
      case SLV_CELL_ANNOUNCED, SLV_CELL_ENTERED, SLV_CELL_ENDING, SLV_CELL_ENDED:
        guard cell.life != 0, entries[cell.life] == nil,
          let beginning = Self.beginning(cell)
        else {
          unreadable += 1
          continue
        }
        entries[cell.life] = Entry(
          cell: cell, parent: cell.parent, beginning: beginning, outerPID: cell.outer_pid,
          date: date)
      default: unreadable += 1
      }
    }
  }

  private static func beginning(_ cell: slv_cell) -> Life.Beginning? {
    switch slv_kind(UInt32(cell.kind)) {
    case SLV_KIND_ROOT: cell.announced_as == 0 ? .root : .unannounced
    case SLV_KIND_FORK: .fork
    case SLV_KIND_EXEC: .exec
    case SLV_KIND_SPAWN: .spawn
    case SLV_KIND_VFORK: .vfork
    default: nil
    }
  }

  /// Ids of lives, the eldest first. Entries are large: what is sorted is not.
  func byBirth(where isWanted: (Entry) -> Bool = { _ in true }) -> [UInt64] {
    var births: [(born: UInt64, life: UInt64)] = []
    births.reserveCapacity(entries.count)
    for (life, entry) in entries where isWanted(entry) { births.append((entry.cell.born, life)) }
    births.sort { $0 < $1 }
    return births.map(\.life)
  }

  private var entered: [UInt64] { byBirth(where: \.isEntered) }

  // MARK: Announced lives

  private mutating func joinAnnounced() {
    var notesByLife: [UInt64: Int] = [:]
    for (index, note) in notes.enumerated() { notesByLife[note.id ?? 0] = index }
    for life in entered {
      guard let entry = entries[life], entry.cell.announced_as != 0 else { continue }
      let name = entry.cell.announced_as
      if let announced = entries[name], fits(entry, announced) {
        entries[life]?.beginning = announced.beginning
        entries[life]?.parent = announced.parent
        entries[life]?.outerPID = announced.outerPID
        entries[name] = nil
        aliases[name] = life
      } else if aliases[name] == nil, let index = notesByLife[name], fits(entry, notes[index]) {
        entries[life]?.note = index
        entries[life]?.beginning = .root
        entries[life]?.parent = 0
        entries[life]?.outerPID = notes[index].pid
        aliases[name] = life
      }
    }
  }

  /// `announced` was meant for the process of `entry`, and not for a static one that handed its
  /// environment on to it.
  private func fits(_ entry: Entry, _ announced: Entry) -> Bool {
    guard !announced.isEntered, announced.cell.born <= entry.cell.born else { return false }
    guard announced.cell.pidns == entry.cell.pidns else {
      return announced.cell.loss == SLV_LOSS_NONE.rawValue
    }
    if announced.outerPID != 0 { return announced.outerPID == entry.cell.pid }
    // An announced cell's ppid is the process that announced it.
    let announcer = announced.cell.ppid
    return announced.beginning == .exec
      ? announcer == entry.cell.pid : announcer == entry.cell.ppid
  }

  private func fits(_ entry: Entry, _ note: RunNote) -> Bool {
    guard note.pid != 0 else { return true }
    return entry.cell.pid == note.pid
      && (entry.cell.pidns == note.pidNamespace || entry.cell.pidns == 0 || note.pidNamespace == 0)
  }

  // MARK: Parents

  private mutating func resolveParents() {
    for life in Array(entries.keys) {
      guard let entry = entries[life] else { continue }
      var parent = entry.parent
      if parent == 0 && entry.note == nil { parent = entry.cell.announced_as }
      parent = aliases[parent] ?? parent
      if entries[parent] == nil || parent == life {
        if parent != 0 { orphans[life] = parent }
        parent = 0
      }
      entries[life]?.parent = parent
      if entry.beginning == .unannounced && parent == 0 { entries[life]?.beginning = .root }
    }
  }

  /// An unannounced life names the image whose environment it got. Its parent may be a fork child of
  /// that; and where the pid is the same, that image went on as this one past the hooks.
  private mutating func findUnannouncedParents() {
    var byPID: [Int32: [UInt64]] = [:]
    for (life, entry) in entries where entry.isEntered {
      byPID[entry.cell.pid, default: []].append(life)
    }
    for life in entered {
      guard let entry = entries[life], entry.beginning == .unannounced,
        let named = entries[entry.parent]
      else { continue }
      if let same = latest(byPID[entry.cell.pid], before: entry, within: entry.parent) {
        entries[life]?.parent = same
        entries[life]?.beginning = .exec
      } else if named.cell.pid != entry.cell.ppid,
        let parent = latest(byPID[entry.cell.ppid], before: entry, within: entry.parent)
      {
        entries[life]?.parent = parent
      }
    }
  }

  /// The youngest of `candidates` that was born before `entry` in the same pid namespace and is
  /// `root` or descends from it.
  private func latest(_ candidates: [UInt64]?, before entry: Entry, within root: UInt64) -> UInt64?
  {
    (candidates ?? []).filter { candidate in
      guard candidate != entry.cell.life, let other = entries[candidate] else { return false }
      return other.cell.pidns == entry.cell.pidns && other.cell.born <= entry.cell.born
        && descends(candidate, from: root)
    }.max { (entries[$0]?.cell.born ?? 0) < (entries[$1]?.cell.born ?? 0) }
  }

  private func descends(_ life: UInt64, from root: UInt64) -> Bool {
    var at = life
    // A hostile ledger may hold a ring of parents.
    for _ in 0..<1000 {
      if at == root { return true }
      guard let parent = entries[at]?.parent, parent != 0 else { return false }
      at = parent
    }
    return false
  }
}
