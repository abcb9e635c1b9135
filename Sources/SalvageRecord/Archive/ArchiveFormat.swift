import SalvageSystem
import SystemPackage

/// The outermost form of an archive, as docs/RecordingFormat.md has it: a head, sections, a table of them, an end.
package enum ArchiveFormat {
  /// What an older reader would misread raises it.
  package static let version: UInt32 = 1
  static let magic: UInt64 = 0x3153_5641_5244_5356  // "VSDRAVS1"
  static let endMagic: UInt64 = 0x3144_4e45_4456_4c53  // "SLVDEND1"
  static let headSize = 16
  static let endSize = 32
  static let entrySize = 64
  /// Sections that are believed: an object or a source is one.
  static let mostEntries = 1 << 22
}

/// What a section holds. Sections lie in the order of these numbers, then of their names.
package enum ArchiveSection: UInt32, Sendable, Hashable, CaseIterable {
  /// Which recording is in it, and how far that had got.
  case recording = 1
  /// The lives, losses and runs of one recording.
  case ledger = 2
  /// The counters of all recordings, added up.
  case counters = 3
  /// `<identity>.obj`.
  case object = 4
  /// A source, with its path.
  case source = 5
}

/// One row of the table of sections.
package struct ArchiveEntry: Sendable, Hashable {
  /// The two words that name it among those of its kind.
  package struct Name: Sendable, Hashable, Comparable {
    package var high: UInt64
    package var low: UInt64

    package init(_ high: UInt64, _ low: UInt64 = 0) { (self.high, self.low) = (high, low) }

    package static func < (left: Name, right: Name) -> Bool {
      (left.high, left.low) < (right.high, right.low)
    }
  }

  package var kind: ArchiveSection
  package var name: Name
  /// Where its packed bytes are in the file, and how many bytes it has before and after packing.
  package var offset: Int
  package var packed: Int
  package var raw: Int
  /// CRC-32 of the bytes before packing.
  package var checksum: UInt32

  var encoded: [UInt8] {
    let words: [UInt64] = [
      UInt64(kind.rawValue), name.high, name.low, UInt64(offset), UInt64(packed), UInt64(raw),
      UInt64(checksum), 0,
    ]
    return words.flatMap { bytes(of: $0.littleEndian) }
  }

  /// Nil for a section of a kind that is not known: a newer writer's, to be passed over.
  init?(_ row: [UInt64], _ path: FilePath, before end: Int) throws(RecordError) {
    guard let offset = Int(exactly: row[3]), let packed = Int(exactly: row[4]),
      let raw = Int(exactly: row[5]), let checksum = UInt32(exactly: row[6]),
      offset >= ArchiveFormat.headSize, packed <= end, offset <= end - packed, raw <= 1 << 46
    else { throw RecordError(path, .malformed("a section lies outside")) }
    guard let kind = UInt32(exactly: row[0]).flatMap(ArchiveSection.init) else { return nil }
    self.kind = kind
    name = Name(row[1], row[2])
    (self.offset, self.packed, self.raw, self.checksum) = (offset, packed, raw, checksum)
  }

  package init(
    _ kind: ArchiveSection, _ name: Name, offset: Int, packed: Int, raw: Int, checksum: UInt32
  ) {
    self.kind = kind
    self.name = name
    (self.offset, self.packed, self.raw, self.checksum) = (offset, packed, raw, checksum)
  }

  /// Which of two contents for one name stays: the larger, as one that has gcc's notes is larger than one that
  /// has not; the same one in whatever order they come.
  package func outranks(_ other: ArchiveEntry) -> Bool {
    (raw, checksum, other.packed) > (other.raw, other.checksum, packed)
  }
}
