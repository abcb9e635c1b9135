/// The kinds of regions, in the order of LLVM's enum, which decides how they are sorted.
enum RegionKind {
  static let code: UInt8 = 0
  static let expansion: UInt8 = 1
  static let skipped: UInt8 = 2
  static let gap: UInt8 = 3
  static let branch: UInt8 = 4
  static let decision: UInt8 = 5
  static let conditionBranch: UInt8 = 6

  /// Regions that cover text; branches and decisions lie over them.
  @inline(__always)
  static func covers(_ kind: UInt8) -> Bool { kind <= gap }
}

/// A place in a file that orders as text does: line in the upper half, column in the lower.
typealias Place = UInt64

extension Place {
  @inline(__always)
  init(line: UInt32, column: UInt32) { self = UInt64(line) << 32 | UInt64(column) }

  var line: UInt32 {
    @inline(__always) get { UInt32(truncatingIfNeeded: self >> 32) }
  }

  var column: UInt32 {
    @inline(__always) get { UInt32(truncatingIfNeeded: self) }
  }
}

/// A region of a function's mapping.
struct MappedRegion {
  var start: Place
  var end: Place
  /// Encoded: the low 2 bits say of what, see ``MappedFunction``.
  var counter: UInt32
  /// Of a branch: how often the condition was false.
  var falseCounter: UInt32
  /// The function's number of the file that it is in.
  var file: UInt32
  /// Of an expansion: the function's number of the file that stands for what is expanded.
  var expandedFile: UInt32
  var kind: UInt8
  /// Of a branch: what was counted is known when it was compiled.
  var isFolded: (true: Bool, false: Bool) { (counter & 3 == 0, falseCounter & 3 == 0) }
  var condition: Condition?
  var count: UInt64 = 0
  var falseCount: UInt64 = 0

  /// MC/DC: of a decision its place in the bitmap and its size, of a condition its number and what is
  /// evaluated next.
  struct Condition {
    var first: UInt32
    var second: UInt32
    var third: UInt32
  }
}

/// The mapping of one function: regions and how their counts are derived.
///
/// Source: CoverageMappingReader.cpp (`RawCoverageMappingReader`) of LLVM 11 to 22. An encoded counter has a
/// tag in its low 2 bits: 0 zero, 1 a counter, 2 a difference, 3 a sum, with the number above it. Of what kind an
/// expression is, only those that refer to it say.
///
/// One value reads function after function: its arrays keep their room.
struct MappedFunction {
  /// All, in the order of the mapping; those of one file are together.
  private(set) var regions: [MappedRegion] = []
  /// For each file of the function its regions.
  private(set) var ranges: [Range<Int>] = []
  private(set) var expressions: [(left: UInt32, right: UInt32)] = []
  private(set) var isSum: [Bool] = []
  /// For each file the region that expands it; -1 where none does.
  private(set) var expansions: [Int32] = []

  /// A function whose regions reach further is not one: it would cost time for each of its lines.
  static let mostLines: UInt32 = 1 << 22

  mutating func setCounts(_ region: Int, _ count: UInt64, _ falseCount: UInt64) {
    regions[region].count = count
    regions[region].falseCount = falseCount
  }

  /// Reads what follows the numbers of the files.
  mutating func read(_ cursor: inout MappingCursor, files: Int) throws(MappingError) {
    regions.removeAll(keepingCapacity: true)
    ranges.removeAll(keepingCapacity: true)
    expansions.removeAll(keepingCapacity: true)
    try readExpressions(&cursor)
    expansions.append(contentsOf: repeatElement(-1, count: files))
    for file in 0..<files {
      let start = regions.count
      try readRegions(&cursor, file: UInt32(file), files: files)
      ranges.append(start..<regions.count)
    }
    try cursor.check()
    try findExpansionCounters()
  }

  private mutating func readExpressions(_ cursor: inout MappingCursor) throws(MappingError) {
    let count = cursor.count(ofAtLeast: 2)
    expressions.removeAll(keepingCapacity: true)
    isSum.removeAll(keepingCapacity: true)
    isSum.append(contentsOf: repeatElement(false, count: count))
    for _ in 0..<count {
      let left = cursor.number32()
      let right = cursor.number32()
      try refer(to: left)
      try refer(to: right)
      expressions.append((left, right))
    }
    try cursor.check()
  }

