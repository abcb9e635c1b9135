package import SystemPackage

/// What the ledger of one recording says, as an archive keeps it: the reader's own verdicts.
package struct LedgerPart: Sendable {
  package var runs: [RunNote]
  package var lives: [Life]
  /// Those of no life.
  package var losses: [Loss]
  /// Those that were met as counters were read.
  package var counterLosses: [Loss]

  package init(_ contents: RecordingContents, counterLosses: [Loss]) {
    runs = contents.runs
    lives = contents.lives
    let own = Set(lives.flatMap(\.losses))
    losses = contents.losses.filter { !own.contains($0) }
    self.counterLosses = counterLosses
  }

  fileprivate init() { (runs, lives, losses, counterLosses) = ([], [], [], []) }
}

extension Packer {
  package func ledger(_ part: LedgerPart) throws {
    try number(part.runs.count)
    for run in part.runs { try list(run.encoded()) }
    var texts = Texts()
    try number(part.lives.count)
    var before: UInt64 = 0
    for life in part.lives {
      try self.life(life, &texts, before)
      before = life.born
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
    var places: [String: Int] = [:]
  }

  private func interned(_ text: String, _ texts: inout Texts) throws {
    if let place = texts.places[text] { return try number(place + 1) }
    texts.places[text] = texts.places.count
    try number(0)
    try self.text(text)
  }

  private func life(_ life: Life, _ texts: inout Texts, _ before: UInt64) throws {
    try word(life.id)
    try word(life.parent ?? 0)
    try number(
      (Life.Beginning.allCases.firstIndex(of: life.beginning) ?? 0) << 1 | (life.isEntered ? 1 : 0))
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
    try number(UInt64(life.end.code.kind))
    try signed(life.end.code.value)
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
  package func ledger(of archive: FilePath) throws(RecordError) -> LedgerPart {
    var part = LedgerPart()
    for _ in 0..<(try count()) {
      part.runs.append(try RunNote(bytes: try list(most: 16 << 20), path: archive))
    }
    var texts: [String] = []
    var before: UInt64 = 0
    for _ in 0..<(try count()) {
      let life = try life(&texts, before)
      before = life.born
      part.lives.append(life)
    }
    part.losses = try losses(&texts)
    part.counterLosses = try losses(&texts)
    return part
  }

  private func losses(_ texts: inout [String]) throws(RecordError) -> [Loss] {
    var result: [Loss] = []
    for _ in 0..<(try count()) {
      let reason = try reason()
      let life = try optional()
      result.append(
        Loss(
          reason, life: life, subject: try interned(&texts), code: try signed(),
          detail: try text()))
    }
    return result
  }

  private func reason() throws(RecordError) -> LossReason {
    LossReason(rawValue: UInt16(clamping: try number())) ?? .unknown
  }

  private func interned(_ texts: inout [String]) throws(RecordError) -> String {
    let number = try number()
    if number == 0 {
      texts.append(try text())
      return texts[texts.count - 1]
    }
    guard number <= UInt64(texts.count) else { throw malformed("a text that there is not") }
    return texts[Int(number) - 1]
  }

  private func life(_ texts: inout [String], _ before: UInt64) throws(RecordError) -> Life {
    let id = try word()
    let parent = try word()
    let start = try number()
    let beginnings = Life.Beginning.allCases
    guard start >> 1 < UInt64(beginnings.count) else {
      throw malformed("a life began as none does")
    }
    var life = Life(
      id: id, parent: parent == 0 ? nil : parent, beginning: beginnings[Int(start >> 1)],
      isEntered: start & 1 != 0, pid: try signed(), outerPID: try signed(),
      parentPID: try signed(), user: UInt32(clamping: try number()), pidNamespace: try number(),
      bornAtBoot: 0, born: before &+ (try number()), ended: nil, program: "", arguments: [],
      argumentCount: 0, end: .vanished, killer: nil, losses: [], context: 0, flags: [],
      objects: 0, snapshots: 0)
    life.bornAtBoot = try word()
    life.ended = try optional().map { life.born &+ $0 }
    life.program = try interned(&texts)
    for _ in 0..<(try count()) { life.arguments.append(try interned(&texts)) }
    life.argumentCount = try count(most: 1 << 32)
    let end = try number()
    let value = try signed()
    guard let end = Life.End(kind: end, value: value) else {
      throw malformed("a life ended as none does")
    }
    life.end = end
    life.killer = try optional()
    for _ in 0..<(try count()) {
      life.losses.append(
        Loss(
          try reason(), life: id, subject: try interned(&texts), code: try signed(),
          detail: try text()))
    }
    life.context = UInt32(clamping: try number())
    life.flags = Life.Flags(rawValue: UInt32(clamping: try number()))
    life.objects = try count(most: 1 << 32)
    life.snapshots = try count(most: 1 << 32)
    return life
  }
}

extension Life.End {
  /// As an archive has it.
  fileprivate var code: (kind: Int, value: Int32) {
    switch self {
    case .returned(let status): (0, status)
    case .exited(let status): (1, status)
    case .exitedAtOnce(let status): (2, status)
    case .quickExited(let status): (3, status)
    case .threadExited(let status): (4, status)
    case .ended(let status): (5, status)
    case .exec: (6, 0)
    case .signal(let number, core: false): (7, number)
    case .signal(let number, core: true): (8, number)
    case .running: (9, 0)
    case .vanished: (10, 0)
    }
  }

  fileprivate init?(kind: UInt64, value: Int32) {
    switch kind {
    case 0: self = .returned(value)
    case 1: self = .exited(value)
    case 2: self = .exitedAtOnce(value)
    case 3: self = .quickExited(value)
    case 4: self = .threadExited(value)
    case 5: self = .ended(value)
    case 6: self = .exec
    case 7: self = .signal(value, core: false)
    case 8: self = .signal(value, core: true)
    case 9: self = .running
    case 10: self = .vanished
    default: return nil
    }
  }
}
