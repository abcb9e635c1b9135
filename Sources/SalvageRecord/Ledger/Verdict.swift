import CSalvageABI
import SalvageSystem

/// The last step of reading a ledger: how each life ended, and what of it is lost.
struct Verdict {
  private let reaping: Reaping
  private let processes: any ProcessTable

  /// All lives of a joined table and `others`, the eldest first. They are judged in place, and the table is spent:
  /// nobody needs two of a large one.
  static func lives(
    of table: inout LifeTable, with others: [Life], processes: any ProcessTable
  ) -> Lives {
    let verdict = Verdict(reaping: Reaping(&table), processes: processes)
    for life in table.lives.indices { inheritProgram(life, &table) }
    for life in table.lives.indices { verdict.judge(life, &table) }
    for other in others { table.lives.append(other) }
    table.lives.sort()
    var result = Lives()
    swap(&result, &table.lives)
    return result
  }

  private func judge(_ life: Int, _ table: inout LifeTable) {
    let record = table.lives.records[life]
    let boot = table.lives.surroundings[Int(record.surroundings)].boot
    let end = end(of: record, life, table)
    let losses = losses(of: record, end)
    if case .signal(9, _) = end { table.lives.killers[life] = reaping.killers[life] }
    table.lives.records[life].losses = losses
    (table.lives.records[life].end, table.lives.records[life].value) = end.code
    table.lives.records[life].born = record.born &+ boot
    if record.ended != 0 { table.lives.records[life].ended = record.ended &+ boot }
    if record.pid == 0 { table.lives.records[life].pid = record.outerPID }
  }

  /// A fork child runs its parent's program.
  private static func inheritProgram(_ life: Int, _ table: inout LifeTable) {
    var path: [Int] = []
    var at = life
    var command = CommandTable.none
    // A hostile ledger may hold a ring of parents.
    while path.count < 1000 {
      command = table.lives.records[at].command
      if command != CommandTable.none { break }
      path.append(at)
      if let number = table.noteOf[at] {
        let run = table.notes[number]
        command = table.lives.commands.insert(
          ProgramRecord(
            life: table.lives.records[at].id, path: run.program, arguments: run.arguments,
            argumentCount: run.arguments.count))
        break
      }
      guard table.lives.records[at].beginning == Life.Beginning.fork.number,
        let parent = table.position(of: table.lives.records[at].parent)
      else { break }
      at = parent
    }
    guard command != CommandTable.none else { return }
    for place in path { table.lives.records[place].command = command }
  }

  // MARK: Ends

  private func end(
    of record: LifeRecord, _ life: Int, _ table: LifeTable
  ) -> Life.Way {
    if reaping.hasSuccessor(life) { return .exec }
    let cause = slv_cause(UInt32(record.end))
    if record.state & Reaping.collected != 0 {
      return Self.end(waitStatus: record.value, cause: cause)
    }
    let namespace = table.namespace(at: life)
    if cause == SLV_CAUSE_EXEC { return runs(record, namespace) ? .running : .exec }
    if record.state != UInt8(SLV_CELL_ENDED.rawValue), runs(record, namespace) { return .running }
    switch cause {
    case SLV_CAUSE_SIGNAL: return .signal(record.value & 0x7f, core: false)
    case SLV_CAUSE_ABORT: return .signal(6, core: false)
    default: break
    }
    if let end = Self.end(cause: cause, status: record.value) { return end }
    // Nobody collected its status, but a SIGKILL was seen on its way.
    return reaping.killers[life] == nil ? .vanished : .signal(9, core: false)
  }

  private func runs(_ record: LifeRecord, _ namespace: UInt64) -> Bool {
    let pid = record.pid != 0 ? record.pid : record.outerPID
    return processes.runs(pid: pid, namespace: namespace, born: record.born)
  }

  /// `status` as of wait(2): the low 7 bits are the signal, bit 7 the core, bits 8 to 15 the code.
  static func end(waitStatus status: Int32, cause: slv_cause) -> Life.Way {
    let signal = status & 0x7f
    if signal != 0 { return .signal(signal, core: status & 0x80 != 0) }
    let code = status >> 8 & 0xff
    return end(cause: cause, status: code) ?? .ended(code)
  }

  private static func end(cause: slv_cause, status: Int32) -> Life.Way? {
    switch cause {
    case SLV_CAUSE_RETURN: .returned(status & 0xff)
    case SLV_CAUSE_EXIT: .exited(status & 0xff)
    case SLV_CAUSE__EXIT: .exitedAtOnce(status & 0xff)
    case SLV_CAUSE_QUICK_EXIT: .quickExited(status & 0xff)
    case SLV_CAUSE_THREAD_EXIT: .threadExited(status & 0xff)
    default: nil
    }
  }

  // MARK: Losses

  /// Reasons; 0: none.
  private func losses(of record: LifeRecord, _ end: Life.Way) -> (UInt16, UInt16) {
    var result: (UInt16, UInt16) = (0, 0)
    func lose(_ reason: LossReason) {
      if result.0 == 0 { result.0 = reason.rawValue } else { result.1 = reason.rawValue }
    }
    let flags = Life.Flags(rawValue: record.flags)
    let noted = record.losses.0
    if let reason = LossReason(contract: noted) {
      lose(reason)
    } else if !record.isEntered && end != .running && !flags.contains(.counterless) {
      lose(.notStarted)
    }
    if flags.contains(.isPrivate) && !flags.contains(.flushed) && end != .running {
      if flags.contains(.coverage) {
        if noted != SLV_LOSS_COVERAGE_UNSAVED.rawValue { lose(.coverageUnsaved) }
      } else if noted != SLV_LOSS_PRIVATE_KILLED.rawValue {
        lose(.privateKilled)
      }
    }
    return result
  }
}
