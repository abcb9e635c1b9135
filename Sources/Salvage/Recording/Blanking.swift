import CSalvageABI
import Glibc
import SalvageRecord
import SalvageSystem
import SystemPackage

/// Takes the programs' own data out of counter files.
///
/// A page with counters may hold variables of the program too, and while the page is shared its slot holds
/// them. The recording needs only the counters: where no life has the slot any more, the rest becomes zeros.
/// Blocks stay, for the next life maps them.
package struct Blanking {
  private let directory: FilePath
  private let settings: RecordingSettings

  package init(_ recording: Recording) {
    directory = recording.directory
    settings = recording.settings
  }

  /// As far as we may write; what cannot be is left as it is. Slots of running processes are left alone.
  package func blank() {
    let reader = RecordingReader(directory)
    for path in reader.userDirectories(settings) {
      guard let user = OpenDirectory(path) else { continue }
      for name in user.names where name.hasSuffix(".cnt") {
        guard let number = user.file(name, O_RDWR),
          let file = RecordFile(adopting: number, path.appending(name))
        else { continue }
        try? Self.blank(file)
      }
    }
  }

  private static func blank(_ file: borrowing RecordFile) throws(RecordError) {
    let layout = try CounterLayout(file)
    let gaps = layout.gaps
    guard !gaps.isEmpty else { return }
    let page = try file.bytes(0..<4096)
    for slot in 0..<layout.slots {
      let isAccumulator = slot < Int(SLV_SLOT_FIRST)
      let word = page.structure(UInt32.self, at: Int(SLV_ATTACH_OFFSET) + 4 * slot) ?? 0
      guard isAccumulator || word != 0 else { continue }
      let start = layout.slotsOffset + slot * layout.slotSize
      // The lease of a slot is this lock; that of the first is held by whoever folds.
      let byte = isAccumulator ? layout.slotsOffset : start
      guard start < file.currentSize,
        FileLock.set(file.descriptor.rawValue, type: F_WRLCK, start: off_t(byte))
      else { continue }
      defer { _ = FileLock.set(file.descriptor.rawValue, type: F_UNLCK, start: off_t(byte)) }
      for gap in gaps { try clear(start + gap.lowerBound..<start + gap.upperBound, of: file) }
    }
  }

  private static let portion = 1 << 16
  private static let zeros = [UInt8](repeating: 0, count: portion)

  private static func clear(
    _ range: Range<Int>, of file: borrowing RecordFile
  ) throws(RecordError) {
    var at = range.lowerBound
    while at < range.upperBound {
      // Holes are not filled: that would take room for nothing.
      if range.upperBound - at > portion {
        guard let next = file.data(from: at), next < range.upperBound else { return }
        at = max(at, next)
      }
      let bytes = try file.bytes(at..<min(at + portion, range.upperBound))
      guard !bytes.isEmpty else { return }
      if bytes.contains(where: { $0 != 0 }) {
        guard pwrite(file.descriptor.rawValue, zeros, bytes.count, off_t(at)) == bytes.count else {
          throw RecordError(file.path, .system("write", errno))
        }
      }
      at += bytes.count
    }
  }
}

extension CounterLayout {
  /// What of a slot is neither counters nor births.
  fileprivate var gaps: [Range<Int>] {
    var result: [Range<Int>] = []
    var end = 0
    let known = parts.map { $0.offset..<$0.offset + $0.size }.sorted {
      $0.lowerBound < $1.lowerBound
    }
    let last = births == 0 ? slotSize : births
    for part in known + [last..<last] {
      if part.lowerBound > end { result.append(end..<part.lowerBound) }
      end = max(end, part.upperBound)
    }
    return result
  }
}
