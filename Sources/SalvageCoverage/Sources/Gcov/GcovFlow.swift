/// The flow graph of one function, with counts: compilers count some arcs, and all others follow.
///
/// The arrays stay when the next function is read.
struct GcovFlow {
  struct Arc {
    var source: Int
    var destination: Int
    var count: Int64 = 0
    var flags: ArcFlags
    /// Counted, or derived already.
    var isKnown = false
  }

  struct ArcFlags: OptionSet {
    let rawValue: UInt32
    // As in the file.
    static let onTree = ArcFlags(rawValue: 1)
    static let fake = ArcFlags(rawValue: 2)
    static let fallThrough = ArcFlags(rawValue: 4)
    // Ours.
    /// To an exception handler.
    static let isThrow = ArcFlags(rawValue: 1 << 16)
    /// The only way out of its block, but for calls that do not return.
    static let unconditional = ArcFlags(rawValue: 1 << 17)
    /// For a call that does not return.
    static let noReturn = ArcFlags(rawValue: 1 << 18)
    /// No record of the file: from the exit to the entry.
    static let closing = ArcFlags(rawValue: 1 << 19)
  }

  struct Block {
    var count: Int64 = 0
    var firstOut = 0
    var outs = 0
    /// Arcs whose counts are not known yet. A huge number: others may lead here that are not in the graph.
    var unknownOut = 0
    var unknownIn = 0
    var isKnown = false
    var isWaiting = false
    var isValidWaiting = false
    /// Reached by exceptions alone.
    var isExceptional = false
    /// Conditions of its decision (gcc 14): how many, and which decided it as true and as false.
    var terms: UInt32 = 0
    var truths: UInt64 = 0
    var falsities: UInt64 = 0
  }

  /// Lines of one file that a block has.
  struct Location {
    var block: Int
    var file: Int
    var lines: Range<Int>
  }

  var blocks: [Block] = []
  var arcs: [Arc] = []
  var locations: [Location] = []
  var lineNumbers: [UInt32] = []
  /// Blocks with conditions, in the order of their counters.
  private(set) var decisions: [Int] = []
  /// Arcs by their destination.
  private(set) var incoming: [Int] = []
  private(set) var firstIncoming: [Int] = []
  private var hasThrow = false
  private(set) var measured = 0

  var entry: Int { 0 }
}

// MARK: Reading

extension GcovFlow {
  private static let blocksTag: UInt32 = 0x0141_0000
  private static let arcsTag: UInt32 = 0x0143_0000
  private static let linesTag: UInt32 = 0x0145_0000
  private static let conditionsTag: UInt32 = 0x0147_0000

  mutating func read(
    _ function: GcovGraph.Function, of graph: inout GcovGraph
  ) throws(GcovGraphError) {
    blocks.removeAll(keepingCapacity: true)
    arcs.removeAll(keepingCapacity: true)
    locations.removeAll(keepingCapacity: true)
    lineNumbers.removeAll(keepingCapacity: true)
    decisions.removeAll(keepingCapacity: true)
    hasThrow = false
    measured = 0
    var part = graph.bytes.part(function.body)
    while let (tag, body) = try part.record() {
      var record = graph.bytes.part(body)
      switch tag {
      case Self.blocksTag: try readBlocks(&record, body.count, graph, function)
      case Self.arcsTag: try readArcs(&record)
      case Self.linesTag: try readLines(&record, &graph)
      case Self.conditionsTag: try readConditions(&record)
      default: break
      }
    }
    guard blocks.count >= 2 else { throw .damaged("a function has no entry and exit") }
    if graph.compiler == .clang {
      arcs.append(Arc(source: 1, destination: 0, flags: [.onTree, .closing]))
    }
    if zip(locations, locations.dropFirst()).contains(where: { $0.block > $1.block }) {
      locations = locations.enumerated()
        .sorted { ($0.element.block, $0.offset) < ($1.element.block, $1.offset) }.map(\.element)
    }
  }

  private mutating func readBlocks(
    _ record: inout GcovBytes, _ size: Int, _ graph: GcovGraph, _ function: GcovGraph.Function
  ) throws(GcovGraphError) {
    guard blocks.isEmpty else { throw .damaged("a function has its blocks twice") }
    let count = graph.isOldFormat ? size / 4 : Int(try record.word())
    // A block has an arc or a line, but for two.
    guard count <= function.body.count / 4 + 2 else {
      throw .damaged("a function has \(count) blocks, and no room for their arcs")
    }
    blocks.append(contentsOf: repeatElement(Block(), count: count))
  }

  private func place(_ number: UInt32) throws(GcovGraphError) -> Int {
    guard Int(number) < blocks.count else { throw .damaged("it names block \(number)") }
    return Int(number)
  }

