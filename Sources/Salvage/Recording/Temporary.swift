import Glibc
import SalvageRecord
import SystemPackage

/// Directories that a recording has outside of itself. Each holds a file that says whose it is
/// (``Belonging``): nothing is removed or written to by its name alone.
package enum Temporary {
  static let prefix = "salvage-"
  static let parents: [FilePath] = ["/dev/shm", "/var/tmp", "/tmp"]

  static func isNamedSo(_ path: FilePath) -> Bool {
    guard let name = path.lastComponent?.string, name.hasPrefix(prefix) else { return false }
    return parents.contains(path.removingLastComponent())
  }

  /// Makes one in `parent` that other users can traverse.
  static func make(in parent: FilePath) throws(SalvageError) -> FilePath {
    try parent.appending(prefix + "\(geteuid())-").makeTemporaryDirectory(mode: 0o711)
  }

  /// Notes in one that it is the recording's.
  static func give(
    _ place: FilePath, to recording: FilePath, _ id: RecordingID
  ) throws(SalvageError) {
    try mark(place.appending(Belonging.file), id, recording)
  }

  /// Notes in a recording that lies outside which link stands for it.
  static func note(link: FilePath, in recording: FilePath, _ id: RecordingID) throws(SalvageError) {
    try mark(recording.appending(Belonging.linkFile), id, link)
  }

  private static func mark(
    _ file: FilePath, _ id: RecordingID, _ what: FilePath
  ) throws(SalvageError) {
    guard let belonging = Belonging(id, what) else {
      throw SalvageError.systemFailure("look at", what)
    }
    try file.replaceFile(with: belonging.encoded, mode: 0o644)
  }

  /// Removes one that the recording has; anything else is left alone.
  static func remove(_ place: FilePath, of recording: FilePath, _ settings: RecordingSettings) {
    guard isNamedSo(place), RecordingReader(recording).owns(place, settings) else { return }
    removeTree(place)
  }
}
