/// Reads the functions of one file after the other, and collects what they say of all files.
struct FileWorker {
  /// What a worker has found.
  struct Findings: Sendable {
    /// By their number; files that functions of others expand into are `parts` instead.
    var files: [(Int, SourceFile)] = []
    var parts: [UInt32: FilePart] = [:]
    /// By their order, with ``Coverage/Content/regions``.
    var functions: [(Int, FunctionRegions)] = []
    /// By object.
    var damage: [(image: Int, error: MappingError)] = []
  }

  private(set) var findings = Findings()
  private let program: MappingProgram
  private let isWhole: Bool
  private let budget: LineBudget
  private var function = MappedFunction()
  private var exact = CounterEvaluation()
  private var whole = CounterEvaluation()
  private var builder = SegmentBuilder()
  private var pieces: [CountedPiece] = []
  private var lines: [Line] = []
  private var sums: [(UInt64, UInt64)] = []
  /// The file whose functions are read.
  private var own: UInt32 = 0
  private var part = FilePart()

  init(_ program: MappingProgram, isWhole: Bool, budget: LineBudget) {
    self.program = program
    self.isWhole = isWhole
    self.budget = budget
  }

  /// Reads the functions of a file. Where others expand into it, it is finished later.
  mutating func read(_ file: UInt32, _ instances: ArraySlice<Int32>, isShared: Bool) {
    own = file
    part = FilePart()
    for instance in instances {
      do {
        try read(Int(instance))
      } catch {
        findings.damage.append((Int(program.instances[Int(instance)].first.image), error))
      }
    }
    var finished = FilePart()
    swap(&part, &finished)
    if isShared {
      findings.parts[file, default: FilePart()].add(finished)
    } else {
      findings.files.append(
        (Int(file), finished.file(program.paths[Int(file)], isWhole: isWhole)))
    }
  }

  private mutating func read(_ order: Int) throws(MappingError) {
    let instance = program.instances[order]
    let listed = program.function(instance.first)
    let image = program.images[Int(instance.first.image)]
    let files = program.files(instance.first)
    try image.bytes.withBytes { (raw) throws(MappingError) in
      var cursor = MappingCursor(raw, listed.mapping)
      try function.read(&cursor, files: files.count)
    }
    try budget.take(function)
    guard try setCounts(instance),
      let first = function.regions.first(where: { RegionKind.covers($0.kind) }),
      let main = function.mainFile
    else { return }
    let records = try decisions(instance)
    let begin = function.ranges[main].first { RegionKind.covers(function.regions[$0].kind) }
    var summary = FunctionSummary(
      start: begin.map { function.regions[$0].start } ?? first.start, count: first.count)
    addRegions(files, main, &summary)
    summary.branches = function.branchTally(in: main)
    for record in records {
      addDecision(record, files, main, &summary)
    }
    addBranches(files, main)
    let tallies = Function.Tallies(lines: summary.lines, branches: summary.branches)
    let shown = Function(
      name: listed.name, line: first.start.line, count: first.count,
      column: summary.start.line == first.start.line ? summary.start.column : first.start.column,
      tallies: tallies)
    part.functions.append(shown)
    change(files[main]) { $0.summaries.append(summary) }
    if isWhole { addDetails(order, listed.name, first.count, files, main, records) }
  }

  /// Changes what is known of a file.
  @inline(__always)
  private mutating func change(_ file: UInt32, _ body: (inout FilePart) -> Void) {
    if file == own { body(&part) } else { body(&findings.parts[file, default: FilePart()]) }
  }

  /// Lines of the function's own text, and regions of what it expands.
  private mutating func addRegions(
    _ files: [UInt32], _ main: Int, _ summary: inout FunctionSummary
  ) {
    for (file, range) in function.ranges.enumerated() {
      pieces.removeAll(keepingCapacity: true)
      for region in function.regions[range] where RegionKind.covers(region.kind) {
        if region.kind == RegionKind.code {
          summary.regions += Tally(found: 1, hit: region.count > 0 ? 1 : 0)
        }
        pieces.append(
          CountedPiece(
            start: region.start, end: region.end, count: region.count, kind: region.kind))
      }
      if file != main {
        let found = pieces
        change(files[file]) {
          $0.expanded += found
          $0.compactExpanded()
        }
        continue
      }
      lines.removeAll(keepingCapacity: true)
      let text = builder.appendLines(of: &pieces, to: &lines)
      summary.lines = Tally(found: lines.count, hit: lines.count { $0.count > 0 })
      guard let text else { continue }
      let (found, lines, segments) = (pieces, lines, isWhole ? builder.latest : [])
      change(files[file]) { $0.addText(found, text, lines, segments) }
    }
  }

