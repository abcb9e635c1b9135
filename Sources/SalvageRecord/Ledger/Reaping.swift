import CSalvageABI

/// Wait statuses and the processes that they belong to.
///
/// A process is a chain of lives by exec; its wait status is that of the last. A status names a pid
/// in the namespace of the process that collected it: it belongs to the latest process of that pid
/// that began before the status was collected and has none yet.
struct Reaping {
  /// Wait status of a life, as of wait(2), and when it was collected (boot time).
  private(set) var statuses: [UInt64: (status: Int32, time: UInt64)] = [:]
  /// The life that a life became by exec.
  private(set) var successors: [UInt64: UInt64] = [:]
  /// Who sent the SIGKILL that ended a life.
  private(set) var killers: [UInt64: UInt64] = [:]

  private struct Name: Hashable {
    var namespace: UInt64
    var pid: Int32
  }

  /// The first lives of processes by each name they have, the eldest first.
  private var processes: [Name: [UInt64]] = [:]

  init(_ table: LifeTable) {
    chain(table)
    nameProcesses(table)
    for (index, note) in table.notes.enumerated() {
      guard let status = note.status, let time = note.endedAtBoot else { continue }
      if let life = table.entries.values.first(where: { $0.note == index })?.cell.life {
        statuses[last(of: life)] = (status, time)
      }
    }
    for event in table.events.sorted(by: { $0.born < $1.born }) {
      switch slv_cell_state(event.state) {
      case SLV_CELL_REAP: match(event, table)
      case SLV_CELL_KILL: noteKill(event, table)
      default: continue
      }
    }
  }

  /// The last image of the process that `life` belongs to.
  func last(of life: UInt64) -> UInt64 {
    var at = life
    var steps = 0
    while let next = successors[at], steps < 1_000_000 {
      at = next
      steps += 1
    }
    return at
  }

  private mutating func chain(_ table: LifeTable) {
    for (life, entry) in table.entries where entry.beginning == .exec && entry.parent != 0 {
      if let other = successors[entry.parent], let rival = table.entries[other] {
        // Several, where an exec failed past the hooks: the one that was entered, or the youngest.
        if (rival.isEntered ? 1 : 0, rival.cell.born) >= (entry.isEntered ? 1 : 0, entry.cell.born)
        {
          continue
        }
      }
      successors[entry.parent] = life
    }
  }

  private mutating func nameProcesses(_ table: LifeTable) {
    let followers = Set(successors.values)
    for life in table.byBirth() where !followers.contains(life) {
      guard let entry = table.entries[life] else { continue }
      var names: Set<Name> = []
      if entry.cell.pid != 0 {
        names.insert(Name(namespace: entry.cell.pidns, pid: entry.cell.pid))
      }
      if entry.outerPID != 0 {
        let outer = table.entries[entry.parent]?.cell.pidns ?? entry.cell.pidns
        names.insert(Name(namespace: outer, pid: entry.outerPID))
      }
      for name in names { processes[name, default: []].append(entry.cell.life) }
    }
  }

  private mutating func match(_ event: slv_cell, _ table: LifeTable) {
    let time = event.ended != 0 ? event.ended : event.born
    guard
      let process = latest(Name(namespace: event.pidns, pid: event.pid), before: time, table)
    else { return }
    let image = last(of: process)
    // The same death may be told twice: by `salvage run` and by a shell between it and CMD.
    if statuses[image] == nil { statuses[image] = (event.status, time) }
  }

  private func latest(_ name: Name, before time: UInt64, _ table: LifeTable) -> UInt64? {
    processes[name]?.last { life in
      (table.entries[life]?.cell.born ?? .max) <= time && statuses[last(of: life)] == nil
    }
  }

  private mutating func noteKill(_ event: slv_cell, _ table: LifeTable) {
    let name = Name(namespace: event.pidns, pid: event.pid)
    guard
      let process = processes[name]?.last(where: {
        (table.entries[$0]?.cell.born ?? .max) <= event.born
      })
    else { return }
    killers[last(of: process)] = event.parent
  }
}
