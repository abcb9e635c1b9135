import Glibc
import SalvageRecord
import SystemPackage

/// Makes recordings, or opens one to add to it.
struct RecordingMaker {
  let place: RecordingPlace
  let configuration: Configuration

  /// Notes for the user about where things went, one line each.
  private(set) var notes: [String] = []

  init(_ directory: FilePath, _ configuration: Configuration) {
    self.place = RecordingPlace(directory)
    self.configuration = configuration
  }

  /// Returns the recording's settings, with its shared lock held. Of several that begin at once one
  /// makes the recording; the others find it and look again what they may do with it.
  mutating func make() throws(SalvageError) -> (RecordingSettings, FilePath, RunLock?) {
    for _ in 0..<10 {
      do throws(SalvageError) {
        return try attempt()
      } catch {
        guard case .system(_, _, let code) = error,
          [Errno.directoryNotEmpty, .fileExists].contains(code)
        else { throw error }
      }
    }
    return try attempt()
  }

  private mutating func attempt() throws(SalvageError) -> (RecordingSettings, FilePath, RunLock?) {
    switch place.content {
    case .other: throw .notARecording(place.directory)
    case .nothing, .emptyDirectory: break
    case .recording:
      switch configuration.existing {
      case .append: return try open()
      case .refuse: throw .notARecording(place.directory)
      case .replace: break
      }
    }
    return try build()
  }

  // MARK: Adding to one

  private func open() throws(SalvageError) -> (RecordingSettings, FilePath, RunLock?) {
    let directory = resolved(place.directory) ?? place.directory
    var settings: RecordingSettings
    do throws(RecordError) {
      settings = try RecordingReader(directory).settings()
    } catch {
      throw .unreadable(error.description)
    }
    if let boot = settings.boot, let now = BootID.current, boot != now {
      throw .otherBoot(place.directory)
    }
    guard let lock = RunLock(directory, exclusive: false) else {
      throw .inUse(place.directory, pids: [])
    }
    let before = settings
    // What lay on a tmpfs or in a temporary directory may be gone.
    if !isDirectory(settings.users) { settings.users = try users(for: directory) }
    if status(settings.library) == nil { settings.library = try library(for: directory) }
    settings.recordsPython = configuration.recordsPython
    if !configuration.pythonSources.isEmpty { try storePythonRules(in: directory) }
    if settings != before { try store(settings, in: directory) }
    try makeUser(in: settings.users)
    return (settings, directory, lock)
  }

  // MARK: A new one

  /// Builds it under a temporary name beside its place and renames it there: two at once cannot mix.
  private mutating func build() throws(SalvageError) -> (RecordingSettings, FilePath, RunLock?) {
    let final = place.directory
    let parent = final.removingLastComponent()
    guard isDirectory(parent) else { throw fails("make a recording in", parent, ENOENT) }
    let real = resolved(parent) ?? parent
    let base = final.lastComponent?.string ?? "recording"
    if let closed = Self.closedAncestor(of: real) { return try buildElsewhere(closed) }
    let made = try makeTemporaryDirectory(prefix: parent.appending(".\(base).new-"), mode: 0o711)
    let lock = RunLock(made, exclusive: false)
    do throws(SalvageError) {
      try moveAway(strangersTo: made)
      let settings = try fill(made, named: real.appending(base))
      if try moveIntoPlace(made) { return (settings, real.appending(base), lock) }
      // A mount point, say a container's volume: it cannot be renamed over.
      lock?.release()
      RecordingPlace(made).remove()
      let inside = RunLock(final, exclusive: false)
      return (try fill(final, named: real.appending(base)), real.appending(base), inside)
    } catch {
      lock?.release()
      RecordingPlace(made).remove()
      throw error
    }
  }

  /// False if the place is a mount point.
  private func moveIntoPlace(_ made: FilePath) throws(SalvageError) -> Bool {
    do throws(SalvageError) {
      try rename(made, place.directory)
      return true
    } catch {
      if case .system(_, _, Errno.resourceBusy) = error { return false }
      throw error
    }
  }

  /// Root's processes may become other users, who must reach the recording: where they cannot, it is
  /// made in /var/tmp, and its place links to it.
  private mutating func buildElsewhere(
    _ closed: FilePath
  ) throws(SalvageError) -> (RecordingSettings, FilePath, RunLock?) {
    let made = try Temporary.make(in: "/var/tmp")
    let lock = RunLock(made, exclusive: false)
    do throws(SalvageError) {
      try moveAway(strangersTo: made)
      let settings = try fill(made, named: made)
      place.directory.withPlatformString { _ = rmdir($0) }  // an empty directory
      try link(place.directory, to: made)
      notes.append("recorded in \(made): other users cannot pass \(closed)")
      return (settings, made, lock)
    } catch {
      lock?.release()
      removeTree(made)
      throw error
    }
  }

