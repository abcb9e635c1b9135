import SalvageRecord
import SalvageSystem

/// A file covcounters: what one program counted, in one segment.
struct GoCounterFile: Sendable {
  struct Place: Hashable, Comparable, Sendable {
    var package: UInt32
    var function: UInt32

    static func < (left: Place, right: Place) -> Bool {
      (left.package, left.function) < (right.package, right.function)
    }
  }

  /// Of the meta-data.
  private let hash: [UInt8]
  /// Mode `set`: a count says that a unit ran.
  private let countsOnce: Bool
  private var functions: [Place: [UInt32]]

  private static let magic: [UInt8] = [0, 0x63, 0x77, 0x6d]
  private static let headBytes = 32
  private static let footBytes = 16

  init(hash: [UInt8], countsOnce: Bool, _ functions: [Place: [UInt32]]) {
    (self.hash, self.countsOnce, self.functions) = (hash, countsOnce, functions)
  }

  /// Magic, u32 version, hash, u8 2 (numbers are LEB128), u8 0 (little-endian), 6 bytes.
  private var head: [UInt8] {
    var out = LittleEndianBuilder()
    out.append(Self.magic)
    out.append(UInt32(1))
    out.append(hash)
    out.append([2, 0, 0, 0, 0, 0, 0, 0] as [UInt8])
    return out.bytes
  }

  /// The head; u64 functions, u32 bytes of names, u32 bytes of arguments; names, arguments; of each function how
  /// many counters, its package, its number, the counters; magic, u32 0, u32 segments, u32 0.
  var bytes: [UInt8] {
    var out = LittleEndianBuilder()
    out.append(head)
    out.append(UInt64(functions.count))
    out.append(UInt32(2))
    out.append(UInt32(2))
    out.append([1, 0] as [UInt8])  // one name, ""
    out.append([0, 0] as [UInt8])  // no arguments, and a byte that fills up to 4
    for (place, counts) in functions.sorted(by: { $0.key < $1.key }) {
      for number in [UInt32(counts.count), place.package, place.function] + counts {
        out.append(Self.leb128(number))
      }
    }
    out.append(Self.magic)
    for number: UInt32 in [0, 1, 0] { out.append(number) }
    return out.bytes
  }

  private static func leb128(_ value: UInt32) -> [UInt8] {
    var (left, bytes) = (value, [] as [UInt8])
    repeat {
      let byte = UInt8(left & 0x7f)
      left >>= 7
      bytes.append(left == 0 ? byte : byte | 0x80)
    } while left != 0
    return bytes
  }

  /// With what another file of the same program has.
  func adding(_ existing: [UInt8]) throws(FormatError) -> GoCounterFile {
    let words = LittleEndian(existing)
    let start = Self.headBytes + 16
    guard existing.count >= start + Self.footBytes, existing.prefix(Self.headBytes) == head[...],
      words.u32(existing.count - 8) == 1
    else {
      throw FormatError(
        format: "covcounters", offset: 0, expected: "one segment of the same program's counters")
    }
    let skipped = UInt64(words.u32(40)) + UInt64(words.u32(44))
    var result = self
    let isWhole = existing.withUnsafeBytes { raw in
      var cursor = MappingCursor(raw, start..<existing.count - Self.footBytes)
      _ = cursor.bytes((skipped + 3) / 4 * 4)
      for _ in 0..<cursor.count(words.u64(Self.headBytes)) {
        let count = cursor.number32()
        let place = Place(package: cursor.number32(), function: cursor.number32())
        result.add((0..<cursor.count(UInt64(count))).map { _ in cursor.number32() }, at: place)
      }
      return !cursor.isDamaged
    }
    guard isWhole else {
      throw FormatError(
        format: "covcounters", offset: start, expected: "as many counters as it says")
    }
    return result
  }

  private mutating func add(_ more: [UInt32], at place: Place) {
    guard let mine = functions[place], mine.count == more.count else {
      functions[place] = functions[place] ?? more
      return
    }
    functions[place] = zip(mine, more).map { left, right in
      if countsOnce { return max(left, right) }
      let (sum, over) = left.addingReportingOverflow(right)
      return over ? .max : sum
    }
  }
}

extension MappingCursor {
  /// A number of elements, each of which has a byte at least; 0 where they cannot be there.
  fileprivate mutating func count(_ value: UInt64) -> Int {
    value <= UInt64(left) ? Int(value) : 0
  }
}
