/// Gives the lines of a unit the counts of its blocks, by gcov's rules (gcov.cc of gcc 8 to 15) or, for files
/// of clang's, by those of `llvm-cov gcov`.
struct GcovAttribution {
  /// A block that ends on a line, and the next one that does.
  private struct End {
    var block: Int32
    var next: Int32
  }

  private struct ChainedOutcome {
    var outcome: GcovUnit.Outcome
    var next: Int32
  }

  /// The lines of an instance of a template.
  private struct Instance {
    var line: UInt32
    var column: UInt32
    var lines: [GcovUnit.Line]
    var outcomes: [GcovUnit.Outcome]
  }

  private struct FileLines {
    var table = GcovLineTable()
    var functions: [GcovUnit.Function] = []
    var instances: [Instance] = []
    var decisions: [GcovUnit.Decision] = []
  }

  private var perFile: [FileLines] = []
  private var group = GcovLineTable()
  /// The file of the present function.
  private var ownFile = 0
  private var ends: [End] = []
  /// Lines on which blocks of the present function end; of file -1 are those of its own.
  private var touched: [(file: Int, place: Int)] = []
  private var outcomes: [ChainedOutcome] = []
  /// For each block the number of the line that was last looked at and has it.
  private var lineOfBlock: [Int] = []
  private var lineNumber = 0
  private var cycles = GcovCycles()
  private var starts: [Int] = []
  /// Places in all tables.
  private var room = 1 << 22

  /// Adds a function whose flow is solved.
  mutating func add(
    _ flow: GcovFlow, of function: GcovGraph.Function, in graph: GcovGraph
  ) {
    while perFile.count < graph.names.paths.count { perFile.append(FileLines()) }
    ownFile = function.file
    if function.isInGroup { group.clear(from: function.startLine) }
    ends.removeAll(keepingCapacity: true)
    touched.removeAll(keepingCapacity: true)
    if lineOfBlock.count < flow.blocks.count {
      lineOfBlock += repeatElement(-1, count: flow.blocks.count - lineOfBlock.count)
    }
    if graph.compiler == .clang {
      markByClang(flow)
    } else {
      mark(flow, function)
    }
    for (file, place) in touched {
      if file < 0 {
        group.lines[place] = entered(flow, group.lines[place], graph.compiler)
      } else {
        perFile[file].table.lines[place] = entered(
          flow, perFile[file].table.lines[place], graph.compiler)
      }
    }
    perFile[function.file].functions.append(
      GcovUnit.Function(
        name: graph.bytes.text(function.name), line: function.startLine,
        column: function.startColumn, count: flow.blocks[flow.entry].count))
    if function.isInGroup { takeInstance(function) }
  }

  /// Each line of a block has its count; the last one of each location has the block.
  private mutating func mark(_ flow: GcovFlow, _ function: GcovGraph.Function) {
    var last: (file: Int, place: Int)?
    var block = -1
    for location in flow.locations {
      if location.block != block { last = nil }
      block = location.block
      let source = flow.blocks[block]
      for index in location.lines {
        let number = flow.lineNumbers[index]
        if function.ownsLine(number, ofFile: location.file) {
          let place = group.place(of: number, room: &room)
          Self.count(source, &group.lines[place])
          last = (-1, place)
        } else {
          let place = perFile[location.file].table.place(of: number, room: &room)
          Self.count(source, &perFile[location.file].table.lines[place])
          last = (location.file, place)
        }
      }
      // gcov leaves out the last block too, which was the exit once.
      guard block != 0, block + 1 != flow.blocks.count, let last else { continue }
      end(flow, block, last.file, last.place, withOutcomes: true)
    }
  }

  private static func count(_ block: GcovFlow.Block, _ line: inout GcovLineTable.Line) {
    line.sum &+= block.count
    if !block.isExceptional, block.count == 0 { line.hasUnexecutedBlock = true }
  }

  /// Each line of a block has the block; the last one has its branches.
  private mutating func markByClang(_ flow: GcovFlow) {
    var lastLine: [Int: UInt32] = [:]
    for location in flow.locations {
      if let index = location.lines.last { lastLine[location.block] = flow.lineNumbers[index] }
    }
    for location in flow.locations {
      let block = location.block
      for index in location.lines {
        let number = flow.lineNumbers[index]
        let place = perFile[location.file].table.place(of: number, room: &room)
        let isLast = lastLine[block] == number && flow.blocks[block].outs > 1
        Self.count(flow.blocks[block], &perFile[location.file].table.lines[place])
        end(flow, block, location.file, place, withOutcomes: isLast)
      }
    }
  }

  private mutating func end(
    _ flow: GcovFlow, _ block: Int, _ file: Int, _ place: Int, withOutcomes: Bool
  ) {
    var line = file < 0 ? group.lines[place] : perFile[file].table.lines[place]
    if line.firstEnd < 0 {
      line.firstEnd = Int32(ends.count)
      touched.append((file, place))
    } else {
      ends[Int(line.lastEnd)].next = Int32(ends.count)
    }
    line.lastEnd = Int32(ends.count)
    ends.append(End(block: Int32(block), next: -1))
    line.hasEnds = true
    if withOutcomes {
      for index in flow.arcs(outOf: block) { add(flow.arcs[index], flow, &line) }
      let decision = flow.blocks[block]
      if decision.terms > 0 {
        perFile[file < 0 ? ownFile : file].decisions.append(
          GcovUnit.Decision(
            line: line.number, terms: decision.terms, truths: decision.truths,
            falsities: decision.falsities))
      }
    }
    if file < 0 { group.lines[place] = line } else { perFile[file].table.lines[place] = line }
  }

