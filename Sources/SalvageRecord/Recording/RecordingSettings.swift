import CSalvageABI
package import SalvageSystem
package import SystemPackage

/// What a recording was made with: its `settings` file, `struct slv_settings` of the contract.
package struct RecordingSettings: Sendable, Hashable {
  /// Never share a page: counters are copied at death (`--private`).
  package var isPrivate: Bool
  /// A fresh slot for each process instead of a shared one (`--per-process`).
  package var isPerProcess: Bool
  /// Counters of gcc's `--coverage` are recorded; `--leave-gcov` leaves them to libgcov.
  package var recordsGcov: Bool
  /// Signal handlers in every process, to note signals (`--note-signals`).
  package var notesSignals: Bool
  /// The program does not see the variables of the recording (`--hide-environment`).
  package var hidesEnvironment: Bool
  /// Lines of Python code are recorded; `--no-python` leaves interpreters alone.
  package var recordsPython: Bool
  /// Label id that processes start with; 0 is none.
  package var context: UInt32
  /// Signals before whose handler counters are saved or marked.
  package var saveBefore: Set<Int32>
  /// When the recording was made: nanoseconds since 1970.
  package var created: UInt64
  /// The machine's boot that made it: its times and process ids are of that boot; nil where unknown.
  package var boot: BootID?
  /// Version of the command that made it.
  package var commandVersion: String
  /// What of it lies elsewhere names this id; a copy of a recording has the same.
  package var id: RecordingID
  /// Absolute path of the directory with the `u<uid>` directories.
  package var users: FilePath
  /// Absolute path of the library that its processes load.
  package var library: FilePath

  package init(
    isPrivate: Bool = false, isPerProcess: Bool = false, recordsGcov: Bool = true,
    notesSignals: Bool = false, hidesEnvironment: Bool = false, recordsPython: Bool = true,
    context: UInt32 = 0, saveBefore: Set<Int32> = [],
    created: UInt64 = 0, boot: BootID? = nil,
    commandVersion: String = "", id: RecordingID = RecordingID(), users: FilePath,
    library: FilePath
  ) {
    self.isPrivate = isPrivate
    self.isPerProcess = isPerProcess
    self.recordsGcov = recordsGcov
    self.notesSignals = notesSignals
    self.hidesEnvironment = hidesEnvironment
    self.recordsPython = recordsPython
    self.context = context
    self.saveBefore = saveBefore
    self.created = created
    self.boot = boot
    self.commandVersion = commandVersion
    self.id = id
    self.users = users
    self.library = library
  }
}

extension RecordingSettings {
  /// Reads a `settings` file's bytes; `path` is for messages.
  package init(bytes: [UInt8], path: FilePath) throws(RecordError) {
    guard let magic = bytes.structure(UInt64.self, at: 0), magic == SLV_SETTINGS_MAGIC else {
      throw RecordError(path, .foreign)
    }
    guard let version = bytes.structure(UInt32.self, at: 8) else {
      throw RecordError(path, .truncated(bytes.count))
    }
    guard version == UInt32(SLV_ABI_VERSION) else {
      throw RecordError(path, .version(found: version, known: UInt32(SLV_ABI_VERSION)))
    }
    guard let size = bytes.structure(UInt32.self, at: 12), size >= 16,
      let raw = bytes.structure(slv_settings.self, at: 0, size: Int(size))
    else { throw RecordError(path, .truncated(bytes.count)) }
    let users = text(ofArray: raw.users)
    let library = text(ofArray: raw.library)
    // Empty: in the recording itself, wherever that was moved or copied to.
    guard users.isEmpty || users.hasPrefix("/") else {
      throw RecordError(path, .malformed("the directory of the users is not an absolute path"))
    }
    let directory = path.removingLastComponent()
    self.init(
      isPrivate: raw.flags & SLV_SETTING_PRIVATE.rawValue != 0,
      isPerProcess: raw.flags & SLV_SETTING_PER_PROCESS.rawValue != 0,
      recordsGcov: raw.flags & SLV_SETTING_LEAVE_GCOV.rawValue == 0,
      notesSignals: raw.flags & SLV_SETTING_NOTE_SIGNALS.rawValue != 0,
      hidesEnvironment: raw.flags & SLV_SETTING_HIDE_ENVIRONMENT.rawValue != 0,
      recordsPython: raw.flags & SLV_SETTING_NO_PYTHON.rawValue == 0,
      context: raw.context,
      saveBefore: Set((1...64).filter { raw.save_before >> (UInt64($0) - 1) & 1 != 0 }),
      created: raw.created, boot: BootID(raw.boot),
      commandVersion: text(ofArray: raw.command_version),
      id: RecordingID(raw.id), users: users.isEmpty ? directory : FilePath(users),
      library: library.isEmpty ? directory.appending(SLV_LIBRARY_NAME) : FilePath(library))
  }

  /// The bytes of the `settings` file of the recording in `directory`; nil if a path is longer than the
  /// contract holds.
  package func encoded(in directory: FilePath) -> [UInt8]? {
    var raw = slv_settings()
    raw.magic = SLV_SETTINGS_MAGIC
    raw.version = UInt32(SLV_ABI_VERSION)
    raw.size = UInt32(MemoryLayout<slv_settings>.size)
    if isPrivate { raw.flags |= SLV_SETTING_PRIVATE.rawValue }
    if !recordsGcov { raw.flags |= SLV_SETTING_LEAVE_GCOV.rawValue }
    if isPerProcess { raw.flags |= SLV_SETTING_PER_PROCESS.rawValue }
    if notesSignals { raw.flags |= SLV_SETTING_NOTE_SIGNALS.rawValue }
    if hidesEnvironment { raw.flags |= SLV_SETTING_HIDE_ENVIRONMENT.rawValue }
    if !recordsPython { raw.flags |= SLV_SETTING_NO_PYTHON.rawValue }
    raw.context = context
    for signal in saveBefore where (1...64).contains(signal) {
      raw.save_before |= 1 << UInt64(signal - 1)
    }
    raw.created = created
    if let boot { raw.boot = (boot.high, boot.low) }
    raw.id = id.words
    let users = users == directory ? "" : users.string
    let library =
      library == directory.appending(SLV_LIBRARY_NAME) ? "" : library.string
    guard store(commandVersion, inArray: &raw.command_version),
      store(users, inArray: &raw.users), store(library, inArray: &raw.library)
    else { return nil }
    return SalvageSystem.bytes(of: raw)
  }
}