  private mutating func readArcs(_ record: inout GcovBytes) throws(GcovGraphError) {
    let source = try place(try record.word())
    guard blocks[source].outs == 0 else { throw .damaged("a block has its arcs twice") }
    let first = arcs.count
    blocks[source].firstOut = first
    var mayNotReturn = false
    while record.end - record.position >= 8 {
      let destination = try place(try record.word())
      var flags = ArcFlags(rawValue: try record.word() & 7)
      if flags.contains(.fake), source != 0 {
        flags.insert(.noReturn)
        mayNotReturn = true
      }
      if !flags.contains(.onTree) { measured += 1 }
      arcs.append(Arc(source: source, destination: destination, flags: flags))
    }
    blocks[source].outs = arcs.count - first
    guard mayNotReturn else { return }
    for index in first..<arcs.count where arcs[index].flags.isDisjoint(with: [.fake, .fallThrough])
    {
      arcs[index].flags.insert(.isThrow)
      hasThrow = true
    }
  }

  private mutating func readLines(
    _ record: inout GcovBytes, _ graph: inout GcovGraph
  ) throws(GcovGraphError) {
    let block = try place(try record.word())
    let sorts = graph.compiler == .gcc
    var location: Location?
    func close(_ self: inout GcovFlow) {
      guard var done = location else { return }
      done.lines = done.lines.lowerBound..<self.lineNumbers.count
      // gcov takes the largest as a block's last line, llvm-cov the last one.
      if sorts { self.lineNumbers[done.lines].sort() }
      self.locations.append(done)
    }
    while !record.isAtEnd {
      let line = try record.word()
      if line != 0 {
        guard location != nil else { throw .damaged("a line belongs to no file") }
        lineNumbers.append(line)
        continue
      }
      close(&self)
      guard let name = try record.string() else { return }
      location = Location(
        block: block, file: graph.file(named: name), lines: lineNumbers.count..<lineNumbers.count)
    }
    close(&self)
  }

  private mutating func readConditions(_ record: inout GcovBytes) throws(GcovGraphError) {
    guard decisions.isEmpty else { throw .damaged("a function has its conditions twice") }
    while record.end - record.position >= 8 {
      let block = try place(try record.word())
      blocks[block].terms = try record.word()
      guard blocks[block].terms <= 64 else { throw .damaged("a decision has too many conditions") }
      decisions.append(block)
    }
  }
}

// MARK: Solving

extension GcovFlow {
  /// Gives every arc and block its count. They may come out below zero where counts were torn.
  mutating func solve(_ counts: [UInt64], conditions: [UInt64]?, _ compiler: GcovGraph.Compiler) {
    takeCounts(counts, compiler)
    order()
    findIncoming()
    if let conditions, conditions.count == 2 * decisions.count {
      for (index, block) in decisions.enumerated() {
        blocks[block].truths |= conditions[2 * index]
        blocks[block].falsities |= conditions[2 * index + 1]
      }
    }
    propagate()
    if hasThrow { findExceptional() }
  }

  private mutating func takeCounts(_ counts: [UInt64], _ compiler: GcovGraph.Compiler) {
    var next = 0
    func take(_ index: Int, _ arcs: inout [Arc]) {
      guard !arcs[index].flags.contains(.onTree) else { return }
      arcs[index].count = Int64(clamping: counts[next])
      arcs[index].isKnown = true
      next += 1
    }
    // Counters are numbered by blocks; clang's by the records of the file.
    if compiler == .clang {
      for index in arcs.indices { take(index, &arcs) }
    } else {
      for block in blocks.indices {
        let first = blocks[block].firstOut
        for index in first..<first + blocks[block].outs { take(index, &arcs) }
      }
    }
  }

  /// Arcs of a block ascend by destination; the only one that returns is no decision.
  private mutating func order() {
    for block in blocks.indices {
      let range = blocks[block].firstOut..<blocks[block].firstOut + blocks[block].outs
      var real = 0
      var last = -1
      var isOrdered = true
      for index in range {
        if !arcs[index].flags.contains(.fake) { real += 1 }
        isOrdered = isOrdered && last <= arcs[index].destination
        last = arcs[index].destination
      }
      if real == 1 {
        for index in range where !arcs[index].flags.contains(.fake) {
          arcs[index].flags.insert(.unconditional)
        }
      }
      if isOrdered { continue }
      let sorted = arcs[range].enumerated().sorted {
        ($0.element.destination, $0.offset) < ($1.element.destination, $1.offset)
      }
      arcs.replaceSubrange(range, with: sorted.map(\.element))
    }
  }

