import SalvageSystem
package import SystemPackage

/// One recording that is in an archive: which it is, and how far it had got when it was taken in.
package struct Contained: Sendable, Hashable {
  /// Grows while the recording's processes run, and with each one that starts.
  package struct Progress: Sendable, Hashable {
    /// Lives on the ledger, and those of them that had ended.
    package var lives = 0
    package var ended = 0
    /// All that was counted, in one number.
    package var counted: UInt64 = 0

    /// True where nothing of `other` can be missing.
    package func reaches(_ other: Progress) -> Bool {
      lives >= other.lives && ended >= other.ended && counted >= other.counted
    }
  }

  package var id: RecordingID
  package var settings: RecordingSettings
  /// The name of the machine that it was recorded on; empty where nobody knows.
  package var machine: String
  package var progress: Progress
  /// What Python code was recorded: the recording's file `python`.
  package var rules: [UInt8]
  /// The identities of the objects that it has counters of, but Python's, ascending.
  package var objects: [UInt64]

  package init(
    settings: RecordingSettings, machine: String, progress: Progress, rules: [UInt8] = [],
    objects: [UInt64] = []
  ) {
    id = settings.id
    self.settings = settings
    self.machine = machine
    self.progress = progress
    self.rules = rules
    self.objects = objects
  }

  /// Processes that ran when it was taken in.
  package var running: Int { max(0, progress.lives - progress.ended) }

  var name: ArchiveEntry.Name { ArchiveEntry.Name(id.high, id.low) }

  /// For messages: `1a2b3c4d5e6f7081, machine build-7`.
  package var text: String {
    hex(id.high) + (machine.isEmpty ? "" : ", machine \(machine)")
  }
}

extension Packer {
  package func contained(_ one: Contained) throws {
    let settings = one.settings
    try word(one.id.high)
    try word(one.id.low)
    try word(settings.boot?.high ?? 0)
    try word(settings.boot?.low ?? 0)
    try word(settings.created)
    try text(settings.commandVersion)
    let flags = [
      settings.isPrivate, settings.isPerProcess, settings.recordsGcov, settings.notesSignals,
      settings.hidesEnvironment, settings.recordsPython,
    ]
    try number(flags.enumerated().reduce(0) { $0 | ($1.element ? 1 << $1.offset : 0) })
    try number(UInt64(settings.context))
    try word(settings.saveBefore.reduce(0) { $0 | 1 << UInt64($1 - 1) })
    try text(one.machine)
    try number(one.progress.lives)
    try number(one.progress.ended)
    try word(one.progress.counted)
    try list(one.rules)
    try number(one.objects.count)
    for object in one.objects { try word(object) }
  }
}

extension Unpacker {
  package func contained(in archive: FilePath) throws(RecordError) -> Contained {
    let id = RecordingID((try word(), try word()))
    let boot = BootID((try word(), try word()))
    let created = try word()
    let version = try text()
    let flags = try number()
    func has(_ bit: UInt64) -> Bool { flags >> bit & 1 != 0 }
    let context = UInt32(clamping: try number())
    let signals = try word()
    let settings = RecordingSettings(
      isPrivate: has(0), isPerProcess: has(1), recordsGcov: has(2), notesSignals: has(3),
      hidesEnvironment: has(4), recordsPython: has(5), context: context,
      saveBefore: Set((1...64).filter { signals >> (UInt64($0) - 1) & 1 != 0 }), created: created,
      boot: boot, commandVersion: version, id: id, users: archive, library: archive)
    var one = Contained(
      settings: settings, machine: try text(),
      progress: Contained.Progress(
        lives: try count(most: 1 << 40), ended: try count(most: 1 << 40), counted: try word()))
    one.rules = try list(most: 1 << 20)
    for _ in 0..<(try count(most: left / 8)) { one.objects.append(try word()) }
    // A newer writer may have more to say.
    return one
  }
}
