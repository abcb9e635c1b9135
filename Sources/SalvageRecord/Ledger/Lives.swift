/// Lives, the eldest first. They are kept in about 100 bytes each, and what they run once: a recording may hold
/// millions. Each is made as it is asked for.
public struct Lives: RandomAccessCollection, Sendable {
  var records: [LifeRecord] = []
  var commands = CommandTable()
  private(set) var surroundings: [LifeRecord.Surroundings] = []
  private var known: [LifeRecord.Surroundings: UInt32] = [:]
  private(set) var machines = TextTable()
  /// Who killed lives, by the positions of these.
  var killers: [Int: UInt64] = [:]
  /// Losses of lives that are not told by a reason alone, by the positions of these.
  private var otherLosses: [Int: [Loss]] = [:]

  package init() {}

  package init(_ lives: some Sequence<Life>) {
    for life in lives { append(life) }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { records.count }

  public subscript(position: Int) -> Life {
    let record = records[position]
    let around = surroundings[Int(record.surroundings)]
    let command = commands.command(record.command)
    let program = command.map { commands.texts[$0.program] } ?? ""
    return Life(
      id: record.id, parent: record.parent == 0 ? nil : record.parent,
      beginning: Life.Beginning(number: record.beginning), isEntered: record.isEntered,
      pid: record.pid, outerPID: record.outerPID, parentPID: record.parentPID, user: around.user,
      pidNamespace: around.namespace, bornAtBoot: record.born &- around.boot, born: record.born,
      ended: record.ended == 0 ? nil : record.ended, program: program,
      arguments: command?.arguments.map { commands.texts[$0] } ?? [],
      argumentCount: command?.count ?? 0, end: Life.End(way(of: record)), killer: killers[position],
      losses: losses(of: record, position, program), context: record.context,
      flags: Life.Flags(rawValue: record.flags), objects: Int(record.objects),
      snapshots: Int(record.snapshots), machine: machines[around.machine])
  }

  // MARK: Parts of a life, for those who look at all

  package func id(at position: Int) -> UInt64 { records[position].id }
  package func parent(at position: Int) -> UInt64? {
    records[position].parent == 0 ? nil : records[position].parent
  }
  package func beginning(at position: Int) -> Life.Beginning {
    Life.Beginning(number: records[position].beginning)
  }
  package func pid(at position: Int) -> Int32 { records[position].pid }
  package func way(at position: Int) -> Life.Way { way(of: records[position]) }
  package func hasLosses(at position: Int) -> Bool { lossCount(at: position) > 0 }

  /// For those who compare recordings.
  package var sortedIDs: [UInt64] { records.map(\.id).sorted() }

  /// Some ended, and nobody looked how.
  var haveVanished: Bool { records.contains { $0.end == Life.Way.vanished.code.kind } }

  /// A process with counters became another program.
  package var haveCountedExec: Bool {
    let counted = (Life.Flags.live.union(.isPrivate)).rawValue
    return records.contains { $0.end == Life.Way.exec.code.kind && $0.flags & counted != 0 }
  }

  /// Nanoseconds since 1970 of the last thing that is known of any.
  package var latest: UInt64 { records.reduce(0) { Swift.max($0, $1.born, $1.ended) } }

  /// True where they are of several machines.
  package var areOfSeveralMachines: Bool {
    guard let first = records.first else { return false }
    let machine = surroundings[Int(first.surroundings)].machine
    return records.contains { surroundings[Int($0.surroundings)].machine != machine }
  }

  private func way(of record: LifeRecord) -> Life.Way {
    Life.Way(kind: UInt64(record.end), value: record.value) ?? .vanished
  }

  func lossCount(at position: Int) -> Int {
    records[position].lossCount + (otherLosses[position]?.count ?? 0)
  }

  private func losses(of record: LifeRecord, _ position: Int, _ program: String) -> [Loss] {
    guard record.losses.0 != 0 || !otherLosses.isEmpty else { return [] }
    let own = [record.losses.0, record.losses.1].compactMap { LossReason(rawValue: $0) }.map {
      Loss($0, life: record.id, subject: program, code: record.lossCode)
    }
    return own + (otherLosses[position] ?? [])
  }

  func losses(at position: Int) -> [Loss] {
    let record = records[position]
    return losses(
      of: record, position, record.losses.0 == 0 ? "" : commands.program(record.command))
  }

  // MARK: Making

  mutating func place(of one: LifeRecord.Surroundings) -> UInt32 {
    if let last = surroundings.last, last == one { return UInt32(surroundings.count - 1) }
    if let place = known[one] { return place }
    surroundings.append(one)
    known[one] = UInt32(surroundings.count - 1)
    return UInt32(surroundings.count - 1)
  }

  mutating func machine(_ name: String) -> UInt32 { machines.insert(name) }

  /// All from a position on are of that machine.
  mutating func setMachine(_ name: String, from start: Int = 0) {
    let machine = machines.insert(name)
    // Lives that came before may have the same surroundings.
    var moved: [UInt32: UInt32] = [:]
    for position in start..<count {
      let place = records[position].surroundings
      if surroundings[Int(place)].machine == machine { continue }
      if moved[place] == nil {
        var one = surroundings[Int(place)]
        one.machine = machine
        moved[place] = self.place(of: one)
      }
      records[position].surroundings = moved[place] ?? place
    }
  }

  /// Those of other lives, behind.
  package mutating func append(contentsOf others: Lives) {
    for life in others { append(life) }
  }

  package mutating func append(_ life: Life) {
    let command = commands.insert(
      ProgramRecord(
        life: life.id, path: life.program, arguments: life.arguments,
        argumentCount: life.argumentCount))
    append(life, command: command)
  }

  /// - Parameter command: its number here; `life` says nothing of it.
  mutating func append(_ life: Life, command: UInt32) {
    var record = LifeRecord(id: life.id, born: life.born)
    record.parent = life.parent ?? 0
    record.ended = life.ended ?? 0
    (record.pid, record.outerPID, record.parentPID) = (life.pid, life.outerPID, life.parentPID)
    record.surroundings = place(
      of: LifeRecord.Surroundings(
        namespace: life.pidNamespace, boot: life.born &- life.bornAtBoot, user: life.user,
        machine: machine(life.machine)))
    record.command = command
    (record.end, record.value) = life.end.way.code
    record.flags = life.flags.rawValue
    record.context = life.context
    record.objects = UInt32(clamping: life.objects)
    record.snapshots = UInt32(clamping: life.snapshots)
    record.beginning = life.beginning.number
    record.isEntered = life.isEntered
    if let killer = life.killer { killers[records.count] = killer }
    set(life.losses, &record)
    records.append(record)
  }

  /// In the record where its form has room for all of them.
  private mutating func set(_ losses: [Loss], _ record: inout LifeRecord) {
    guard let first = losses.first else { return }
    let program = commands.program(record.command)
    let isPlain =
      losses.count <= 2
      && losses.allSatisfy {
        $0.life == record.id && $0.subject == program && $0.detail.isEmpty && $0.code == first.code
      }
    guard isPlain else {
      otherLosses[records.count] = losses
      return
    }
    record.losses = (first.reason.rawValue, losses.count == 2 ? losses[1].reason.rawValue : 0)
    record.lossCode = first.code
  }

  /// Those that `isWanted`, in the same order.
  package func selected(_ isWanted: (Int) -> Bool) -> Lives {
    var result = self
    let positions = indices.filter(isWanted)
    result.records = positions.map { records[$0] }
    let isPlain = killers.isEmpty && otherLosses.isEmpty
    if !isPlain { result.move(positions.enumerated().lazy.map { (from: $1, to: $0) }) }
    return result
  }

  /// What belongs to positions goes with them.
  private mutating func move(_ moves: some Sequence<(from: Int, to: Int)>) {
    let (killers, losses) = (killers, otherLosses)
    (self.killers, otherLosses) = ([:], [:])
    for (from, to) in moves {
      if let killer = killers[from] { self.killers[to] = killer }
      if let own = losses[from] { otherLosses[to] = own }
    }
  }

  /// Gives other ids to those from a position on, which stay as they belong together.
  mutating func rename(from start: Int, by mask: UInt64) {
    for position in start..<count {
      records[position].id ^= mask
      if records[position].parent != 0 { records[position].parent ^= mask }
      if let killer = killers[position] { killers[position] = killer ^ mask }
      guard var losses = otherLosses[position] else { continue }
      for number in losses.indices { losses[number].life = records[position].id }
      otherLosses[position] = losses
    }
  }

  mutating func reserveCapacity(_ count: Int) { records.reserveCapacity(count) }

  /// The eldest first.
  mutating func sort() {
    guard var order = orderByBirth() else { return }
    arrange(&order)
  }

  /// Positions in the order of birth; nil where that is theirs.
  func orderByBirth() -> [UInt32]? {
    func isBefore(_ left: LifeRecord, _ right: LifeRecord) -> Bool {
      (left.born, left.id) < (right.born, right.id)
    }
    if zip(records, records.dropFirst()).allSatisfy({ !isBefore($1, $0) }) { return nil }
    var order = (0..<UInt32(records.count)).map { $0 }
    order.sort { isBefore(records[Int($0)], records[Int($1)]) }
    return order
  }

  /// Puts at each position the life that `order` has there, in place. `order` is spent.
  mutating func arrange(_ order: inout [UInt32]) {
    if !(killers.isEmpty && otherLosses.isEmpty) {
      move(order.enumerated().lazy.map { (from: Int($1), to: $0) })
    }
    for start in order.indices where order[start] != UInt32(start) {
      let first = records[start]
      var at = start
      while true {
        let from = Int(order[at])
        order[at] = UInt32(at)
        guard from != start else { break }
        records[at] = records[from]
        at = from
      }
      records[at] = first
    }
  }
}

extension Lives: Equatable {
  public static func == (left: Lives, right: Lives) -> Bool { left.elementsEqual(right) }
}

/// Finds lives by their ids.
package struct LifeIndex: Sendable {
  private var index = PlaceIndex()
  private let hashing = SeededHash()

  package init(_ lives: Lives) {
    for position in lives.indices { _ = insert(position, lives.records) }
  }

  init() {}

  /// Notes the last of `records` under its id; false if another one has it.
  mutating func insert(_ position: Int, _ records: [LifeRecord]) -> Bool {
    let hashing = hashing
    let hash = hashing.hash(records[position].id)
    if index.find(hash, { records[$0].id == records[position].id }) != nil { return false }
    index.insert(hash, count: position + 1) { hashing.hash(records[$0].id) }
    return true
  }

  /// The position of a life; the first one's where several have the id.
  package func position(of id: UInt64, in lives: Lives) -> Int? {
    index.find(hashing.hash(id)) { lives.records[$0].id == id }
  }
}