  @inline(__always)
  private mutating func refer(to counter: UInt32) throws(MappingError) {
    guard counter & 2 != 0 else { return }
    let number = Int(counter >> 2)
    guard number < isSum.count else {
      throw .invalid("a count refers to an expression that is not there")
    }
    isSum[number] = counter & 1 != 0
  }

  private mutating func readRegions(
    _ cursor: inout MappingCursor, file: UInt32, files: Int
  ) throws(MappingError) {
    let count = cursor.count(ofAtLeast: 5)
    var line: UInt32 = 0
    for _ in 0..<count {
      var region = try readKind(&cursor, files: files)
      let (next, wraps) = line.addingReportingOverflow(cursor.number32())
      line = next
      var column = cursor.number32()
      let lines = cursor.number32()
      var endColumn = cursor.number32()
      try cursor.check()
      let (endLine, wrapsAtEnd) = line.addingReportingOverflow(lines)
      guard !wraps, !wrapsAtEnd else { throw .invalid("a line number has more than 32 bits") }
      guard lines <= Self.mostLines else { throw .tooLarge("a region") }
      if endColumn & 1 << 31 != 0 {
        region.kind = RegionKind.gap
        endColumn &= ~(1 << 31)
      }
      if column == 0 && endColumn == 0 { (column, endColumn) = (1, .max) }
      region.start = Place(line: line, column: column)
      region.end = Place(line: endLine, column: endColumn)
      guard region.start <= region.end else { throw .invalid("a region ends before it begins") }
      region.file = file
      if region.kind == RegionKind.expansion {
        let expanded = Int(region.expandedFile)
        guard expansions[expanded] < 0, expanded != Int(file) else {
          throw .invalid("two expansions have one body")
        }
        expansions[expanded] = Int32(truncatingIfNeeded: regions.count)
      }
      regions.append(region)
    }
  }

  /// The first number of a region, and those that follow for some kinds.
  @inline(__always)
  private mutating func readKind(
    _ cursor: inout MappingCursor, files: Int
  ) throws(MappingError) -> MappedRegion {
    var region = MappedRegion(
      start: 0, end: 0, counter: 0, falseCounter: 0, file: 0, expandedFile: 0,
      kind: RegionKind.code)
    let first = cursor.number32()
    if first & 3 != 0 {
      try refer(to: first)
      region.counter = first
      return region
    }
    if first & 4 != 0 {
      region.kind = RegionKind.expansion
      region.expandedFile = first >> 3
      guard region.expandedFile < files else { throw .invalid("an expansion has no body") }
      return region
    }
    guard let kind = UInt8(exactly: first >> 3) else {
      throw .invalid("a region has an unknown kind")
    }
    region.kind = kind
    switch kind {
    case RegionKind.code, RegionKind.skipped: break
    case RegionKind.branch: try readBranch(&cursor, &region)
    case RegionKind.decision:
      region.condition = MappedRegion.Condition(
        first: cursor.number32(), second: cursor.number32(), third: 0)
    case RegionKind.conditionBranch:
      try readBranch(&cursor, &region)
      region.condition = MappedRegion.Condition(
        first: cursor.number32(), second: cursor.number32(), third: cursor.number32())
    default: throw .invalid("a region has an unknown kind")
    }
    return region
  }

  private mutating func readBranch(
    _ cursor: inout MappingCursor, _ region: inout MappedRegion
  ) throws(MappingError) {
    region.counter = cursor.number32()
    region.falseCounter = cursor.number32()
    try refer(to: region.counter)
    try refer(to: region.falseCounter)
  }

  /// The count of an expansion is not stored: it is that of the first region of what is expanded.
  private mutating func findExpansionCounters() throws(MappingError) {
    for expansion in expansions where expansion >= 0 {
      var first = Int(expansion)
      var steps = 0
      while regions[first].kind == RegionKind.expansion {
        let body = ranges[Int(regions[first].expandedFile)]
        guard !body.isEmpty else { break }
        first = body.lowerBound
        steps += 1
        guard steps <= ranges.count else { throw .invalid("expansions go round in a circle") }
      }
      if regions[first].kind != RegionKind.expansion {
        regions[Int(expansion)].counter = regions[first].counter
      }
    }
  }

  /// The file that is expanded by no other: that of the function's own text.
  var mainFile: Int? { expansions.firstIndex { $0 < 0 } }
}
