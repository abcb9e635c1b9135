import SalvageSystem
package import SystemPackage

/// What the ledger of one recording says, as an archive keeps it: the reader's own verdicts.
package struct LedgerPart: Sendable {
  package var runs: [RunNote]
  package var lives: Lives
  /// Those of no life.
  package var losses: [Loss]
  /// Those that were met as counters were read.
  package var counterLosses: [Loss]

  package init(_ contents: RecordingContents, counterLosses: [Loss]) {
    runs = contents.runs
    lives = contents.lives
    losses = contents.losses.others
    self.counterLosses = counterLosses
  }

  fileprivate init() { (runs, lives, losses, counterLosses) = ([], Lives(), [], []) }
}

extension Packer {
  package func ledger(_ part: LedgerPart) throws {
    try number(part.runs.count)
    for run in part.runs { try list(run.encoded()) }
    var texts = Texts(part.lives.commands.texts)
    try number(part.lives.count)
    var before: UInt64 = 0
    for position in part.lives.indices {
      try life(part.lives[position], &texts, before)
      before = part.lives.records[position].born
    }
    for losses in [part.losses, part.counterLosses] {
      try number(losses.count)
      for loss in losses {
        try number(UInt64(loss.reason.rawValue))
        try optional(loss.life)
        try interned(loss.subject, &texts)
        try signed(loss.code)
        try text(loss.detail)
      }
    }
  }

  /// Texts that came before are numbers: thousands of lives run one program.
  struct Texts {
    /// Those of the lives, and the number that each has in the archive; 0: it did not come yet.
    private let known: TextTable
    private var numbers: [UInt32]
    private var others: [String: UInt32] = [:]
    private var count: UInt32 = 0

    init(_ known: TextTable) {
      self.known = known
      numbers = [UInt32](repeating: 0, count: known.count)
    }

    /// The number that a text has; nil where it comes now and gets one.
    fileprivate mutating func number(of text: String) -> UInt32? {
      if let place = known.number(of: text) {
        if numbers[Int(place)] != 0 { return numbers[Int(place)] }
        count += 1
        numbers[Int(place)] = count
        return nil
      }
      if let number = others[text] { return number }
      count += 1
      others[text] = count
      return nil
    }
  }

  private func interned(_ text: String, _ texts: inout Texts) throws {
    if let number = texts.number(of: text) { return try self.number(UInt64(number)) }
    try number(0)
    try self.text(text)
  }

  private func life(_ life: Life, _ texts: inout Texts, _ before: UInt64) throws {
    try word(life.id)
    try word(life.parent ?? 0)
    try number(Int(life.beginning.number) << 1 | (life.isEntered ? 1 : 0))
    try signed(life.pid)
    try signed(life.outerPID)
    try signed(life.parentPID)
    try number(UInt64(life.user))
    try number(life.pidNamespace)
    try number(life.born &- before)
    try word(life.bornAtBoot)
    try optional(life.ended.map { $0 &- life.born })
    try interned(life.program, &texts)
    try number(life.arguments.count)
    for argument in life.arguments { try interned(argument, &texts) }
    try number(life.argumentCount)
    try number(UInt64(life.end.way.code.kind))
    try signed(life.end.way.code.value)
    try optional(life.killer)
    try number(life.losses.count)
    for loss in life.losses {
      try number(UInt64(loss.reason.rawValue))
      try interned(loss.subject, &texts)
      try signed(loss.code)
      try text(loss.detail)
    }
    try number(UInt64(life.context))
    try number(UInt64(life.flags.rawValue))
    try number(life.objects)
    try number(life.snapshots)
  }
}

extension Unpacker {
  /// - Parameter lives: where the lives go, behind those that are there.
  package func ledger(
    of archive: FilePath, to lives: inout Lives
  ) throws(RecordError) -> LedgerPart {
    var part = LedgerPart()
    for _ in 0..<(try count()) {
      part.runs.append(try RunNote(bytes: try list(most: 16 << 20), path: archive))
    }
    var texts: [UInt32] = []
    var before: UInt64 = 0
    let count = try count()
    try WorkProgress.part("reading the ledger", of: count) { () throws(RecordError) in
      for number in 0..<count {
        before = try life(&texts, before, &lives)
        if number % 4096 == 4095 { WorkProgress.step(4096) }
      }
    }
    part.losses = try losses(&texts, &lives.commands.texts)
    part.counterLosses = try losses(&texts, &lives.commands.texts)
    return part
  }

  private func losses(
    _ numbers: inout [UInt32], _ texts: inout TextTable
  ) throws(RecordError) -> [Loss] {
    var result: [Loss] = []
    for _ in 0..<(try count()) {
      let reason = try reason()
      let life = try optional()
      result.append(
        Loss(
          reason, life: life, subject: texts[try interned(&numbers, &texts)], code: try signed(),
          detail: try text()))
    }
    return result
  }

  private func reason() throws(RecordError) -> LossReason {
    LossReason(rawValue: UInt16(clamping: try number())) ?? .unknown
  }

  /// - Parameter numbers: those in the table of texts that came so far.
  private func interned(
    _ numbers: inout [UInt32], _ texts: inout TextTable
  ) throws(RecordError) -> UInt32 {
    let number = try number()
    if number == 0 {
      numbers.append(texts.insert(try text()))
      return numbers[numbers.count - 1]
    }
    guard number <= UInt64(numbers.count) else { throw malformed("a text that there is not") }
    return numbers[Int(number) - 1]
  }

  /// Answers with when it was born.
  private func life(
    _ numbers: inout [UInt32], _ before: UInt64, _ lives: inout Lives
  ) throws(RecordError) -> UInt64 {
    let id = try word()
    let parent = try word()
    let start = try number()
    guard let beginning = Life.Beginning(Int(clamping: start >> 1)) else {
      throw malformed("a life began as none does")
    }
    var life = Life(
      id: id, parent: parent == 0 ? nil : parent, beginning: beginning,
      isEntered: start & 1 != 0, pid: try signed(), outerPID: try signed(),
      parentPID: try signed(), user: UInt32(clamping: try number()), pidNamespace: try number(),
      bornAtBoot: 0, born: before &+ (try number()), ended: nil, program: "", arguments: [],
      argumentCount: 0, end: Life.End(.vanished), killer: nil, losses: [], context: 0, flags: [],
      objects: 0, snapshots: 0)
    life.bornAtBoot = try word()
    life.ended = try optional().map { life.born &+ $0 }
    let program = try interned(&numbers, &lives.commands.texts)
    var arguments: [UInt32] = []
    for _ in 0..<(try count()) {
      arguments.append(try interned(&numbers, &lives.commands.texts))
    }
    let command = lives.commands.insert(
      program: program, arguments: arguments, count: try count(most: 1 << 32))
    let end = try number()
    let value = try signed()
    guard let way = Life.Way(kind: end, value: value) else {
      throw malformed("a life ended as none does")
    }
    life.end = Life.End(way)
    life.killer = try optional()
    for _ in 0..<(try count()) {
      life.losses.append(
        Loss(
          try reason(), life: id,
          subject: lives.commands.texts[try interned(&numbers, &lives.commands.texts)],
          code: try signed(), detail: try text()))
    }
    life.context = UInt32(clamping: try number())
    life.flags = Life.Flags(rawValue: UInt32(clamping: try number()))
    life.objects = try count(most: 1 << 32)
    life.snapshots = try count(most: 1 << 32)
    lives.append(life, command: command)
    return life.born
  }
}
