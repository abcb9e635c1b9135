import SalvageRecord
import SalvageSystem

/// A `.gcda` file: what a program of libgcov's, or of clang's runtime, writes at its exit, for one compiled unit.
///
/// Source: the head comment of gcov-io.h of gcc 10 to 15, and libgcov-driver.c for the order of writing;
/// GCDAProfiling.c of LLVM 14 to 21.
package struct GcovData: Sendable, Hashable {
  package struct Counters: Sendable, Hashable {
    package var kind: UInt32
    package var values: [UInt64]
  }

  package struct Function: Sendable, Hashable {
    package var ident: UInt32
    package var lineChecksum: UInt32
    package var graphChecksum: UInt32
    package var counters: [Counters]
  }

  package var version: GcovVersion
  package var stamp: UInt32
  /// Written since gcc 12.
  package var checksum: UInt32
  /// Programs that were run.
  var runs: UInt32
  /// Nil for a function of which another object has the counters (a comdat's).
  package var functions: [Function?]
  /// The largest arc count of the whole program (low 32 bits); libgcov adds up those of its runs.
  var largest: UInt32
  package var compiler = GcovGraph.Compiler.gcc

  static let magic: UInt32 = 0x6763_6461
  fileprivate static let summaryTag: UInt32 = 0xa100_0000
  /// Of gcc's before 4.9, and of clang's up to 19.
  fileprivate static let oldSummaryTag: UInt32 = 0xa300_0000
  fileprivate static let functionTag: UInt32 = 0x0100_0000
  fileprivate static let countersTag: UInt32 = 0x01a1_0000

  /// The largest arc count of this unit.
  var largestArc: UInt64 {
    var largest: UInt64 = 0
    for case let function? in functions {
      for counters in function.counters where counters.kind == GcovKind.arcs {
        largest = max(largest, counters.values.max() ?? 0)
      }
    }
    return largest
  }

  /// The bytes of the file; the same that libgcov writes of the same counts.
  package var bytes: [UInt8] {
    var out = LittleEndianBuilder()
    out.reserve(64 + functions.reduce(0) { $0 + ($1?.byteCount ?? 8) })
    for word in [Self.magic, version.word, stamp] { out.append(word) }
    if version.hasChecksum { out.append(checksum) }
    if compiler == .gcc { appendSummary(to: &out, largest) }
    for function in functions {
      out.append(Self.functionTag)
      guard let function else {
        out.append(0 as UInt32)
        continue
      }
      out.append(length(words: 3))
      for word in [function.ident, function.lineChecksum, function.graphChecksum] {
        out.append(word)
      }
      for counters in function.counters { append(counters, to: &out) }
    }
    if compiler == .clang { appendSummary(to: &out, 0) }
    // The end; clang's has two words.
    for _ in 0..<(compiler == .clang ? 2 : 1) { out.append(0 as UInt32) }
    return out.bytes
  }

  private func appendSummary(to out: inout LittleEndianBuilder, _ largest: UInt32) {
    let words = version.isOld ? [0, 0, runs] : [runs, largest]
    out.append(version.isOld ? Self.oldSummaryTag : Self.summaryTag)
    out.append(length(words: words.count))
    for word in words { out.append(word) }
  }

  private func append(_ counters: Counters, to out: inout LittleEndianBuilder) {
    out.append(Self.countersTag &+ counters.kind << 17)
    let length = length(words: 2 * counters.values.count)
    if compiler == .gcc, version.elidesZeros, counters.values.allSatisfy({ $0 == 0 }) {
      out.append(0 &- length)
      return
    }
    out.append(length)
    for value in counters.values { out.append(value) }
  }

  private func length(words: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: words * 4 / version.lengthUnit)
  }
}

extension GcovData.Function {
  fileprivate var byteCount: Int { counters.reduce(20) { $0 + 8 + 8 * $1.values.count } }
}

/// Why bytes are not a `.gcda` file that we can add to.
package enum GcovDataError: Error, Sendable, Hashable, CustomStringConvertible {
  case notData
  case unknownVersion(UInt32)
  case truncated(offset: Int)
  /// Two files are of different builds: nothing can be added.
  case otherBuild

  package var description: String {
    switch self {
    case .notData: "is no .gcda file"
    case .unknownVersion(let word): "has the unknown version \(hex(UInt64(word)).suffix(8))"
    case .truncated(let offset): "ends in the middle of a record, at byte \(offset)"
    case .otherBuild: "is of another build of the same file"
    }
  }
}