  /// Branches where they are written, and once more where the macros are used that have them.
  private mutating func addBranches(_ files: [UInt32], _ main: Int) {
    for (file, range) in function.ranges.enumerated() {
      for index in range {
        let region = function.regions[index]
        guard region.isBranch, !(region.isFolded.true && region.isFolded.false) else { continue }
        change(files[file]) {
          $0.branches.append(
            FilePart.BranchCount(
              root: region.start, count: region.count, falseCount: region.falseCount))
        }
      }
    }
    var way: [Place] = []
    addExpandedBranches(files[main], in: main, &way)
  }

  private mutating func addExpandedBranches(_ path: UInt32, in file: Int, _ way: inout [Place]) {
    // A hostile mapping may nest as deep as it is long; llvm-cov shows no way of that length either.
    guard way.count < 1000 else { return }
    for index in function.ranges[file] {
      let expansion = function.regions[index]
      guard expansion.kind == RegionKind.expansion else { continue }
      way.append(expansion.start)
      addExpandedBranches(path, in: Int(expansion.expandedFile), &way)
      let steps = way
      for body in function.ranges[Int(expansion.expandedFile)] {
        let region = function.regions[body]
        guard region.isBranch, !(region.isFolded.true && region.isFolded.false) else { continue }
        change(path) { part in
          let start = Int32(part.steps.count)
          part.steps += steps.dropFirst()
          part.branches.append(
            FilePart.BranchCount(
              root: steps[0], steps: start..<Int32(part.steps.count), count: region.count,
              falseCount: region.falseCount))
        }
      }
      way.removeLast()
    }
  }

  private func decisions(_ instance: MappingProgram.Instance) throws(MappingError)
    -> [DecisionRecord]
  {
    guard function.regions.contains(where: { $0.kind == RegionKind.decision }) else { return [] }
    var bits: [UInt8] = []
    var layout = RecordLayout.v10
    for source in instance.sources {
      let image = program.images[Int(source.image)]
      let first = program.function(source).counters
      image.counters.addBitmap(first, to: &bits)
      layout = image.counters.layout(first)
    }
    return try DecisionRecords.of(function, bitmap: bits, layout: layout)
  }

  private mutating func addDecision(
    _ record: DecisionRecord, _ files: [UInt32], _ main: Int, _ summary: inout FunctionSummary
  ) {
    let region = record.region
    let decision = Decision(
      line: region.start.line, column: region.start.column,
      conditions: record.isCovered.map { .init(whenTrue: $0, whenFalse: $0) })
    change(files[Int(region.file)]) { $0.decisions.append(decision) }
    guard Int(region.file) == main else { return }
    summary.conditions += Tally(
      found: record.isFolded.count { !$0 }, hit: record.isCovered.count { $0 })
  }
}

extension FileWorker {
  /// Evaluates all counts; false where the function is to be left out.
  private mutating func setCounts(
    _ instance: MappingProgram.Instance
  ) throws(MappingError) -> Bool {
    let hasHistory = instance.sources.contains {
      let image = program.images[Int($0.image)]
      return !image.counters.whole.isEmpty || image.counters.historyLacks
    }
    // A count below 0 of one object (after a throw) must not take away what another one counted.
    guard hasHistory || instance.sources.count > 1 else { return try setSums(instance) }
    sums.removeAll(keepingCapacity: true)
    sums.append(contentsOf: repeatElement((0, 0), count: function.regions.count))
    for source in instance.sources {
      let counters = program.images[Int(source.image)].counters
      let first = program.function(source).counters
      guard try exact.evaluate(function, counters.values(first)) else { return false }
      let hasWhole = !counters.whole.isEmpty
      if hasWhole {
        guard try whole.evaluate(function, counters.values(first, whole: true)) else {
          return false
        }
      }
      let lacking = counters.historyLacks
      for index in sums.indices {
        let (mine, all) = (exact.counts[index], hasWhole ? whole.counts[index] : nil)
        sums[index].0.saturate(
          adding: DerivedCount.settled(mine.0, all?.0, lacking: lacking))
        sums[index].1.saturate(
          adding: DerivedCount.settled(mine.1, all?.1, lacking: lacking))
      }
    }
    for index in sums.indices { function.setCounts(index, sums[index].0, sums[index].1) }
    return true
  }

