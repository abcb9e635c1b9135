import CSalvageABI
import Glibc
import SalvageRecord
import SalvageSystem
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

  /// A recording that is ready for processes.
  struct Made {
    var settings: RecordingSettings
    var directory: FilePath
    var hold: RecordingHold
  }

  /// Makes or opens it, with its shared lock held. Of several that begin at once one makes the recording; the
  /// others find it and look again what they may do with it.
  mutating func make() throws(SalvageError) -> Made {
    for _ in 0..<200 {
      do throws(SalvageError) {
        return try attempt()
      } catch {
        guard case .system(_, _, let code) = error.problem,
          [Errno.directoryNotEmpty, .fileExists].contains(code)
        else { throw error }
        usleep(5000)
      }
    }
    return try attempt()
  }

  private mutating func attempt() throws(SalvageError) -> Made {
    switch place.content {
    case .other:
      // Another command may be filling a directory that was empty.
      guard let lock = RunLock(place.directory, exclusive: false) else {
        throw SalvageError.systemFailure("make", place.directory, EEXIST)
      }
      lock.release()
      if place.content == .recording { return try attempt() }
      throw .notARecording(place.directory)
    case .nothing, .emptyDirectory: break
    case .recording:
      switch configuration.existing {
      case .append: return try open()
      case .replace: break
      default: throw .notARecording(place.directory)
      }
    }
    return try build()
  }

  private func made(
    _ settings: RecordingSettings, _ directory: FilePath, _ lock: RunLock?,
    replaced: ReplacedRecording? = nil
  ) -> Made {
    Made(
      settings: settings, directory: directory,
      hold: RecordingHold(directory: place.directory, lock: lock, replaced: replaced))
  }

  // MARK: Adding to one

  private mutating func open() throws(SalvageError) -> Made {
    let directory = place.directory.resolved ?? place.directory
    let reader = RecordingReader(directory)
    var settings: RecordingSettings
    do throws(RecordError) {
      settings = try reader.settings()
    } catch {
      throw .unreadable(error)
    }
    if let boot = settings.boot, let now = BootID.current, boot != now {
      throw .otherBoot(place.directory)
    }
    guard let lock = RunLock(directory, exclusive: false) else {
      throw .busy(place.directory)
    }
    do throws(SalvageError) {
      let before = settings
      // What lay elsewhere may be gone, or be the original's if this one is a copy.
      if settings.users != directory && !reader.owns(settings.users, settings) {
        settings.users = try users(for: directory, settings.id)
      }
      let own = directory.appending(SLV_LIBRARY_NAME)
      let isOwn =
        settings.library == own
        || reader.owns(settings.library.removingLastComponent(), settings)
      if !isOwn || settings.library.status() == nil || !Self.canBePreloaded(settings.library) {
        settings.library = try library(for: directory, named: directory, settings.id)
      }
      settings.recordsPython = configuration.recordsPython
      if !configuration.pythonSources.isEmpty { try storePythonRules(in: directory) }
      if settings != before { try store(settings, in: directory, named: directory) }
      try makeUser(in: settings.users)
    } catch {
      lock.release()
      throw error
    }
    return made(settings, directory, lock)
  }

  // MARK: A new one

  /// Builds it under a temporary name beside its place and renames it there: two at once cannot mix, and what
  /// was there before stays until the new one is whole.
  private mutating func build() throws(SalvageError) -> Made {
    let final = place.directory
    let parent = final.removingLastComponent()
    guard parent.isDirectory else {
      throw .noDirectory(parent, parent.status() == nil ? .noSuchFileOrDirectory : .notDirectory)
    }
    let real = parent.resolved ?? parent
    let named = real.appending(final.lastComponent?.string ?? "recording")
    let closed = Self.closedAncestor(of: real)
    if place.content == .emptyDirectory && (closed == nil || isCurrent(final)) {
      if let closed { notes.append("other users cannot pass \(closed): they are not recorded") }
      return try buildInside(named)
    }
    if let closed { return try buildElsewhere(closed) }
    let temporary: FilePath
    do throws(SalvageError) {
      temporary = try parent.appending(".\(named.lastComponent?.string ?? "").new-")
        .makeTemporaryDirectory(mode: 0o711)
    } catch {
      if case .system(_, _, let code) = error.problem { throw .placeRefused(parent, code) }
      throw error
    }
    let lock = RunLock(temporary, exclusive: false)
    var replaced: ReplacedRecording?
    do throws(SalvageError) {
      let settings = try fill(temporary, named: named)
      if let taken = try takePlace(strangersTo: temporary) {
        replaced = taken.recording
        if taken.isMountPoint { return try buildOver(named, temporary, lock) }
      }
      try temporary.rename(to: final)
      return made(settings, named, lock, replaced: replaced)
    } catch {
      replaced?.restoreName()
      lock?.release()
      RecordingPlace(temporary).remove()
      throw error
    }
  }

  /// An empty directory stays the directory that it is: it may be a shell's, or a mount point. Others wait
  /// until it is filled.
  private mutating func buildInside(_ named: FilePath) throws(SalvageError) -> Made {
    let directory = place.directory
    guard let lock = RunLock(directory, exclusive: true), directory.childNames.isEmpty else {
      throw SalvageError.systemFailure("make", directory, EEXIST)
    }
    do throws(SalvageError) {
      let settings = try fill(directory, named: named)
      lock.share()
      return made(settings, named, lock)
    } catch {
      for name in directory.childNames where RecordingPlace.isOurs(name) {
        removeTree(directory.appending(name))
      }
      lock.release()
      throw error
    }
  }

  /// A mount point with a recording cannot be renamed over. `temporary` was made without an error: so will
  /// this be.
  private mutating func buildOver(
    _ named: FilePath, _ temporary: FilePath, _ lock: RunLock?
  ) throws(SalvageError) -> Made {
    lock?.release()
    RecordingPlace(temporary).remove()
    guard let alone = RunLock(place.directory, exclusive: true) else {
      throw .inUse(place.directory, pids: place.pids)
    }
    do throws(SalvageError) {
      RecordingPlace(place.directory).empty()
      let settings = try fill(place.directory, named: named)
      alone.share()
      return made(settings, named, alone)
    } catch {
      alone.release()
      throw error
    }
  }

  /// Root's processes may become other users, who must reach the recording: where they cannot, it is
  /// made in /var/tmp, and its place links to it.
  private mutating func buildElsewhere(_ closed: FilePath) throws(SalvageError) -> Made {
    let temporary = try Temporary.make(in: "/var/tmp")
    let lock = RunLock(temporary, exclusive: false)
    var replaced: ReplacedRecording?
    do throws(SalvageError) {
      let settings = try fill(temporary, named: temporary)
      replaced = try takePlace(strangersTo: temporary)?.recording
      place.directory.withPlatformString { _ = rmdir($0) }  // an empty directory
      try place.directory.makeLink(to: temporary)
      try Temporary.note(link: place.directory, in: temporary, settings.id)
      notes.append("recorded in \(temporary): other users cannot pass \(closed)")
      return made(settings, temporary, lock, replaced: replaced)
    } catch {
      replaced?.restoreName()
      lock?.release()
      RecordingPlace(temporary).remove()
      throw error
    }
  }

  private func isCurrent(_ directory: FilePath) -> Bool {
    guard let there = directory.status(), let here = FilePath(".").status() else { return false }
    return there.st_dev == here.st_dev && there.st_ino == here.st_ino
  }

  /// The first directory above that not everybody may traverse; nil if we are not root.
  static func closedAncestor(of directory: FilePath) -> FilePath? {
    guard geteuid() == 0 else { return nil }
    var at = FilePath("/")
    for component in directory.components {
      at.append(component)
      if let status = at.status(), status.st_mode & 0o001 == 0 { return at }
    }
    return nil
  }

  /// Takes the recording that is there out of the way, unless it is in use. What lies in it and is
  /// not ours goes on into the new one. Nil where nothing is.
  private func takePlace(
    strangersTo made: FilePath
  ) throws(SalvageError) -> (recording: ReplacedRecording?, isMountPoint: Bool)? {
    switch place.content {
    case .nothing, .emptyDirectory: return nil
    case .other: throw .notARecording(place.directory)
    case .recording where configuration.existing != .replace:
      // Another made it since we looked: it is to be looked at again, not replaced.
      throw SalvageError.systemFailure("make", place.directory, EEXIST)
    case .recording: break
    }
    guard let lock = RunLock(place.directory, exclusive: true), !place.countsNow else {
      throw .inUse(place.directory, pids: place.pids)
    }
    defer { lock.release() }
    let replaced = try ReplacedRecording(place.directory, strangersTo: made)
    return (replaced, replaced == nil)
  }

  private mutating func fill(
    _ made: FilePath, named directory: FilePath
  ) throws(SalvageError) -> RecordingSettings {
    // The first whose failure is ours.
    let original = try ShimLibrary.find()
    let test = try DirectoryTest(made)
    try made.appending("runs").makeDirectory(mode: 0o700)
    var settings = RecordingSettings(
      isPrivate: configuration.isPrivate, isPerProcess: configuration.isPerProcess,
      recordsGcov: configuration.recordsGcov, notesSignals: configuration.notesSignals,
      hidesEnvironment: configuration.hidesEnvironment, recordsPython: configuration.recordsPython,
      saveBefore: configuration.saveBefore, created: now(CLOCK_REALTIME),
      boot: BootID.current, commandVersion: salvageVersion, id: .random(), users: directory,
      library: directory.appending(SLV_LIBRARY_NAME))
    try original.copyFile(to: made.appending(SLV_LIBRARY_NAME), mode: 0o755)
    // Nobody means to commit what is in it.
    if made.appending(".gitignore").status(following: false) == nil {
      try made.appending(".gitignore").writeFile(Array("*\n".utf8), mode: 0o644)
    }
    if !test.allowsExecution || !Self.canBePreloaded(settings.library) {
      settings.library = try library(for: made, named: directory, settings.id)
    }
    if !test.isFit {
      settings.users = try users(for: made, settings.id)
      if settings.users == made {
        settings.users = directory
        notes.append(
          test.allowsExecution
            ? "\(directory) \(test.obstacle), and no other place was found"
            : "\(directory) is on a file system that is mounted noexec: programs cannot make their own"
              + " data executable while they are recorded")
      } else {
        notes.append(
          "counters are kept in \(settings.users) until the end: \(directory) \(test.obstacle)")
      }
    }
    try makeUser(in: settings.users == directory ? made : settings.users)
    if !configuration.pythonSources.isEmpty { try storePythonRules(in: made) }
    try store(settings, in: made, named: directory)
    return settings
  }

  private func storePythonRules(in directory: FilePath) throws(SalvageError) {
    let rules = try PythonRules(configuration.pythonSources)
    let file = directory.appending("python")
    // A directory of another user's cannot be renamed over.
    if file.isDirectory { removeTree(file) }
    try file.replaceFile(with: rules.encoded, mode: 0o644)
  }

  /// Where another user has taken that name, the processes make one of another name.
  private func makeUser(in users: FilePath) throws(SalvageError) {
    let path = users.appending("u\(geteuid())")
    if path.status(following: false) != nil { return }
    try path.makeDirectory(mode: 0o700)
  }

  private func store(
    _ settings: RecordingSettings, in made: FilePath, named directory: FilePath
  ) throws(SalvageError) {
    guard let bytes = settings.encoded(in: directory) else { throw .pathTooLong(settings.users) }
    try made.appending("settings").replaceFile(with: bytes, mode: 0o644)
  }

  /// Where the u<uid> directories go: the recording, or a directory elsewhere that is fit for them. Where there
  /// is none, what keeps locks will do.
  private func users(
    for directory: FilePath, _ id: RecordingID
  ) throws(SalvageError) -> FilePath {
    let own = try DirectoryTest(directory)
    if own.isFit { return directory }
    var usable: FilePath? = own.keepsLocks ? directory : nil
    for parent in Temporary.parents {
      guard let made = try? Temporary.make(in: parent) else { continue }
      let test = try? DirectoryTest(made)
      let isWanted = test.map { $0.isFit || ($0.keepsLocks && usable == nil) } ?? false
      guard isWanted else {
        removeTree(made)
        continue
      }
      if let worse = usable, worse != directory { removeTree(worse) }
      usable = made
      if test?.isFit == true { break }
    }
    guard let usable else { throw .noPlace(directory, "hold the locks that counters need") }
    if usable == directory { return directory }
    try Temporary.give(usable, to: directory, id)
    let pointer = directory.appending("live")
    pointer.withPlatformString { _ = unlink($0) }
    try pointer.makeLink(to: usable)
    return usable
  }

  /// A copy of the library in a place where it can be mapped executable, under a name that LD_PRELOAD can
  /// hold.
  private func library(
    for made: FilePath, named directory: FilePath, _ id: RecordingID
  ) throws(SalvageError) -> FilePath {
    let own = made.appending(SLV_LIBRARY_NAME)
    if own.status() == nil {
      try (try ShimLibrary.find()).copyFile(to: own, mode: 0o755)
    }
    if Self.canBePreloaded(directory), (try? DirectoryTest(made))?.allowsExecution == true {
      return directory.appending(SLV_LIBRARY_NAME)
    }
    for parent in ["/tmp", "/var/tmp", "/dev/shm"] as [FilePath] {
      guard let place = try? Temporary.make(in: parent) else { continue }
      if (try? DirectoryTest(place))?.allowsExecution == true {
        try Temporary.give(place, to: made, id)
        let path = place.appending(SLV_LIBRARY_NAME)
        try own.copyFile(to: path, mode: 0o755)
        return path
      }
      removeTree(place)
    }
    throw .noPlace(directory, "hold a library that programs can execute")
  }

  /// ld.so(8) splits LD_PRELOAD at spaces and colons; `$` begins a token that it expands.
  static func canBePreloaded(_ path: FilePath) -> Bool {
    !path.string.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "$") }
  }
}
