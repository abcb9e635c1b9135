import SalvageRecord
import SalvageSystem
package import SystemPackage

/// What the injected library keeps of an object's gcov instrumentation: the section `.salvage.gcov`.
///
/// It is the tree of `struct gcov_info` as it was in memory, with link-time addresses: docs/RecordingFormat.md
/// has the bytes.
package struct GcovNotes: Sendable, Hashable {
  /// A range of counters of one kind.
  package struct Counters: Sendable, Hashable {
    package var kind: UInt32
    package var count: Int
    package var address: UInt64

    package init(kind: UInt32, count: Int, address: UInt64) {
      self.kind = kind
      self.count = count
      self.address = address
    }
  }

  package struct Function: Sendable, Hashable {
    /// False: the counters of this function are another object's.
    package var isPresent: Bool
    package var ident: UInt32
    package var lineChecksum: UInt32
    package var graphChecksum: UInt32
    package var counters: [Counters]

    package init(
      isPresent: Bool, ident: UInt32, lineChecksum: UInt32, graphChecksum: UInt32,
      counters: [Counters]
    ) {
      self.isPresent = isPresent
      self.ident = ident
      self.lineChecksum = lineChecksum
      self.graphChecksum = graphChecksum
      self.counters = counters
    }
  }

  /// One compiled file.
  package struct Unit: Sendable, Hashable {
    package var version: GcovVersion
    package var stamp: UInt32
    package var checksum: UInt32
    /// Bit n: counters of kind n are in use.
    package var kinds: UInt32
    /// The `.gcda` file that libgcov would write.
    package var name: FilePath
    package var functions: [Function]

    package init(
      version: GcovVersion, stamp: UInt32, checksum: UInt32, kinds: UInt32, name: FilePath,
      functions: [Function]
    ) {
      self.version = version
      self.stamp = stamp
      self.checksum = checksum
      self.kinds = kinds
      self.name = name
      self.functions = functions
    }

    /// Which compiler writes its files.
    package var compiler: GcovGraph.Compiler { kinds & Self.byClang != 0 ? .clang : .gcc }

    package static let byClang: UInt32 = 1 << 31
  }

  package var units: [Unit]

  package static let section = ".salvage.gcov"
  /// The contents of the `.gcno` files, as far as they were there.
  package static let notesSection = ".salvage.gcno"
}

/// Our section contradicts itself.
enum GcovNotesError: Error, Sendable, Hashable, CustomStringConvertible {
  case version(UInt32)
  case truncated(offset: Int)
  case malformed(String)

  var description: String {
    switch self {
    case .version(let number): "its list of units has the unknown version \(number)"
    case .truncated(let offset):
      "its list of units ends in the middle of a record, at byte \(offset)"
    case .malformed(let what): what
    }
  }
}

extension GcovNotes {
  private static let version: UInt32 = 1

  /// Reads the section. All counts are checked against the bytes that are there.
  init(_ bytes: [UInt8]) throws(GcovNotesError) {
    var reader = Reader(bytes: LittleEndian(bytes))
    let header = try reader.take(8)
    let version = reader.bytes.u32(header)
    guard version == Self.version else { throw .version(version) }
    let count = try reader.count(reader.bytes.u32(header + 4), of: 24)
    units = []
    units.reserveCapacity(count)
    for _ in 0..<count { units.append(try reader.unit()) }
  }

  private struct Reader {
    let bytes: LittleEndian
    private var position = 0

    init(bytes: LittleEndian) {
      self.bytes = bytes
    }

    /// Answers where the next `size` bytes are.
    mutating func take(_ size: Int) throws(GcovNotesError) -> Int {
      guard size <= bytes.count - position else { throw .truncated(offset: position) }
      position += size
      return position - size
    }

    /// A number of records, which cannot be more than there are bytes for.
    func count(_ number: UInt32, of size: Int) throws(GcovNotesError) -> Int {
      guard Int(number) <= (bytes.count - position) / size else {
        throw .truncated(offset: position)
      }
      return Int(number)
    }

    mutating func unit() throws(GcovNotesError) -> Unit {
      let at = try take(24)
      let nameSize = Int(bytes.u32(at + 16))
      guard nameSize % 8 == 0 else { throw .malformed("a name is not padded") }
      let nameStart = try take(nameSize)
      let name = bytes.bytes[nameStart..<nameStart + nameSize].prefix { $0 != 0 }
      guard !name.isEmpty, name.count < nameSize else { throw .malformed("a unit has no name") }
      // What is written for other tools goes by this name.
      guard name.suffix(5).elementsEqual(".gcda".utf8) else {
        throw .malformed("a unit's name does not end with .gcda")
      }
      var unit = Unit(
        version: GcovVersion(word: bytes.u32(at)), stamp: bytes.u32(at + 4),
        checksum: bytes.u32(at + 8), kinds: bytes.u32(at + 20),
        name: FilePath(platformString: name.map { CChar(bitPattern: $0) } + [0]), functions: [])
      let functions = try count(bytes.u32(at + 12), of: 24)
      unit.functions.reserveCapacity(functions)
      for _ in 0..<functions { unit.functions.append(try function()) }
      return unit
    }

    mutating func function() throws(GcovNotesError) -> Function {
      let at = try take(24)
      let counters = try count(bytes.u32(at + 16), of: 16)
      var function = Function(
        isPresent: bytes.u32(at) != 0, ident: bytes.u32(at + 4), lineChecksum: bytes.u32(at + 8),
        graphChecksum: bytes.u32(at + 12), counters: [])
      function.counters.reserveCapacity(counters)
      for _ in 0..<counters {
        let at = try take(16)
        function.counters.append(
          Counters(
            kind: bytes.u32(at), count: Int(bytes.u32(at + 4)), address: bytes.u64(at + 8)))
      }
      return function
    }
  }

  /// Where the contents of each unit's `.gcno` file lie in ``notesSection``. A section that ends early
  /// has what is whole.
  static func notes(in section: [UInt8]) -> [Int: Range<Int>] {
    let bytes = LittleEndian(section)
    var result: [Int: Range<Int>] = [:]
    var at = 0
    while at + 16 <= bytes.count {
      guard let size = Int(exactly: bytes.u64(at + 8)), size <= bytes.count - at - 16 else { break }
      result[Int(bytes.u32(at))] = at + 16..<at + 16 + size
      at = (at + 16 + size + 7) & ~7
    }
    return result
  }
}