  /// The first directory above that not everybody may traverse; nil if we are not root.
  static func closedAncestor(of directory: FilePath) -> FilePath? {
    guard geteuid() == 0 else { return nil }
    var at = FilePath("/")
    for component in directory.components {
      at.append(component)
      if let status = status(at), status.st_mode & 0o001 == 0 { return at }
    }
    return nil
  }

  /// Takes the recording that is there out of the way, unless it is in use. What lies in it and is
  /// not ours goes on into the new one.
  private func moveAway(strangersTo made: FilePath) throws(SalvageError) {
    switch place.content {
    case .nothing, .emptyDirectory: return
    case .other: throw .notARecording(place.directory)
    case .recording where configuration.existing != .replace:
      // Another made it since we looked: it is to be looked at again, not replaced.
      throw fails("make", place.directory, EEXIST)
    case .recording: break
    }
    guard let lock = RunLock(place.directory, exclusive: true), !place.countsNow else {
      throw .inUse(place.directory, pids: place.pids)
    }
    defer { lock.release() }
    let name = place.directory.lastComponent?.string ?? ""
    var aside = place.directory.removingLastComponent().appending(".\(name).old-\(getpid())")
    do throws(SalvageError) {
      try rename(place.directory, aside)
    } catch {
      guard case .system(_, _, Errno.resourceBusy) = error else { throw error }
      aside = place.directory
    }
    for name in names(in: aside) where !RecordingPlace.isOurs(name) {
      try rename(aside.appending(name), made.appending(name))
    }
    RecordingPlace(aside).remove()
  }

  private mutating func fill(
    _ made: FilePath, named directory: FilePath
  ) throws(SalvageError) -> RecordingSettings {
    try makeDirectory(made.appending("runs"), mode: 0o700)
    var settings = RecordingSettings(
      isPrivate: configuration.isPrivate, isPerProcess: configuration.isPerProcess,
      recordsGcov: configuration.recordsGcov, notesSignals: configuration.notesSignals,
      hidesEnvironment: configuration.hidesEnvironment, recordsPython: configuration.recordsPython,
      saveBefore: configuration.saveBefore, created: now(CLOCK_REALTIME),
      boot: BootID.current, commandVersion: salvageVersion, users: directory,
      library: directory.appending("libsalvage.so"))
    let original = try ShimLibrary.find()
    try copyFile(original, to: made.appending("libsalvage.so"), mode: 0o755)
    if !Self.canBePreloaded(settings.library) {
      settings.library = try library(for: made)
    }
    if try DirectoryTest.keepsLocks(made) == false {
      let live = try users(for: made)
      settings.users = live
      notes.append("counters are kept in \(live) until the end: \(directory) cannot hold locks")
      try makeUser(in: live)
    } else {
      try makeUser(in: made)
    }
    if !configuration.pythonSources.isEmpty { try storePythonRules(in: made) }
    try store(settings, in: made)
    return settings
  }

  private func storePythonRules(in directory: FilePath) throws(SalvageError) {
    let rules = try PythonRules(configuration.pythonSources)
    try replace(directory.appending("python"), with: rules.encoded, mode: 0o644)
  }

  private func makeUser(in users: FilePath) throws(SalvageError) {
    let path = users.appending("u\(geteuid())")
    if isDirectory(path) { return }
    try makeDirectory(path, mode: 0o700)
  }

  private func store(_ settings: RecordingSettings, in directory: FilePath) throws(SalvageError) {
    guard let bytes = settings.encoded() else { throw .pathTooLong(settings.users) }
    try replace(directory.appending("settings"), with: bytes, mode: 0o644)
  }

  /// Where the u<uid> directories go: the recording, or tmpfs where that keeps no locks.
  private func users(for directory: FilePath) throws(SalvageError) -> FilePath {
    if try DirectoryTest.keepsLocks(directory) { return directory }
    let live = try Temporary.make(in: "/dev/shm")
    let pointer = directory.appending("live")
    pointer.withPlatformString { _ = unlink($0) }
    try link(pointer, to: live)
    return live
  }

  /// A copy of the library under a name that LD_PRELOAD can hold.
  private func library(for directory: FilePath) throws(SalvageError) -> FilePath {
    let copy = directory.appending("libsalvage.so")
    if Self.canBePreloaded(copy) && status(copy) != nil { return copy }
    let source = status(copy) != nil ? copy : try ShimLibrary.find()
    let path = try Temporary.make(in: "/tmp").appending("libsalvage.so")
    try copyFile(source, to: path, mode: 0o755)
    return path
  }

  /// ld.so(8) splits LD_PRELOAD at spaces and colons; `$` begins a token that it expands.
  static func canBePreloaded(_ path: FilePath) -> Bool {
    !path.string.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "$") }
  }
}
