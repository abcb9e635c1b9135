import SalvageRecord
import SalvageSystem
import SystemPackage

/// The coverage mapping of one object with its summed counters: which functions it has and where the
/// mapping of each is, by llvm-cov's rules.
///
/// A class: workers ask it for each function, and would else count references to all of its lists.
final class MappingImage: Sendable {
  /// A function that is reported.
  struct Function: Sendable {
    var name: String
    /// Of the list of names of its unit.
    var files: Range<Int>
    /// Of the mapping behind the numbers of the files.
    var mapping: Range<Int>
    var hash: UInt64
    /// Its first record of counters; -1 where none is known: it was never entered.
    var counters: Int32
    /// It was used by no code of its unit, so nothing is known but where it is.
    var isDummy: Bool
  }

  let functions: [Function]
  /// The files of all functions, one after the other: indices into `paths`.
  let files: [UInt32]
  let paths: [String]
  /// What was left out, by reason.
  let damage: [MappingError]
  let counters: MappingCounters
  /// `__llvm_covfun`.
  let bytes: [UInt8]

  /// The sections of an object.
  struct Sections {
    var names: [UInt8]
    var files: [UInt8]
    var functions: [UInt8]
  }

  /// - Parameter program: where it was, for sources with relative paths.
  init(
    _ sections: Sections, program: FilePath? = nil,
    _ counters: (MappingNames) throws(MappingError) -> MappingCounters
  ) throws(MappingError) {
    let names = try MappingNames(section: sections.names)
    self.counters = try counters(names)
    bytes = sections.functions
    var list = FunctionList(
      files: MappingFiles(section: sections.files), names, self.counters, program)
    list.read(sections.functions)
    functions = list.functions
    files = list.files
    paths = list.paths
    damage = list.damage
  }

  /// The part of another one that some functions are.
  init(_ whole: MappingImage, where isKept: (Function) -> Bool) {
    functions = whole.functions.filter(isKept)
    files = whole.files
    paths = whole.paths
    damage = []
    counters = whole.counters
    bytes = whole.bytes
  }
}

/// The counters of one object, as its records name them.
struct MappingCounters: Sendable {
  var records: CounterRecords
  /// Counts of each kind: bytes, or little-endian words.
  var counts: [UInt8]
  /// With what led to the lives that began by forks; empty where there is no history.
  var whole: [UInt8]
  /// Such lives are not all in `whole`.
  var historyLacks: Bool
  var bitmaps: [UInt8]
  /// 0 is executed, as LLVM's single-byte coverage has it.
  var isByteCoverage: Bool

  /// The counters of a function, of all units that have it; nil where nothing is known of it.
  func values(_ first: Int32, whole isWhole: Bool = false) -> [UInt64]? {
    guard first >= 0 else { return nil }
    var values = [UInt64](repeating: 0, count: records.records[Int(first)].count)
    add(first, isWhole ? whole : counts, to: &values)
    return values
  }

  func add(_ first: Int32, to values: inout [UInt64]) { add(first, counts, to: &values) }

  private func add(_ first: Int32, _ bytes: [UInt8], to values: inout [UInt64]) {
    var next = first
    bytes.withUnsafeBytes { raw in
      while next >= 0 {
        let record = records.records[Int(next)]
        next = record.next
        guard record.count == values.count else { continue }
        for index in 0..<record.count {
          let count: UInt64
          if isByteCoverage {
            count = raw[record.start &+ index] == 0 ? 1 : 0
          } else {
            count = raw.little(record.start &+ 8 &* index)
          }
          values[index] = values[index].saturatingSum(count)
        }
      }
    }
  }

  /// The first counter, which is that of the function's entry.
  func isEntered(_ first: Int32) -> Bool {
    var next = first
    while next >= 0 {
      let record = records.records[Int(next)]
      next = record.next
      guard record.count > 0 else { continue }
      let isEntered = counts.withUnsafeBytes { raw in
        isByteCoverage ? raw[record.start] == 0 : raw.little(record.start, as: UInt64.self) != 0
      }
      if isEntered { return true }
    }
    return false
  }

  /// The bitmap of a function: the bits of all units that have it.
  func addBitmap(_ first: Int32, to bits: inout [UInt8]) {
    var next = first
    while next >= 0 {
      let record = records.records[Int(next)]
      next = record.next
      if bits.count < record.bitmapSize {
        bits += [UInt8](repeating: 0, count: record.bitmapSize - bits.count)
      }
      for index in 0..<record.bitmapSize { bits[index] |= bitmaps[record.bitmap + index] }
    }
  }

  func layout(_ first: Int32) -> RecordLayout {
    first >= 0 ? records.records[Int(first)].layout : .v10
  }
}

/// Lists the functions of `__llvm_covfun`.
///
/// A record: u64 hash of the name, u32 size of the mapping, u64 hash of the function, u64 hash of the unit's
/// list of files, the mapping; the next one begins at a multiple of 8.
private struct FunctionList {
  private(set) var functions: [MappingImage.Function] = []
  private(set) var files: [UInt32] = []
  private(set) var paths: [String] = []
  /// The paths as the compiler wrote them.
  private var written: [String] = []
  private(set) var damage: [MappingError]
  private let lists: MappingFiles
  private let names: MappingNames
  private let counters: MappingCounters
  /// For each list of files: its paths among all.
  private var listPaths: [[UInt32]] = []

  private struct Found {
    var name: UInt64
    var hash: UInt64
    var list: Int
    var mapping: Range<Int>
    var isDummy: Bool
  }

