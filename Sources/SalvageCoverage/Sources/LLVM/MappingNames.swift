import SalvageRecord
import SalvageSystem

/// `__llvm_prf_names`: the names of the functions, found by their hash.
///
/// Source: InstrProf.cpp, `readPGOFuncNameStrings`: chunks of ULEB unpacked size, ULEB packed size (0: as it
/// is), bytes. Names in a chunk are separated by 0x01, chunks by zeros.
struct MappingNames: Sendable {
  private struct Name {
    var hash: UInt64
    var start: UInt32
    var count: UInt32
  }

  /// All chunks, unpacked, one after the other.
  private var bytes: [UInt8] = []
  private var names: [Name] = []
  private var index = HashIndex(capacity: 0)

  init(section: [UInt8]) throws(MappingError) {
    var chunks: [UInt8] = []
    try section.withBytes { (raw) throws(MappingError) in
      var cursor = MappingCursor(raw, 0..<raw.count)
      while !cursor.isAtEnd {
        if raw[cursor.position] == 0 {
          _ = cursor.number()
          continue
        }
        let size = cursor.number()
        let packed = cursor.number()
        let range = cursor.bytes(packed == 0 ? size : packed)
        try cursor.check()
        if !chunks.isEmpty { chunks.append(1) }
        if packed == 0 {
          chunks.append(contentsOf: raw.part(range))
        } else {
          chunks.append(contentsOf: try Inflate.bytes(raw.part(range), unpacked: size))
        }
        guard chunks.count <= 1 << 31 else { throw .tooLarge("the list of names") }
      }
    }
    bytes = chunks
    findNames()
  }

  private mutating func findNames() {
    var names: [Name] = []
    bytes.withUnsafeBytes { raw in
      var start = 0
      while start < raw.count {
        var end = start
        while end < raw.count && raw[end] != 1 { end &+= 1 }
        if end > start {
          names.append(
            Name(
              hash: MD5.low64(raw.part(start..<end)), start: UInt32(truncatingIfNeeded: start),
              count: UInt32(truncatingIfNeeded: end - start)))
        }
        start = end &+ 1
      }
    }
    var index = HashIndex(capacity: names.count)
    for at in names.indices
    where index.find(names[at].hash, { names[$0].hash == names[at].hash }) == nil {
      index.insert(names[at].hash, at)
    }
    self.names = names
    self.index = index
  }

  /// The number of the name with that hash.
  @inline(__always)
  func find(_ hash: UInt64) -> Int? { index.find(hash) { names[$0].hash == hash } }

  func contains(_ hash: UInt64) -> Bool { find(hash) != nil }

  /// A name, without the file that it begins with: a static function is `a.c:f`, and the file goes where it
  /// is that of its regions, absolute.
  func text(_ name: Int, without file: String) -> (name: String, isShortened: Bool) {
    let range = Int(names[name].start)..<Int(names[name].start + names[name].count)
    return bytes.withUnsafeBytes { raw in
      let all = raw.part(range)
      func shortened(_ prefix: some Collection<UInt8>) -> (name: String, isShortened: Bool) {
        let isPrefix =
          !prefix.isEmpty && all.count > prefix.count && all.starts(with: prefix)
        let rest = isPrefix ? all.part(prefix.count + 1..<all.count) : all
        return (String(name: rest), isPrefix)
      }
      if file.hasForeignBytes { return shortened(file.nameBytes) }
      var file = file
      return file.withUTF8 { shortened($0) }
    }
  }
}