  private mutating func findIncoming() {
    firstIncoming.removeAll(keepingCapacity: true)
    firstIncoming.append(contentsOf: repeatElement(0, count: blocks.count + 1))
    for arc in arcs { firstIncoming[arc.destination + 1] += 1 }
    for block in blocks.indices { firstIncoming[block + 1] += firstIncoming[block] }
    incoming.removeAll(keepingCapacity: true)
    incoming.append(contentsOf: repeatElement(0, count: arcs.count))
    // From the end, so that each block's first place is left.
    for index in arcs.indices.reversed() {
      let destination = arcs[index].destination
      firstIncoming[destination + 1] -= 1
      incoming[firstIncoming[destination + 1]] = index
    }
    firstIncoming.removeFirst()
    firstIncoming.append(arcs.count)
  }

  func arcs(into block: Int) -> ArraySlice<Int> {
    incoming[firstIncoming[block]..<firstIncoming[block + 1]]
  }

  func arcs(outOf block: Int) -> Range<Int> {
    blocks[block].firstOut..<blocks[block].firstOut + blocks[block].outs
  }

  /// In gcov's order, which matters where counts contradict each other.
  private mutating func propagate() {
    let isClosed = arcs.last?.flags.contains(.closing) ?? false
    if isClosed, blocks[1].outs == 0 {
      blocks[1].firstOut = arcs.count - 1
      blocks[1].outs = 1
    }
    for block in blocks.indices {
      blocks[block].unknownOut = 0
      blocks[block].unknownIn = 0
    }
    for arc in arcs where !arc.isKnown {
      blocks[arc.source].unknownOut += 1
      blocks[arc.destination].unknownIn += 1
    }
    if firstIncoming[0] == firstIncoming[1] { blocks[0].unknownIn = .max }
    if blocks[1].outs == 0 { blocks[1].unknownOut = .max }
    var waiting = Array(blocks.indices)
    var valid: [Int] = []
    for block in blocks.indices { blocks[block].isWaiting = true }
    while !waiting.isEmpty || !valid.isEmpty {
      while let block = waiting.popLast() {
        blocks[block].isWaiting = false
        var total: Int64 = 0
        if blocks[block].unknownOut == 0 {
          for index in arcs(outOf: block) { total &+= arcs[index].count }
        } else if blocks[block].unknownIn == 0 {
          for index in arcs(into: block) { total &+= arcs[index].count }
        } else {
          continue
        }
        blocks[block].count = total
        blocks[block].isKnown = true
        blocks[block].isValidWaiting = true
        valid.append(block)
      }
      while let block = valid.popLast() {
        blocks[block].isValidWaiting = false
        if blocks[block].unknownOut == 1 { deriveOut(block, &waiting, &valid) }
        if blocks[block].unknownIn == 1 { deriveIn(block, &waiting, &valid) }
      }
    }
  }

  private mutating func deriveOut(_ block: Int, _ waiting: inout [Int], _ valid: inout [Int]) {
    var total = blocks[block].count
    var last: Int?
    for index in arcs(outOf: block) {
      if arcs[index].isKnown { total &-= arcs[index].count } else { last = index }
    }
    if let last { settle(last, total, &waiting, &valid, other: arcs[last].destination) }
  }

  private mutating func deriveIn(_ block: Int, _ waiting: inout [Int], _ valid: inout [Int]) {
    var total = blocks[block].count
    var last: Int?
    for index in arcs(into: block) {
      if arcs[index].isKnown { total &-= arcs[index].count } else { last = index }
    }
    if let last { settle(last, total, &waiting, &valid, other: arcs[last].source) }
  }

  private mutating func settle(
    _ index: Int, _ count: Int64, _ waiting: inout [Int], _ valid: inout [Int], other: Int
  ) {
    arcs[index].count = count
    arcs[index].isKnown = true
    blocks[arcs[index].source].unknownOut -= 1
    blocks[arcs[index].destination].unknownIn -= 1
    let rest =
      other == arcs[index].destination ? blocks[other].unknownIn : blocks[other].unknownOut
    if blocks[other].isKnown {
      if rest == 1, !blocks[other].isValidWaiting {
        blocks[other].isValidWaiting = true
        valid.append(other)
      }
    } else if rest == 0, !blocks[other].isWaiting {
      blocks[other].isWaiting = true
      waiting.append(other)
    }
  }

  /// Those that no arc leads to but a thrown exception's.
  private mutating func findExceptional() {
    for block in blocks.indices { blocks[block].isExceptional = true }
    blocks[0].isExceptional = false
    var queue = [0]
    while let block = queue.popLast() {
      for index in arcs(outOf: block)
      where arcs[index].flags.isDisjoint(with: [.fake, .isThrow]) {
        let destination = arcs[index].destination
        guard blocks[destination].isExceptional else { continue }
        blocks[destination].isExceptional = false
        queue.append(destination)
      }
    }
  }
}
