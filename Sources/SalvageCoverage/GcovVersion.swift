/// The version word of gcc's coverage files, and what it changes in them.
///
/// Source: gcov-io.h and coverage.c of gcc 10 to 15. The word is four letters, the highest byte first:
/// `B22*` is 12.2, released (`*`; `e` is experimental, `p` a prerelease).
struct GcovVersion: Sendable, Hashable {
  var word: UInt32

  /// gcc's major version; nil where the word is none of a version that we know to write.
  var major: Int? {
    let tens = Int(word >> 24) - 0x41
    let ones = Int(word >> 16 & 0xff) - 0x30
    guard (0...25).contains(tens), (0...9).contains(ones) else { return nil }
    let major = tens * 10 + ones
    return Self.known.contains(major) ? major : nil
  }

  static let known = 10...15

  /// A checksum of the unit follows the stamp.
  var hasChecksum: Bool { (major ?? 0) >= 12 }

  /// Bytes in one unit of a length; a length counted 4-byte words before.
  var lengthUnit: Int { (major ?? 0) >= 12 ? 1 : 4 }

  /// Counters that are all zero have a negative length, and no bytes.
  var elidesZeros: Bool { (major ?? 0) >= 11 }
}

/// What a kind of gcov's counters is, as far as two images of it are concerned (gcov-counter.def).
enum GcovKind {
  static let arcs: UInt32 = 0

  /// Kinds that are sets of bits: `ior`, conditions (gcc 14), paths (gcc 15).
  static func isBits(_ kind: UInt32) -> Bool { kind == 6 || kind == 8 || kind == 9 }

  /// Kinds that gcov's own reports show, and ours do not: conditions (gcc 14), paths (gcc 15).
  static func isExportedOnly(_ kind: UInt32) -> Bool { kind == 8 || kind == 9 }

  /// Kinds whose entries are lists of values (`topn`, `indirect_call`): they cannot be added word by
  /// word, and no report looks at them.
  static func isList(_ kind: UInt32) -> Bool { kind == 3 || kind == 4 }
}
