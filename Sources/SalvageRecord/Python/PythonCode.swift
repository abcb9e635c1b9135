import SalvageSystem

/// What the lines of a Python source mean, beside the counters of its ``ObjectCounters``: region 0 has
/// a byte for each line from 0 on (bit 0: there is code for it; bit 1: it was executed), region 1 a
/// byte for each function (1: it was called), region 2 two for each branch (1: it went left, right).
package struct PythonCode: Sendable, Hashable {
  package struct Function: Sendable, Hashable {
    /// Qualified: `Class.method`, `outer.<locals>.inner`.
    package var name: String
    /// Its first line, that of its first decorator where it has one.
    package var line: UInt32

    package init(name: String, line: UInt32) {
      self.name = name
      self.line = line
    }
  }

  /// 12 for CPython 3.12.
  package var minor: UInt32
  /// A hash of the source's text when it was first run; 0 where it could not be read.
  package var source: UInt64
  package var functions: [Function]
  /// The line of each jump that leads to one of two lines; none before CPython 3.14.
  package var branches: [UInt32]

  package init(
    minor: UInt32, source: UInt64, functions: [Function], branches: [UInt32] = []
  ) {
    self.minor = minor
    self.source = source
    self.functions = functions
    self.branches = branches
  }

  /// The hash of a source's text as the library makes it: in steps of 2048 bytes.
  package static func hash(ofSource text: [UInt8]) -> UInt64 {
    var hash: UInt64 = 5
    for start in stride(from: 0, to: text.count, by: 2048) {
      hash = contentHash(seed: hash, text[start..<min(start + 2048, text.count)])
    }
    return hash
  }
}

/// `slv_hash` of the library.
func contentHash(seed: UInt64, _ bytes: ArraySlice<UInt8>) -> UInt64 {
  var hash = seed ^ (UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15)
  var at = bytes.startIndex
  while bytes.endIndex - at >= 8 {
    var word: UInt64 = 0
    for index in (at..<at + 8).reversed() { word = word << 8 | UInt64(bytes[index]) }
    hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
    hash ^= hash >> 32
    at += 8
  }
  var rest: UInt64 = 0
  for index in (at..<bytes.endIndex).reversed() { rest = rest << 8 | UInt64(bytes[index]) }
  hash = (hash ^ rest) &* 0xc4ce_b9fe_1a85_ec53
  return hash ^ hash >> 33
}
