import CSalvageABI

/// Joins the cells of all ledgers of a recording to lives, first step: who is who, and whose child.
///
/// A cell is a life, an event, or nothing. Two cells are one life where a process entered a cell of
/// its own although another had been announced for it (it had changed its user meanwhile): the second
/// names the first in `announced_as`.
///
/// Lives are named by their positions in `lives`, in order of birth. Nothing is kept of a cell but what the answer
/// needs: a ledger may hold millions.
struct LifeTable {
  /// A wait status that somebody collected.
  struct Event {
    var time: UInt64
    var process: ProcessName
    var status: Int32
  }

  /// A SIGKILL that somebody sent.
  struct Kill {
    var time: UInt64
    var process: ProcessName
    var killer: UInt64
  }

  /// A process as those of one pid namespace see it.
  struct ProcessName: Hashable, Comparable {
    /// Number of a namespace, see `namespace(_:)`.
    var namespace: UInt32
    var pid: Int32

    static func < (left: Self, right: Self) -> Bool {
      (left.namespace, left.pid) < (right.namespace, right.pid)
    }
  }

  var lives = Lives()
  private(set) var index = LifeIndex()
  /// Of each life, what its cell says that it was announced as.
  private var announcedAs: [UInt64] = []
  var events: [Event] = []
  var kills: [Kill] = []
  let notes: [RunNote]
  /// CMD of a `salvage run`: its note.
  private(set) var noteOf: [Int: Int] = [:]
  /// Cells that were taken and never filled: their writers died there.
  private(set) var unfilled = 0
  /// Cells with an id that another one has, or of a state that is not known.
  private(set) var unreadable = 0

  /// Ids that name another life: announced cells that were entered elsewhere.
  private var aliases: [UInt64: UInt64] = [:]
  private var namespaceNumbers: [UInt64: UInt32] = [:]

  init(notes: [RunNote] = []) { self.notes = notes }

  // MARK: Cells

  /// Takes in one cell of the ledger that `header` begins.
  mutating func add(_ cell: slv_cell, of header: slv_ledger_header) {
    switch slv_cell_state(cell.state) {
    case SLV_CELL_FREE: unfilled += 1
    case SLV_CELL_CANCELLED, SLV_CELL_PROGRAM, SLV_CELL_MARK: break
    case SLV_CELL_REAP:
      events.append(
        Event(
          time: cell.ended != 0 ? cell.ended : cell.born, process: name(cell.pid, cell.pidns),
          status: cell.status))
    case SLV_CELL_KILL:
      kills.append(
        Kill(time: cell.born, process: name(cell.pid, cell.pidns), killer: cell.parent))
    case SLV_CELL_ANNOUNCED, SLV_CELL_ENTERED, SLV_CELL_ENDING, SLV_CELL_ENDED:
      guard cell.life != 0, let beginning = Self.beginning(cell) else {
        unreadable += 1
        return
      }
      append(cell, beginning, boot: header.created &- header.created_boot)
    default: unreadable += 1
    }
  }

  private mutating func append(_ cell: slv_cell, _ beginning: Life.Beginning, boot: UInt64) {
    var record = LifeRecord(id: cell.life, born: cell.born)
    record.parent = cell.parent
    record.ended = cell.ended
    (record.pid, record.outerPID, record.parentPID) = (cell.pid, cell.outer_pid, cell.ppid)
    record.surroundings = lives.place(
      of: LifeRecord.Surroundings(
        namespace: cell.pidns, boot: boot, user: cell.uid, machine: TextTable.empty))
    record.value = cell.status
    record.flags = cell.flags
    record.context = cell.context
    record.objects = cell.objects
    record.snapshots = cell.snapshots
    record.losses.0 = cell.loss
    record.lossCode = cell.loss_errno
    record.end = UInt8(clamping: cell.cause)
    record.beginning = beginning.number
    record.isEntered = cell.state != SLV_CELL_ANNOUNCED.rawValue
    record.state = UInt8(cell.state)
    lives.records.append(record)
    guard index.insert(lives.count - 1, lives.records) else {
      lives.records.removeLast()
      unreadable += 1
      return
    }
    announcedAs.append(cell.announced_as)
  }