  /// No object forked in the middle of a function: all counters at once.
  private mutating func setSums(_ instance: MappingProgram.Instance) throws(MappingError) -> Bool {
    var values: [UInt64]?
    for source in instance.sources {
      let first = program.function(source).counters
      let image = program.images[Int(source.image)]
      if values == nil {
        values = image.counters.values(first)
      } else if first >= 0 {
        image.counters.add(first, to: &values!)
      }
    }
    guard try exact.evaluate(function, values) else { return false }
    for (index, (count, falseCount)) in exact.counts.enumerated() {
      function.setCounts(
        index, DerivedCount.settled(count, nil, lacking: false),
        DerivedCount.settled(falseCount, nil, lacking: false))
    }
    return true
  }
}

extension FileWorker {
  /// What `llvm-json` shows of the function and, by file, of its regions.
  private mutating func addDetails(
    _ order: Int, _ name: String, _ count: UInt64, _ files: [UInt32], _ main: Int,
    _ records: [DecisionRecord]
  ) {
    let names = files.map { program.paths[Int($0)] }
    let regions = Packed(
      function.regions.filter { RegionKind.covers($0.kind) }.map(SourceRegion.init))
    let mcdc = records.map(MCDCRecord.init)
    let branches = function.regions.filter { $0.isBranch }
    findings.functions.append(
      (
        order,
        FunctionRegions(
          name: name, count: count, fileNames: names, regions: regions,
          branches: branches.filter { !($0.isFolded.true && $0.isFolded.false) }
            .map(BranchRegion.init), mcdc: mcdc)
      ))
    for path in Set(files) {
      var detail = FilePart.Detail(order: order)
      detail.branches = branches.filter { files[Int($0.file)] == path }.map(BranchRegion.init)
      detail.mcdc = records.filter { files[Int($0.region.file)] == path }.map(MCDCRecord.init)
      if files[main] == path {
        for index in function.ranges[main]
        where function.regions[index].kind == RegionKind.expansion {
          let expansion = function.regions[index]
          var nested: [BranchRegion] = []
          collectBranches(of: Int(expansion.expandedFile), depth: 0, &nested)
          detail.expansions.append(
            Expansion(
              fileNames: names, source: SourceRegion(expansion), targets: regions,
              branches: nested))
        }
      }
      if !detail.isEmpty { change(path) { $0.details.append(detail) } }
    }
  }

  /// The innermost first.
  private func collectBranches(of file: Int, depth: Int, _ result: inout [BranchRegion]) {
    guard depth < 1000 else { return }
    for index in function.ranges[file] where function.regions[index].kind == RegionKind.expansion {
      collectBranches(
        of: Int(function.regions[index].expandedFile), depth: depth + 1, &result)
    }
    for index in function.ranges[file] {
      let region = function.regions[index]
      if region.isBranch, !(region.isFolded.true && region.isFolded.false) {
        result.append(BranchRegion(region))
      }
    }
  }
}

extension MappedRegion {
  var isBranch: Bool { kind == RegionKind.branch || kind == RegionKind.conditionBranch }
}

extension SourceRegion {
  fileprivate init(_ region: MappedRegion) {
    self.init(
      startLine: region.start.line, startColumn: region.start.column, endLine: region.end.line,
      endColumn: region.end.column, count: region.count, file: region.file,
      expandedFile: region.expandedFile, kind: UInt32(region.kind))
  }
}

extension BranchRegion {
  fileprivate init(_ region: MappedRegion) {
    self.init(
      startLine: region.start.line, startColumn: region.start.column, endLine: region.end.line,
      endColumn: region.end.column, trueCount: region.count, falseCount: region.falseCount,
      file: region.file, expandedFile: region.expandedFile, kind: UInt32(region.kind))
  }
}

extension MCDCRecord {
  fileprivate init(_ record: DecisionRecord) {
    let region = record.region
    self.init(
      range: [region.start.line, region.start.column, region.end.line, region.end.column]
        .map(UInt64.init),
      details: [
        UInt64(record.trueWays), UInt64(record.falseWays), UInt64(region.file),
        UInt64(region.expandedFile), UInt64(region.kind),
      ], conditions: record.isCovered)
  }
}
