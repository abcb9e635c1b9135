import CSalvageABI
import SalvageSystem

/// Wait statuses and the processes that they belong to.
///
/// A process is a chain of lives by exec; its wait status is that of the last. A status names a pid
/// in the namespace of the process that collected it: it belongs to the latest process of that pid
/// that began before the status was collected and has none yet.
///
/// A status and the time of it go into the record of the life.
struct Reaping {
  /// In a record's `state`: its `value` is a wait status, as of wait(2).
  static let collected: UInt8 = 0x80

  /// Of each life the one that it became by exec, + 1.
  private var successors: [UInt32]
  /// Of the first life of a process its last one.
  private var images: [UInt32]
  /// Who sent the SIGKILL that ended a life.
  private(set) var killers: [Int: UInt64] = [:]

  private struct Name {
    var name: LifeTable.ProcessName
    /// Its first life.
    var process: UInt32
  }

  /// All names of all processes; of one name the eldest first.
  private var names: [Name] = []
  /// Of a name's place the one before it where one without a status may be, + 1; 0: that before.
  private var earlier: [UInt32] = []

  init(_ table: inout LifeTable) {
    successors = [UInt32](repeating: 0, count: table.lives.count)
    images = (0..<UInt32(table.lives.count)).map { $0 }
    chain(table)
    nameProcesses(&table)
    for (life, number) in table.noteOf.sorted(by: { $0.value < $1.value }) {
      let note = table.notes[number]
      guard let status = note.status, let time = note.endedAtBoot else { continue }
      collect(status, time, last(of: life), &table)
    }
    if !zip(table.events, table.events.dropFirst()).allSatisfy({ $0.time <= $1.time }) {
      table.events.sort { $0.time < $1.time }
    }
    for event in table.events { match(event, &table) }
    table.events = []
    table.kills.sort { $0.time < $1.time }
    for kill in table.kills {
      guard let place = latest(kill.process, before: kill.time, table) else { continue }
      killers[Int(images[Int(names[place].process)])] = kill.killer
    }
    (names, earlier) = ([], [])
  }

  func hasSuccessor(_ life: Int) -> Bool { successors[life] != 0 }

  /// The last image of the process that `life` belongs to.
  private func last(of life: Int) -> Int {
    var at = life
    var steps = 0
    while successors[at] != 0, steps < successors.count {
      at = Int(successors[at]) - 1
      steps += 1
    }
    return at
  }

  private mutating func chain(_ table: LifeTable) {
    var hasExecs = false
    for life in table.lives.indices {
      let record = table.lives.records[life]
      guard record.beginning == Life.Beginning.exec.number,
        let parent = table.position(of: record.parent)
      else { continue }
      hasExecs = true
      if successors[parent] != 0 {
        // Several, where an exec failed past the hooks: the one that was entered, or the youngest.
        let rival = table.lives.records[Int(successors[parent]) - 1]
        if (rival.isEntered ? 1 : 0, rival.born) >= (record.isEntered ? 1 : 0, record.born) {
          continue
        }
      }
      successors[parent] = UInt32(life) + 1
    }
    guard hasExecs else { return }
    var isFollower = [Bool](repeating: false, count: successors.count)
    for next in successors where next != 0 { isFollower[Int(next) - 1] = true }
    for life in successors.indices where !isFollower[life] { images[life] = UInt32(last(of: life)) }
    // Of a follower, nobody asks: it is no process of its own.
    for life in successors.indices where isFollower[life] { images[life] = .max }
  }

  private mutating func nameProcesses(_ table: inout LifeTable) {
    names.reserveCapacity(table.lives.count)
    for life in table.lives.indices where images[life] != .max {
      let record = table.lives.records[life]
      let namespace = table.namespace(at: life)
      var own: LifeTable.ProcessName?
      if record.pid != 0 {
        own = table.name(record.pid, namespace)
        names.append(Name(name: table.name(record.pid, namespace), process: UInt32(life)))
      }
      guard record.outerPID != 0 else { continue }
      let outer = table.position(of: record.parent).map { table.namespace(at: $0) } ?? namespace
      let name = table.name(record.outerPID, outer)
      if name != own { names.append(Name(name: name, process: UInt32(life))) }
    }
    names.sort { ($0.name, $0.process) < ($1.name, $1.process) }
    earlier = [UInt32](repeating: 0, count: names.count)
  }

  private func collect(_ status: Int32, _ time: UInt64, _ life: Int, _ table: inout LifeTable) {
    table.lives.records[life].value = status
    table.lives.records[life].ended = time
    table.lives.records[life].state |= Self.collected
  }

  private mutating func match(_ event: LifeTable.Event, _ table: inout LifeTable) {
    guard let start = latest(event.process, before: event.time, table) else { return }
    // The same death may be told twice: by `salvage run` and by a shell between it and CMD.
    var place = start
    while true {
      let image = Int(images[Int(names[place].process)])
      if table.lives.records[image].state & Self.collected == 0 {
        earlier[start] = UInt32(place) + 1
        return collect(event.status, event.time, image, &table)
      }
      let next =
        earlier[place] != 0 && Int(earlier[place]) - 1 < place
        ? Int(earlier[place]) - 1 : place - 1
      guard next >= 0, names[next].name == event.process else {
        earlier[start] = UInt32(place) + 1
        return
      }
      place = next
    }
  }

  /// The place of the youngest process of that name that was born by then.
  private func latest(
    _ name: LifeTable.ProcessName, before time: UInt64, _ table: LifeTable
  ) -> Int? {
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      let other = names[middle]
      let isBehind =
        other.name == name
        ? table.lives.records[Int(other.process)].born > time : name < other.name
      if isBehind { high = middle } else { low = middle + 1 }
    }
    return low > 0 && names[low - 1].name == name ? low - 1 : nil
  }
}
