import CSalvageABI
import Glibc
import SalvageRecord
import SalvageSystem
package import SystemPackage

/// A directory where a recording is or will be: may it be replaced, is it in use, how it is removed.
package struct RecordingPlace: Sendable {
  package let directory: FilePath

  package init(_ directory: FilePath) {
    self.directory = directory.absolute
  }

  package enum Content: Sendable, Hashable {
    case nothing
    case emptyDirectory
    case recording
    case other
  }

  package var content: Content {
    guard directory.status(following: false) != nil else { return .nothing }
    if RecordingReader.isRecording(directory) { return .recording }
    if directory.isDirectory && directory.childNames.isEmpty { return .emptyDirectory }
    return .other
  }

  /// Processes count in it: one of its ledgers is locked (every life that entered holds that lock
  /// through its mapping), or a `salvage run` holds the directory.
  package var isInUse: Bool {
    if let lock = RunLock(directory, exclusive: true) {
      lock.release()
    } else {
      return true
    }
    return countsNow
  }

  /// Processes of the recording run.
  package var countsNow: Bool {
    let reader = RecordingReader(directory)
    guard let settings = try? reader.settings() else { return false }
    return reader.userDirectories(settings).contains { user in
      let file = user.appending("ledger").withPlatformString {
        open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      }
      guard file >= 0 else { return false }
      defer { close(file) }
      return FileLock.isHeld(file, start: off_t(SLV_LEDGER_USE_BYTE))
    }
  }

  /// Pids of processes that count in it, as far as the ledger knows them.
  package var pids: [Int32] {
    guard let contents = try? RecordingReader(directory).contents() else { return [] }
    let lives = contents.lives
    return lives.indices.filter { lives.way(at: $0) == .running }.map { lives.pid(at: $0) }
  }

  /// Names that a recording's directory has.
  static func isOurs(_ name: String) -> Bool {
    let known = [
      "settings", SLV_LIBRARY_NAME, "runs", "live", "python", ".gitignore", Belonging.linkFile,
    ]
    if known.contains(name) || RecordingReader.isUserDirectory(name) { return true }
    return ["folded.", "folding.", ".test-", "settings.", "python."].contains {
      name.hasPrefix($0)
    }
  }

  /// The recording itself, where the place is a link that we made for one outside.
  var linked: FilePath? {
    guard let target = directory.linkTarget, Temporary.isNamedSo(target),
      let settings = try? RecordingReader(target).settings(),
      let noted = Belonging(file: target.appending(Belonging.linkFile)),
      noted == Belonging(settings.id, directory)
    else { return nil }
    return target
  }

  /// Removes what a recording consists of, and leaves the directory.
  func empty() {
    if let settings = try? RecordingReader(directory).settings() {
      for place in [settings.users, settings.library.removingLastComponent()] {
        Temporary.remove(place, of: directory, settings)
      }
    }
    for name in directory.childNames where Self.isOurs(name) {
      removeTree(directory.appending(name))
    }
  }

  /// Removes the recording: the directory, and what it has elsewhere. A link that somebody made goes, and what
  /// it leads to stays. False where something is left, as a mount point is, empty.
  @discardableResult
  package func remove() -> Bool {
    let isLink = directory.linkTarget != nil
    if let home = isLink ? linked : directory, let settings = try? RecordingReader(home).settings()
    {
      for place in [settings.users, settings.library.removingLastComponent()] {
        Temporary.remove(place, of: home, settings)
      }
      if isLink { removeTree(home) }
    }
    return removeTree(directory)
  }
}

/// A `salvage run` holds its recording's directory by a shared flock(2) while it runs; whoever
/// replaces the recording needs it alone. File systems without flock have no such protection.
package struct RunLock: Sendable {
  private let descriptor: Int32

  /// Nil if somebody else holds it.
  package init?(_ directory: FilePath, exclusive: Bool) {
    let file = directory.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    if file >= 0 && flock(file, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0
      && errno == EWOULDBLOCK
    {
      close(file)
      return nil
    }
    descriptor = file
  }

  /// From holding it alone to sharing it.
  func share() { _ = flock(descriptor, LOCK_SH) }

  package func release() {
    guard descriptor >= 0 else { return }
    // Not by closing alone: a child that another thread has forked may not have reached its exec, and has
    // the descriptor until then.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