  init(
    files: MappingFiles, _ names: MappingNames, _ counters: MappingCounters, _ program: FilePath?
  ) {
    lists = files
    self.names = names
    self.counters = counters
    damage = files.damage
    var known: [String: UInt32] = [:]
    var sources = RelativeSources(near: program)
    for list in files.lists {
      listPaths.append(
        zip(list, sources.resolved(list)).map { name, path in
          if let index = known[path] { return index }
          let index = UInt32(paths.count)
          known[path] = index
          paths.append(path)
          written.append(name)
          return index
        })
    }
  }

  mutating func read(_ section: [UInt8]) {
    section.withUnsafeBytes { raw in
      var shortened: Set<Identity> = []
      for found in find(raw) {
        do throws(MappingError) {
          try add(found, raw, &shortened)
        } catch {
          damage.append(error)
        }
      }
    }
  }

  /// What tells two functions of one object apart, where names were shortened.
  private struct Identity: Hashable {
    var name: String
    var files: [UInt32]
  }

  /// One record for each name: the first, but a dummy gives its place to one that is none.
  private mutating func find(_ raw: UnsafeRawBufferPointer) -> [Found] {
    let smallest = 32
    var found: [Found] = []
    var index = HashIndex(capacity: raw.count / smallest + 1)
    var at = 0
    while at + 28 <= raw.count {
      let start = at + 28
      let size = Int(raw.little(at + 8, as: UInt32.self))
      guard size <= raw.count - start else {
        damage.append(.truncated)
        break
      }
      let name: UInt64 = raw.little(at)
      let hash: UInt64 = raw.little(at + 12)
      let files: UInt64 = raw.little(at + 20)
      at = (start + size + 7) & ~7
      guard let list = lists.numbers[files] else {
        // The unit's list is damaged, which is told once.
        if lists.damage.isEmpty { damage.append(.invalid("a function belongs to no unit")) }
        continue
      }
      let mapping = start..<start + size
      let one = Found(
        name: name, hash: hash, list: list, mapping: mapping,
        isDummy: hash == 0 && Self.isOneZeroRegion(raw, mapping))
      if let other = index.find(name, { found[$0].name == name }) {
        if found[other].isDummy && !one.isDummy { found[other] = one }
      } else {
        index.insert(name, found.count)
        found.append(one)
      }
    }
    return found
  }

  /// One file, no expressions, one region that is never counted.
  private static func isOneZeroRegion(_ raw: UnsafeRawBufferPointer, _ mapping: Range<Int>) -> Bool
  {
    var cursor = MappingCursor(raw, mapping)
    guard cursor.number() == 1 else { return false }
    _ = cursor.number()
    guard cursor.number() == 0, cursor.number() == 1 else { return false }
    return cursor.number() & 3 == 0 && !cursor.isDamaged
  }

  private mutating func add(
    _ found: Found, _ raw: UnsafeRawBufferPointer, _ shortened: inout Set<Identity>
  ) throws(MappingError) {
    var first: Int32 = -1
    if let record = counters.records.find(name: found.name, function: found.hash) {
      first = Int32(record)
    } else if counters.records.knows(name: found.name) {
      // Counted as another build of it, which is reported in its place.
      return
    }
    guard let name = names.find(found.name) else {
      throw .invalid("a function has no name")
    }
    var cursor = MappingCursor(raw, found.mapping)
    let list = listPaths[found.list]
    let start = files.count
    let count = cursor.count(ofAtLeast: 1)
    for _ in 0..<count {
      let file = Int(cursor.number32())
      guard file < list.count else {
        files.removeSubrange(start...)
        throw .invalid("a function is in a file that its unit does not have")
      }
      files.append(list[file])
    }
    guard !cursor.isDamaged, count > 0 else {
      files.removeSubrange(start...)
      throw .truncated
    }
    // Unused in one unit and used in another, whose mapping may be gone: not uncovered.
    if counters.isEntered(first), Self.isOneRegion(raw, found.mapping) {
      files.removeSubrange(start...)
      return
    }
    let text = names.text(name, without: written[Int(files[start])])
    if text.isShortened {
      let identity = Identity(name: text.name, files: Array(files[start...]))
      guard shortened.insert(identity).inserted else {
        files.removeSubrange(start...)
        return
      }
    }
    functions.append(
      MappingImage.Function(
        name: text.name, files: start..<files.count,
        mapping: cursor.position..<found.mapping.upperBound, hash: found.hash, counters: first,
        isDummy: found.isDummy))
  }

  /// Only one region in all files, which is never counted.
  private static func isOneRegion(_ raw: UnsafeRawBufferPointer, _ mapping: Range<Int>) -> Bool {
    var cursor = MappingCursor(raw, mapping)
    let files = cursor.count(ofAtLeast: 1)
    for _ in 0..<files { _ = cursor.number() }
    var function = MappedFunction()
    let expressions = cursor.count(ofAtLeast: 2)
    for _ in 0..<2 * expressions { _ = cursor.number() }
    // Nearly all functions have more regions in their first file.
    var count = 0
    for _ in 0..<files {
      let before = cursor
      count += cursor.count(ofAtLeast: 5)
      if count > 1 || cursor.isDamaged { return false }
      if count == 1 {
        cursor = before
        break
      }
    }
    cursor = MappingCursor(raw, mapping)
    for _ in 0...files { _ = cursor.number() }
    guard (try? function.read(&cursor, files: files)) != nil, function.regions.count == 1 else {
      return false
    }
    return function.regions[0].counter & 3 == 0
  }
}
