import CSalvageABI
import Glibc
import SalvageRecord
package import SystemPackage

/// A directory where a recording is or will be: may it be replaced, is it in use, how it is removed.
package struct RecordingPlace: Sendable {
  package let directory: FilePath

  package init(_ directory: FilePath) {
    self.directory = absolute(directory)
  }

  package enum Content: Sendable, Hashable {
    case nothing
    case emptyDirectory
    case recording
    case other
  }

  package var content: Content {
    guard status(directory, following: false) != nil else { return .nothing }
    if RecordingReader.isRecording(directory) { return .recording }
    if isDirectory(directory) && names(in: directory).isEmpty { return .emptyDirectory }
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
        open($0, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      }
      guard file >= 0 else { return false }
      defer { close(file) }
      return FileLock.isHeld(file, start: off_t(SLV_LEDGER_USE_BYTE))
    }
  }

  /// Pids of processes that count in it, as far as the ledger knows them.
  package var pids: [Int32] {
    guard let contents = try? RecordingReader(directory).contents() else { return [] }
    return contents.lives.filter { $0.end == .running }.map(\.pid)
  }

  /// Names that a recording's directory has.
  static func isOurs(_ name: String) -> Bool {
    if ["settings", "libsalvage.so", "runs", "live", "python"].contains(name) { return true }
    if name.hasPrefix("u") && UInt32(name.dropFirst()) != nil { return true }
    return ["folded.", "folding.", ".test-", "settings."].contains { name.hasPrefix($0) }
  }

  /// Removes the recording: the directory, and what it links to elsewhere.
  package func remove() {
    let settings = try? RecordingReader(directory).settings()
    let pointed = target(of: directory)
    if let settings {
      // Only what a command of ours made outside: directories with our prefix.
      for place in [settings.users, settings.library.removingLastComponent()]
      where Temporary.isOurs(place) { removeTree(place) }
    }
    if let pointed, Temporary.isOurs(pointed) { removeTree(pointed) }
    removeTree(directory)
    // A mount point, or the last name of a mounted container volume, stays: empty.
  }
}

/// Directories that we make outside of a recording.
package enum Temporary {
  static let prefix = "salvage-"

  static func isOurs(_ path: FilePath) -> Bool {
    guard let name = path.lastComponent?.string, name.hasPrefix(prefix) else { return false }
    return ["/tmp", "/var/tmp", "/dev/shm"].contains(path.removingLastComponent().string)
  }

  /// Makes one in `parent` that other users can traverse.
  static func make(in parent: FilePath) throws(SalvageError) -> FilePath {
    try makeTemporaryDirectory(prefix: parent.appending(prefix + "\(geteuid())-"), mode: 0o711)
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

  package func release() {
    guard descriptor >= 0 else { return }
    // Not by closing alone: a child that another thread has forked may not have reached its exec, and has
    // the descriptor until then.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
