import Glibc
import SalvageRecord
import SystemPackage

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

  /// Copies the temporary directory into the recording and removes it.
  ///
  /// The copy becomes valid by one rename, to a name that also says where it came from: a reader
  /// counts the one or the other, wherever this is interrupted.
  package func fold() throws(SalvageError) -> Outcome {
    let place = RecordingPlace(directory)
    guard settings.users != directory, isDirectory(settings.users) else { return .nothingToDo }
    if let done = earlierCopy() { return try finish(done) }
    if place.countsNow { return .inUse }
    let number = names(in: directory).filter { $0.hasPrefix("folded.") }.count
    let made = directory.appending("folding.\(getpid())")
    let copy = directory.appending("folded.\(number)")
    try makeDirectory(made, mode: 0o711)
    do throws(SalvageError) {
      for name in names(in: settings.users) where name.hasPrefix("u") {
        try copyDirectory(settings.users.appending(name), to: made.appending(name))
      }
      try write(Array(settings.users.string.utf8), to: made.appending("from"), mode: 0o644)
      try rename(made, copy)
      // Somebody may have begun meanwhile: then the copy is not all.
      if place.countsNow {
        try rename(copy, made)
        removeTree(made)
        return .inUse
      }
    } catch {
      removeTree(made)
      throw error
    }
    return try finish(copy)
  }

  private func earlierCopy() -> FilePath? {
    names(in: directory).filter { $0.hasPrefix("folded.") }.map(directory.appending).first { copy in
      (try? contents(of: copy.appending("from"))) == Array(settings.users.string.utf8)
    }
  }

  /// The copy counts; what it was made from is only clutter now.
  private func finish(_ copy: FilePath) throws(SalvageError) -> Outcome {
    if Temporary.isOurs(settings.users) { removeTree(settings.users) }
    directory.appending("live").withPlatformString { _ = unlink($0) }
    return .folded
  }

  private func copyDirectory(_ from: FilePath, to: FilePath) throws(SalvageError) {
    guard let old = status(from, following: false), old.st_mode & S_IFMT == S_IFDIR else { return }
    try makeDirectory(to, mode: 0o700)
    for name in names(in: from) {
      try copyFile(from.appending(name), to: to.appending(name))
    }
    // Root folds the directories of all users; they stay theirs.
    if old.st_uid != geteuid() {
      to.withPlatformString { _ = chown($0, old.st_uid, old.st_gid) }
    }
  }

  // lseek(2); not in the Glibc module.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4

  /// Copies a file; what are holes stay holes.
  private func copyFile(_ from: FilePath, to: FilePath) throws(SalvageError) {
    let source = from.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    guard source >= 0 else { throw fails("read", from) }
    defer { close(source) }
    let target = to.withPlatformString {
      Glibc.open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    }
    guard target >= 0 else { throw fails("write", to) }
    defer { close(target) }
    var status = stat()
    guard fstat(source, &status) == 0, ftruncate(target, status.st_size) == 0 else {
      throw fails("write", to)
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
        guard count > 0 else { throw fails("read", from) }
        guard pwrite(target, room, count, offset) == count else { throw fails("write", to) }
        offset += off_t(count)
      }
    }
    if status.st_uid != geteuid() { fchown(target, status.st_uid, status.st_gid) }
  }
}