// MARK: Reading and adding

extension GcovData {
  /// Reads a file. Records that we do not know are passed over.
  package init(_ bytes: [UInt8], by compiler: GcovGraph.Compiler = .gcc) throws(GcovDataError) {
    let words = LittleEndian(bytes)
    guard words.count >= 12, words.u32(0) == Self.magic else { throw .notData }
    let version = GcovVersion(word: words.u32(4))
    guard version.major != nil || (compiler == .clang && version.isOld) else {
      throw .unknownVersion(version.word)
    }
    var at = version.hasChecksum ? 16 : 12
    guard words.count >= at else { throw .truncated(offset: words.count) }
    self.init(
      version: version, stamp: words.u32(8), checksum: version.hasChecksum ? words.u32(12) : 0,
      runs: 0, functions: [], largest: 0, compiler: compiler)
    while at + 8 <= words.count {
      let tag = words.u32(at)
      // The end of the records.
      if tag == 0 { return }
      let length = Int(Int32(bitPattern: words.u32(at + 4))) * version.lengthUnit
      at += 8
      let size = max(length, 0)
      guard size <= words.count - at else { throw .truncated(offset: at) }
      take(tag, length: length, LittleEndian(Array(words.bytes[at..<at + size])))
      at += size
    }
  }

  private mutating func take(_ tag: UInt32, length: Int, _ record: LittleEndian) {
    switch tag {
    case Self.summaryTag where record.count >= 8:
      runs = record.u32(0)
      largest = record.u32(4)
    case Self.oldSummaryTag where record.count >= 12: runs = record.u32(8)
    case Self.functionTag:
      functions.append(
        record.count < 12
          ? nil
          : Function(
            ident: record.u32(0), lineChecksum: record.u32(4), graphChecksum: record.u32(8),
            counters: []))
    case Self.countersTag...(Self.countersTag + 15 << 17)
    where (tag - Self.countersTag) % (1 << 17) == 0:
      guard let last = functions.indices.last, functions[last] != nil else { return }
      // Zeros that were left out are believed up to what a unit can have.
      let count = length >= 0 ? length / 8 : min(-length / 8, Self.mostCounters)
      let values = (0..<count).map { length >= 0 ? record.u64(8 * $0) : 0 }
      functions[last]?.counters.append(
        Counters(kind: (tag - Self.countersTag) >> 17, values: values))
    default: break
    }
  }

  private static let mostCounters = 1 << 20

  /// Adds the counts of another file of the same build.
  mutating func add(_ other: GcovData) throws(GcovDataError) {
    guard version == other.version, stamp == other.stamp, checksum == other.checksum else {
      throw .otherBuild
    }
    runs = runs &+ other.runs
    largest = largest &+ other.largest
    var places: [UInt32: Int] = [:]
    for (index, function) in functions.enumerated() {
      if let function { places[function.ident] = index }
    }
    for case let function? in other.functions {
      guard let place = places[function.ident] else {
        functions.append(function)
        continue
      }
      try functions[place]?.add(function)
    }
  }
}

extension GcovData.Function {
  fileprivate mutating func add(_ other: Self) throws(GcovDataError) {
    guard lineChecksum == other.lineChecksum, graphChecksum == other.graphChecksum else {
      throw .otherBuild
    }
    for theirs in other.counters {
      guard let place = counters.firstIndex(where: { $0.kind == theirs.kind }) else {
        counters.append(theirs)
        continue
      }
      // Lists of values are left as they are.
      if GcovKind.isList(theirs.kind) { continue }
      guard counters[place].values.count == theirs.values.count else { throw .otherBuild }
      let isBits = GcovKind.isBits(theirs.kind)
      for (index, value) in theirs.values.enumerated() {
        if isBits {
          counters[place].values[index] |= value
        } else {
          counters[place].values[index].saturate(adding: value)
        }
      }
    }
  }
}
