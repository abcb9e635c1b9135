/// The version word of gcc's coverage files, and what it changes in them.
///
/// Source: gcov-io.h and coverage.c of gcc 10 to 15. The word is four letters, the highest byte first:
/// `B22*` is 12.2, released (`*`; `e` is experimental, `p` a prerelease).
package struct GcovVersion: Sendable, Hashable {
  package var word: UInt32

  /// gcc's major version, from 10 on: nil where the word is none that a gcc writes.
  var major: Int? {
    guard let major = number, major >= Self.known.lowerBound else { return nil }
    return major
  }

  private var number: Int? {
    let tens = Int(word >> 24) - 0x41
    let ones = Int(word >> 16 & 0xff) - 0x30
    return (0...4).contains(tens) && (0...9).contains(ones) ? tens * 10 + ones : nil
  }

  /// Those whose counters and notes we know. Files of a later one are written as the last of these would, and
  /// read by its own gcov.
  static let known = 10...15

  /// The major version of the gcc whose `.gcno` format it is, as far as we read it: 8 to 15, and 4 for what
  /// clang 14 to 19 write (`408*`; later ones write `B11*`, which is gcc 11's).
  var notesFormat: Int? {
    if isOld { return 4 }
    guard let number, (8...Self.known.upperBound).contains(number) else { return nil }
    return number
  }

  /// 4.8, which clang 14 to 19 write.
  var isOld: Bool { word == 0x3430_382a }

  /// A checksum of the unit follows the stamp.
  var hasChecksum: Bool { (major ?? 0) >= 12 }

  /// Bytes in one unit of a length; a length counted 4-byte words before.
  var lengthUnit: Int { (major ?? 0) >= 12 ? 1 : 4 }

  /// Counters that are all zero have a negative length, and no bytes.
  var elidesZeros: Bool { (major ?? 0) >= 11 }
}

/// What a kind of gcov's counters is, as far as two images of it are concerned (gcov-counter.def).
package enum GcovKind {
  static let arcs: UInt32 = 0
  /// Since gcc 14: two words for a decision, its conditions that were true, and false, and decided it.
  static let conditions: UInt32 = 8

  /// Kinds that are sets of bits: `ior`, conditions (gcc 14), paths (gcc 15).
  package static func isBits(_ kind: UInt32) -> Bool { kind == 6 || kind == 8 || kind == 9 }

  /// A kind that gcov's own reports show, and ours do not: paths (gcc 15).
  static func isExportedOnly(_ kind: UInt32) -> Bool { kind == 9 }

  /// Kinds whose entries are lists of values (`topn`, `indirect_call`): they cannot be added word by
  /// word, and no report looks at them.
  static func isList(_ kind: UInt32) -> Bool { kind == 3 || kind == 4 }
}
