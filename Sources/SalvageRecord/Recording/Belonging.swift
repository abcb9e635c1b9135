import CSalvageABI
import Glibc
import SalvageSystem
package import SystemPackage

/// A random number that a recording has for life. Its copies have it too.
package struct RecordingID: Sendable, Hashable {
  var high: UInt64
  var low: UInt64

  /// That of a recording which nobody made.
  package init() { (high, low) = (0, 0) }

  init(_ words: (UInt64, UInt64)) { (high, low) = words }

  package static func random() -> RecordingID {
    RecordingID((.random(in: 1 ... .max), .random(in: 1 ... .max)))
  }

  var words: (UInt64, UInt64) { (high, low) }
}

/// To which recording a directory elsewhere belongs: `struct slv_belonging` of the contract.
///
/// Its path is in the settings, but a path is no proof: a copy of the recording has the same settings, and
/// anybody can write some that name what is another's. So the directory says itself whose it is, by the
/// recording's id and by which directory of which file system that is.
package struct Belonging: Sendable, Hashable {
  package var id: RecordingID
  package var device: UInt64
  package var inode: UInt64

  /// The recording in `directory`, or the link that stands for it; nil where nothing is.
  package init?(_ id: RecordingID, _ directory: FilePath) {
    var status = stat()
    guard directory.withPlatformString({ lstat($0, &status) }) == 0 else { return nil }
    self.id = id
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// What a file says. Only root, or who owns the directory that the file is in, can have written it.
  package init?(file path: FilePath) {
    guard let file = try? RecordFile(path), let bytes = try? file.bytes(0..<4096),
      let raw = bytes.structure(slv_belonging.self, at: 0), raw.magic == SLV_BELONGING_MAGIC,
      let owner = file.owner, isTrusted(owner, in: path.removingLastComponent())
    else { return nil }
    id = RecordingID(raw.id)
    device = raw.device
    inode = raw.inode
  }

  package var encoded: [UInt8] {
    bytes(
      of: slv_belonging(
        magic: SLV_BELONGING_MAGIC, id: id.words, device: device, inode: inode))
  }

  /// Its name in a temporary directory.
  package static let file = "recording"
  /// Its name in a recording that a link stands for.
  package static let linkFile = "place"
}

/// Files that decide about others count only if root made them, or whose the directory is: in a recording
/// that everybody may write to, anybody can make files.
package func isTrusted(_ owner: UInt32, in directory: FilePath) -> Bool {
  var status = stat()
  return owner == 0
    || (directory.withPlatformString { stat($0, &status) } == 0 && status.st_uid == owner)
}

extension RecordingReader {
  /// True if a directory outside is this recording's own.
  package func owns(_ place: FilePath, _ settings: RecordingSettings) -> Bool {
    guard let claimed = Belonging(file: place.appending(Belonging.file)) else { return false }
    return claimed == Belonging(settings.id, directory)
  }
}
