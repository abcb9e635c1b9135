import CSalvageABI

/// The last step of reading a ledger: how each life ended, and what of it is lost.
struct Verdict {
  let table: LifeTable
  let reaping: Reaping
  let programs: [UInt64: ProgramRecord]
  let processes: any ProcessTable

  /// All lives, the eldest first.
  func lives() -> [Life] {
    table.byBirth().compactMap { table.entries[$0].map(life(of:)) }
  }

  private func life(of entry: LifeTable.Entry) -> Life {
    let cell = entry.cell
    let program = program(of: cell.life)
    var life = Life(
      id: cell.life, parent: entry.parent == 0 ? nil : entry.parent, beginning: entry.beginning,
      isEntered: entry.isEntered, pid: cell.pid != 0 ? cell.pid : entry.outerPID,
      outerPID: entry.outerPID, parentPID: cell.ppid, user: cell.uid, pidNamespace: cell.pidns,
      bornAtBoot: cell.born, born: cell.born &+ entry.date, ended: nil,
      program: program?.path ?? "", arguments: program?.arguments ?? [],
      argumentCount: program?.argumentCount ?? 0, end: end(of: entry), killer: nil, losses: [],
      context: cell.context, flags: Life.Flags(rawValue: cell.flags), objects: Int(cell.objects),
      snapshots: Int(cell.snapshots))
    if let time = reaping.statuses[cell.life]?.time ?? (cell.ended != 0 ? cell.ended : nil) {
      life.ended = time &+ entry.date
    }
    if case .signal(9, _) = life.end { life.killer = reaping.killers[cell.life] }
    life.losses = losses(of: life, cell: cell)
    return life
  }

  /// A fork child runs its parent's program.
  private func program(of life: UInt64) -> ProgramRecord? {
    var at = life
    for _ in 0..<1000 {
      if let record = programs[at] { return record }
      guard let entry = table.entries[at] else { return nil }
      if let note = entry.note {
        let run = table.notes[note]
        return ProgramRecord(
          life: at, path: run.program, arguments: run.arguments,
          argumentCount: run.arguments.count)
      }
      guard entry.beginning == .fork else { return nil }
      at = entry.parent
    }
    return nil
  }

  // MARK: Ends

  private func end(of entry: LifeTable.Entry) -> Life.End {
    let cell = entry.cell
    if reaping.successors[cell.life] != nil { return .exec }
    if let (status, _) = reaping.statuses[cell.life] {
      return Self.end(waitStatus: status, cause: slv_cause(cell.cause))
    }
    if cell.cause == SLV_CAUSE_EXEC.rawValue { return runs(entry) ? .running : .exec }
    if cell.state != SLV_CELL_ENDED.rawValue && runs(entry) { return .running }
    let cause = slv_cause(cell.cause)
    switch cause {
    case SLV_CAUSE_SIGNAL: return .signal(cell.status & 0x7f, core: false)
    case SLV_CAUSE_ABORT: return .signal(6, core: false)
    default: break
    }
    if let end = Self.end(cause: cause, status: cell.status) { return end }
    // Nobody collected its status, but a SIGKILL was seen on its way.
    return reaping.killers[cell.life] == nil ? .vanished : .signal(9, core: false)
  }

  private func runs(_ entry: LifeTable.Entry) -> Bool {
    let pid = entry.cell.pid != 0 ? entry.cell.pid : entry.outerPID
    return processes.runs(pid: pid, namespace: entry.cell.pidns, born: entry.cell.born)
  }

  /// `status` as of wait(2): the low 7 bits are the signal, bit 7 the core, bits 8 to 15 the code.
  static func end(waitStatus status: Int32, cause: slv_cause) -> Life.End {
    let signal = status & 0x7f
    if signal != 0 { return .signal(signal, core: status & 0x80 != 0) }
    let code = status >> 8 & 0xff
    return end(cause: cause, status: code) ?? .ended(code)
  }

  private static func end(cause: slv_cause, status: Int32) -> Life.End? {
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

  private func losses(of life: Life, cell: slv_cell) -> [Loss] {
    var result: [Loss] = []
    func lose(_ reason: LossReason) {
      result.append(
        Loss(reason, life: life.id, subject: life.program, code: cell.loss_errno))
    }
    if let reason = LossReason(contract: cell.loss) {
      lose(reason)
    } else if !life.isEntered && life.end != .running && !life.flags.contains(.counterless) {
      lose(.notStarted)
    }
    let flags = life.flags
    if flags.contains(.isPrivate) && !flags.contains(.flushed) && life.end != .running {
      if flags.contains(.coverage) {
        if cell.loss != SLV_LOSS_COVERAGE_UNSAVED.rawValue { lose(.coverageUnsaved) }
      } else if cell.loss != SLV_LOSS_PRIVATE_KILLED.rawValue {
        lose(.privateKilled)
      }
    }
    return result
  }
}