  private mutating func add(
    _ arc: GcovFlow.Arc, _ flow: GcovFlow, _ line: inout GcovLineTable.Line
  ) {
    var outcome = GcovUnit.Outcome(count: arc.count)
    if arc.flags.contains(.noReturn) {
      outcome = GcovUnit.Outcome(
        count: flow.blocks[arc.source].count &- arc.count, isCall: true)
    } else if arc.flags.contains(.unconditional) {
      return
    }
    outcome.isThrow = arc.flags.contains(.isThrow)
    outcome.isFallThrough = arc.flags.contains(.fallThrough)
    if line.firstOutcome < 0 {
      line.firstOutcome = Int32(outcomes.count)
    } else {
      outcomes[Int(line.lastOutcome)].next = Int32(outcomes.count)
    }
    line.lastOutcome = Int32(outcomes.count)
    outcomes.append(ChainedOutcome(outcome: outcome, next: -1))
  }

  /// The line with how often it was entered from others, and went round in itself.
  private mutating func entered(
    _ flow: GcovFlow, _ line: GcovLineTable.Line, _ compiler: GcovGraph.Compiler
  ) -> GcovLineTable.Line {
    var line = line
    lineNumber += 1
    var next = line.firstEnd
    while next >= 0 {
      lineOfBlock[Int(ends[Int(next)].block)] = lineNumber
      next = ends[Int(next)].next
    }
    var goesBack = false
    next = line.firstEnd
    while next >= 0 {
      let block = Int(ends[Int(next)].block)
      next = ends[Int(next)].next
      if compiler == .clang, block == flow.entry {
        for index in flow.arcs(outOf: block) { line.entered &+= flow.arcs[index].count }
      } else {
        for index in flow.arcs(into: block) {
          let arc = flow.arcs[index]
          if lineOfBlock[arc.source] != lineNumber {
            line.entered &+= arc.count
          } else if arc.source >= block, arc.count > 0 {
            goesBack = true
          }
        }
      }
    }
    if goesBack {
      starts.removeAll(keepingCapacity: true)
      next = line.firstEnd
      while next >= 0 {
        starts.append(Int(ends[Int(next)].block))
        next = ends[Int(next)].next
      }
      let (blocks, number) = (lineOfBlock, lineNumber)
      line.entered &+= cycles.count(flow, starts) { blocks[$0] == number }
    }
    line.firstEnd = -1
    line.lastEnd = -1
    return line
  }

  private mutating func takeInstance(_ function: GcovGraph.Function) {
    var instance = Instance(
      line: function.startLine, column: function.startColumn, lines: [], outcomes: [])
    for line in group.lines.sorted(by: { $0.number < $1.number }) {
      instance.lines.append(record(line, &instance.outcomes))
    }
    perFile[function.file].instances.append(instance)
  }

  private func record(
    _ line: GcovLineTable.Line, _ list: inout [GcovUnit.Outcome]
  ) -> GcovUnit.Line {
    let first = list.count
    var next = line.firstOutcome
    while next >= 0 {
      list.append(outcomes[Int(next)].outcome)
      next = outcomes[Int(next)].next
    }
    return GcovUnit.Line(
      number: line.number, count: line.count, hasUnexecutedBlock: line.hasUnexecutedBlock,
      outcomes: first..<list.count)
  }

  /// The records of all files that have any.
  mutating func files(_ names: GcovFileNames) -> [GcovUnit.File] {
    var result: [GcovUnit.File] = []
    for index in perFile.indices {
      let own = perFile[index]
      if own.functions.isEmpty && own.table.lines.isEmpty { continue }
      var file = GcovUnit.File(path: names.paths[index], decisions: own.decisions)
      file.functions = stable(own.functions) { ($0.line, $0.column) }
      var instances = stable(own.instances) { ($0.line, $0.column) }[...]
      func take(upTo line: UInt32) {
        while let first = instances.first, first.line <= line {
          let shift = file.outcomes.count
          file.outcomes += first.outcomes
          file.lines += first.lines.map {
            var line = $0
            line.outcomes = $0.outcomes.lowerBound + shift..<$0.outcomes.upperBound + shift
            return line
          }
          instances.removeFirst()
        }
      }
      var lines = own.table.lines
      if zip(lines, lines.dropFirst()).contains(where: { $0.number > $1.number }) {
        lines.sort { $0.number < $1.number }
      }
      file.lines.reserveCapacity(lines.count)
      for line in lines {
        take(upTo: line.number)
        file.lines.append(record(line, &file.outcomes))
      }
      take(upTo: .max)
      result.append(file)
    }
    return result
  }

  private func stable<Element>(
    _ list: [Element], by key: (Element) -> (UInt32, UInt32)
  ) -> [Element] {
    if zip(list, list.dropFirst()).allSatisfy({ key($0) <= key($1) }) { return list }
    return list.enumerated().sorted { left, right in
      let (a, b) = (key(left.element), key(right.element))
      return a == b ? left.offset < right.offset : a < b
    }.map(\.element)
  }
}