  mutating func name(_ pid: Int32, _ namespace: UInt64) -> ProcessName {
    let next = UInt32(namespaceNumbers.count)
    let number = namespaceNumbers[namespace] ?? next
    if number == next { namespaceNumbers[namespace] = next }
    return ProcessName(namespace: number, pid: pid)
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

  /// Notes what a life runs; a later word of it counts.
  mutating func add(_ program: ProgramRecord) {
    guard let position = index.position(of: program.life, in: lives) else { return }
    lives.records[position].command = lives.commands.insert(program)
  }

  // MARK: Joining

  /// After all cells and programs: who is who.
  mutating func join() {
    sort()
    joinAnnounced()
    resolveParents()
    findUnannouncedParents()
    announcedAs = []
  }

  func namespace(at position: Int) -> UInt64 {
    lives.surroundings[Int(lives.records[position].surroundings)].namespace
  }

  func position(of life: UInt64) -> Int? {
    life == 0 ? nil : index.position(of: life, in: lives)
  }

  private mutating func sort() {
    guard var order = lives.orderByBirth() else { return }
    announcedAs = order.map { announcedAs[Int($0)] }
    lives.arrange(&order)
    reindex()
  }

  private mutating func reindex() {
    index = LifeIndex()
    index = LifeIndex(lives)
  }

  // MARK: Announced lives

  private mutating func joinAnnounced() {
    var notesByLife: [UInt64: Int] = [:]
    for (number, note) in notes.enumerated() { notesByLife[note.id ?? 0] = number }
    var gone: Set<Int> = []
    for life in lives.indices where lives.records[life].isEntered && announcedAs[life] != 0 {
      let name = announcedAs[life]
      if let announced = position(of: name), !gone.contains(announced), fits(life, announced) {
        lives.records[life].beginning = lives.records[announced].beginning
        lives.records[life].parent = lives.records[announced].parent
        lives.records[life].outerPID = lives.records[announced].outerPID
        gone.insert(announced)
        aliases[name] = lives.records[life].id
      } else if aliases[name] == nil, let number = notesByLife[name], fits(life, notes[number]) {
        noteOf[life] = number
        lives.records[life].beginning = Life.Beginning.root.number
        lives.records[life].parent = 0
        lives.records[life].outerPID = notes[number].pid
        aliases[name] = lives.records[life].id
      }
    }
    if !gone.isEmpty { remove(gone) }
  }

  private mutating func remove(_ gone: Set<Int>) {
    let noted = noteOf
    noteOf = [:]
    var kept = 0
    for position in lives.indices where !gone.contains(position) {
      lives.records[kept] = lives.records[position]
      announcedAs[kept] = announcedAs[position]
      noteOf[kept] = noted[position]
      kept += 1
    }
    lives.records.removeLast(lives.records.count - kept)
    announcedAs.removeLast(announcedAs.count - kept)
    reindex()
  }

  /// `announced` was meant for the process of `life`, and not for a static one that handed its
  /// environment on to it.
  private func fits(_ life: Int, _ announced: Int) -> Bool {
    let (entered, record) = (lives.records[life], lives.records[announced])
    guard !record.isEntered, record.born <= entered.born else { return false }
    guard namespace(at: announced) == namespace(at: life) else { return record.losses.0 == 0 }
    if record.outerPID != 0 { return record.outerPID == entered.pid }
    // An announced cell's ppid is the process that announced it.
    return record.beginning == Life.Beginning.exec.number
      ? record.parentPID == entered.pid : record.parentPID == entered.parentPID
  }

  private func fits(_ life: Int, _ note: RunNote) -> Bool {
    guard note.pid != 0 else { return true }
    let namespace = namespace(at: life)
    return lives.records[life].pid == note.pid
      && (namespace == note.pidNamespace || namespace == 0 || note.pidNamespace == 0)
  }

  // MARK: Parents

  /// Notes of commands that could not be entered: all that is known of them is what `salvage run` saw.
  var commandsNotEntered: [RunNote] {
    let found = Set(noteOf.values)
    return notes.indices.filter { !found.contains($0) && notes[$0].pid != 0 }.map { notes[$0] }
  }

  private mutating func resolveParents() {
    let commands = Set(commandsNotEntered.compactMap(\.id))
    for life in lives.indices {
      let record = lives.records[life]
      var parent = record.parent
      if parent == 0 && noteOf[life] == nil { parent = announcedAs[life] }
      parent = aliases[parent] ?? parent
      if parent == record.id || position(of: parent) == nil {
        // What a command without a cell started carries its id.
        let isCommand = parent != 0 && commands.contains(parent)
        if isCommand { lives.records[life].beginning = Life.Beginning.unannounced.number }
        lives.records[life].parent = isCommand ? parent : 0
      } else {
        lives.records[life].parent = parent
      }
      if lives.records[life].parent == 0,
        record.beginning == Life.Beginning.unannounced.number
      {
        lives.records[life].beginning = Life.Beginning.root.number
      }
    }
  }

  /// An unannounced life names the image whose environment it got. Its parent may be a fork child of
  /// that; and where the pid is the same, that image went on as this one past the hooks.
  private mutating func findUnannouncedParents() {
    let unannounced = Life.Beginning.unannounced.number
    guard lives.records.contains(where: { $0.beginning == unannounced }) else { return }
    var byPID: [UInt64] = []
    for life in lives.indices where lives.records[life].isEntered {
      byPID.append(UInt64(UInt32(bitPattern: lives.records[life].pid)) << 32 | UInt64(life))
    }
    byPID.sort()
    for life in lives.indices
    where lives.records[life].isEntered && lives.records[life].beginning == unannounced {
      let record = lives.records[life]
      guard let named = position(of: record.parent) else { continue }
      if let same = latest(byPID, record.pid, before: life, within: record.parent) {
        lives.records[life].parent = lives.records[same].id
        lives.records[life].beginning = Life.Beginning.exec.number
      } else if lives.records[named].pid != record.parentPID,
        let parent = latest(byPID, record.parentPID, before: life, within: record.parent)
      {
        lives.records[life].parent = lives.records[parent].id
      }
    }
  }

  /// The youngest of pid `pid` that was born before `life` in the same pid namespace and is
  /// `root` or descends from it.
  private func latest(
    _ byPID: [UInt64], _ pid: Int32, before life: Int, within root: UInt64
  ) -> Int? {
    let group = UInt64(UInt32(bitPattern: pid))
    var at = byPID.partition { $0 > group << 32 | UInt64(life) }
    let born = lives.records[life].born
    // Who was born in the same moment may stand behind it.
    while at < byPID.count, byPID[at] >> 32 == group,
      lives.records[Int(UInt32(truncatingIfNeeded: byPID[at]))].born <= born
    {
      at += 1
    }
    while at > 0, byPID[at - 1] >> 32 == group {
      at -= 1
      let other = Int(UInt32(truncatingIfNeeded: byPID[at]))
      if other != life, namespace(at: other) == namespace(at: life),
        descends(other, from: root)
      {
        return other
      }
    }
    return nil
  }

  private func descends(_ life: Int, from root: UInt64) -> Bool {
    var at = life
    // A hostile ledger may hold a ring of parents.
    for _ in 0..<1000 {
      if lives.records[at].id == root { return true }
      guard let parent = position(of: lives.records[at].parent) else { return false }
      at = parent
    }
    return false
  }
}

extension [UInt64] {
  /// In a sorted array: the first place of what `isBehind`.
  func partition(_ isBehind: (UInt64) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
