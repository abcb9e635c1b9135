import Glibc
import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Brings counts home that were kept in a temporary directory while processes ran, because the
/// recording's own file system drops the lock of a closed but mapped file.
package struct Folding {
  let directory: FilePath
  let settings: RecordingSettings

  package init(_ recording: Recording) {
    directory = recording.directory
    settings = recording.settings
  }

  package enum Outcome: Sendable, Hashable {
    /// The recording holds its counts itself.
    case nothingToDo
    case folded
    /// Processes still count; their counts stay where they are.
    case inUse
  }

  /// What another user put where counts should be: not our file, and not copied.
  package private(set) var passedOver: [FilePath] = []

  /// Copies the temporary directory into the recording and removes it.
  ///
  /// The copy becomes valid by one rename; a file in it says where it came from: a reader counts the one or the
  /// other, wherever this is interrupted.
  package mutating func fold() throws(SalvageError) -> Outcome {
    let place = RecordingPlace(directory)
    let reader = RecordingReader(directory)
    guard settings.users != directory, reader.owns(settings.users, settings) else {
      return .nothingToDo
    }
    if reader.folded.contains(where: { RecordingReader.origin($0) == settings.users }) {
      return finish()
    }
    if place.countsNow { return .inUse }
    let made = try directory.appending("folding.").makeTemporaryDirectory(mode: 0o711)
    let copy = directory.appending("folded.").withRandomEnding
    do throws(SalvageError) {
      for name in settings.users.childNames where RecordingReader.isUserDirectory(name) {
        try copyDirectory(settings.users.appending(name), to: made.appending(name))
      }
      try made.appending("from").writeFile(Array(settings.users.string.utf8), mode: 0o644)
      try made.rename(to: copy)
      // Somebody may have begun meanwhile: then the copy is not all.
      if place.countsNow {
        try copy.rename(to: made)
        removeTree(made)
        return .inUse
      }
    } catch {
      removeTree(made)
      throw error
    }
    return finish()
  }

  /// The copy counts; what it was made from is only clutter now.
  private func finish() -> Outcome {
    Temporary.remove(settings.users, of: directory, settings)
    directory.appending("live").withPlatformString { _ = unlink($0) }
    return .folded
  }

  private mutating func copyDirectory(_ from: FilePath, to: FilePath) throws(SalvageError) {
    guard let old = OpenDirectory(from) else { return }
    try to.makeDirectory(mode: 0o700)
    for name in old.names {
      guard Self.isOurs(name), let source = old.file(name, O_RDONLY) else {
        if Self.isOurs(name) { passedOver.append(from.appending(name)) }
        continue
      }
      defer { close(source) }
      try copyFile(source, from.appending(name), to: to.appending(name))
    }
    // Root folds the directories of all users; they stay theirs.
    if old.owner != geteuid() {
      to.withPlatformString { _ = lchown($0, old.owner, old.group) }
    }
  }

  /// What processes leave; the rest is half of something, or somebody else's.
  private static func isOurs(_ name: String) -> Bool {
    ["ledger", "programs"].contains(name)
      || [".cnt", ".forks", ".obj"].contains { name.hasSuffix($0) && !name.hasPrefix(".") }
      || ["python-", "coverage-"].contains { name.hasPrefix($0) }
  }

  // lseek(2); not in the Glibc module.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4

  /// Copies a file; what are holes stay holes.
  private mutating func copyFile(
    _ source: Int32, _ from: FilePath, to: FilePath
  ) throws(SalvageError) {
    let target = try to.createFile(mode: 0o600)
    defer { close(target) }
    var status = stat()
    guard fstat(source, &status) == 0 else { throw SalvageError.systemFailure("read", from) }
    guard ftruncate(target, status.st_size) == 0 else {
      // Larger than any file may be: holes, made to stop us.
      guard errno == EFBIG || errno == EINVAL else { throw SalvageError.systemFailure("write", to) }
      to.withPlatformString { _ = unlink($0) }
      passedOver.append(from)
      return
    }
    var room = [UInt8](repeating: 0, count: 1 << 20)
    var offset: off_t = 0
    while offset < status.st_size {
      let data = lseek(source, offset, Self.seekData)
      if data < 0 && errno == ENXIO { break }
      offset = max(offset, data)
      let hole = lseek(source, offset, Self.seekHole)
      let end = hole > offset ? hole : status.st_size
      while offset < end {
        let count = pread(source, &room, min(room.count, Int(end - offset)), offset)
        if count == 0 { return }  // cut off meanwhile
        guard count > 0 else { throw SalvageError.systemFailure("read", from) }
        guard pwrite(target, room, count, offset) == count else {
          throw SalvageError.systemFailure("write", to)
        }
        offset += off_t(count)
      }
    }
    // When an object was first met is the time of its file.
    var times = [status.st_atim, status.st_mtim]
    futimens(target, &times)
    if status.st_uid != geteuid() { fchown(target, status.st_uid, status.st_gid) }
  }
}
