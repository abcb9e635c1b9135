/// What the functions of a program say of one file, until all have been asked.
struct FilePart: Sendable {
  /// A branch with the places of the expansions that lead to it, the outermost first; without any, its own.
  struct BranchCount: Sendable {
    var root: Place
    /// Further places, in ``FilePart/steps``.
    var steps: Range<Int32> = 0..<0
    var count: UInt64
    var falseCount: UInt64
  }

  /// The text of one function, whose lines and segments are known from it alone.
  struct Span: Sendable {
    var text: ClosedRange<UInt32>
    /// What it was built of.
    var pieces: Range<Int>
    var lines: Range<Int>
    var segments: Range<Int>
    /// The counts of its regions have grown since.
    var isOutdated = false
    /// Its last region is empty: what that means depends on whether another one follows in the file.
    var endsEmpty: Bool
  }

  /// Of one function what `llvm-json` shows with the file.
  struct Detail: Sendable {
    /// Of the function among all.
    var order: Int
    var branches: [BranchRegion] = []
    var mcdc: [MCDCRecord] = []
    var expansions: [Expansion] = []

    var isEmpty: Bool { branches.isEmpty && mcdc.isEmpty && expansions.isEmpty }
  }

  var functions: [Function] = []
  var summaries: [FunctionSummary] = []
  /// The regions of functions whose own text it is.
  private var pieces: [CountedPiece] = []
  /// Regions of macros and of text that is included in the middle of functions.
  var expanded: [CountedPiece] = []
  private var expandedLimit = 1 << 14
  private var lines: [Line] = []
  private var segments: [Segment] = []
  private var spans: [Span] = []
  /// The one of `spans` for functions of equal regions, as the instances of a template are.
  private var texts: [TextKey: Int] = [:]

  private struct TextKey: Hashable {
    var start: Place
    var end: Place
    var count: Int
  }
  var branches: [BranchCount] = []
  var steps: [Place] = []
  var decisions: [Decision] = []
  var details: [Detail] = []

  /// One macro may be used by all functions of a program: equal regions are added up now and then.
  mutating func compactExpanded() {
    guard expanded.count > expandedLimit else { return }
    expanded.sort(by: <)
    var last = 0
    for index in 1..<expanded.count {
      let piece = expanded[index]
      let (start, end, kind) = (expanded[last].start, expanded[last].end, expanded[last].kind)
      if piece.start == start && piece.end == end && piece.kind == kind {
        expanded[last].count = expanded[last].count.saturatingSum(piece.count)
      } else {
        last += 1
        expanded[last] = piece
      }
    }
    expanded.removeLast(expanded.count - last - 1)
    expandedLimit = max(1 << 14, 2 * expanded.count)
  }

  /// Adds the text of one function: its regions, sorted and each once, and what was built of them.
  mutating func addText(
    _ found: [CountedPiece], _ text: ClosedRange<UInt32>, _ built: [Line], _ more: [Segment]
  ) {
    guard let first = found.first, let last = found.last, !isInstance(found) else { return }
    texts[TextKey(start: first.start, end: last.end, count: found.count)] = spans.count
    let piece = pieces.count
    pieces += found
    let (line, segment) = (lines.count, segments.count)
    lines += built
    segments += more
    spans.append(
      Span(
        text: text, pieces: piece..<pieces.count, lines: line..<lines.count,
        segments: segment..<segments.count, endsEmpty: last.start == last.end))
  }

  /// True where the text is that of a function before, whose counts have these in them then: of a template with
  /// thousands of instances all regions would have to be sorted.
  private mutating func isInstance(_ found: [CountedPiece]) -> Bool {
    let key = TextKey(start: found[0].start, end: found[found.count - 1].end, count: found.count)
    guard let span = texts[key] else { return false }
    let place = spans[span].pieces.lowerBound
    for (index, piece) in found.enumerated() {
      let mine = pieces[place + index]
      guard mine.start == piece.start, mine.end == piece.end, mine.kind == piece.kind else {
        return false
      }
    }
    for (index, piece) in found.enumerated() {
      pieces[place + index].count = pieces[place + index].count.saturatingSum(piece.count)
    }
    spans[span].isOutdated = true
    return true
  }

  /// Adds what functions of another file say of it.
  mutating func add(_ other: FilePart) {
    let shift = Int32(steps.count)
    functions += other.functions
    summaries += other.summaries
    let (pieceShift, lineShift, segmentShift) = (pieces.count, lines.count, segments.count)
    pieces += other.pieces
    expanded += other.expanded
    lines += other.lines
    segments += other.segments
    for var span in other.spans {
      span.pieces = span.pieces.lowerBound + pieceShift..<span.pieces.upperBound + pieceShift
      span.lines = span.lines.lowerBound + lineShift..<span.lines.upperBound + lineShift
      span.segments =
        span.segments.lowerBound + segmentShift..<span.segments.upperBound + segmentShift
      spans.append(span)
    }
    steps += other.steps
    for var branch in other.branches {
      branch.steps = branch.steps.lowerBound + shift..<branch.steps.upperBound + shift
      branches.append(branch)
    }
    decisions += other.decisions
    details += other.details
    compactExpanded()
  }
}

extension FilePart {
  /// All that is known of the file, which is then used up; `isWhole`: with its regions.
  mutating func file(_ path: String, isWhole: Bool) -> SourceFile {
    var (lines, segments) = ([Line](), [Segment]())
    var builder = SegmentBuilder()
    let own = pieces.count
    if spanExpanded(&builder, isWhole: isWhole) {
      lines.reserveCapacity(self.lines.count)
      segments.reserveCapacity(self.segments.count)
      forEachGroup { group in
        if group.count == 1, !group[0].isOutdated {
          lines += self.lines[group[0].lines]
          segments += self.segments[group[0].segments]
        } else {
          // Instances of a template, a macro that is written in a function, two functions on one line.
          var body: [CountedPiece] = []
          for span in group { body += pieces[span.pieces] }
          _ = builder.appendLines(of: &body, to: &lines)
          if isWhole { segments += builder.latest }
        }
      }
    } else {
      pieces.removeLast(pieces.count - own)
      pieces += expanded
      _ = builder.appendLines(of: &pieces, to: &lines)
      if isWhole { segments = builder.latest }
    }
    let summary = RegionSummary(summaries)
    var file = SourceFile(
      path: path, lines: lines, functions: functions, branches: numberedBranches(),
      reported: Totals(summary))
    file.decisions = joinedDecisions()
    if isWhole {
      details.sort { $0.order < $1.order }
      file.regions = FileRegions(
        segments: segments, branches: details.flatMap(\.branches), mcdc: details.flatMap(\.mcdc),
        expansions: details.flatMap(\.expansions), summary: summary)
    }
    return file
  }

  /// Builds what is expanded, macro by macro: these are as functions are. False where the file has to be built as a whole.
  private mutating func spanExpanded(_ builder: inout SegmentBuilder, isWhole: Bool) -> Bool {
    expanded.sort(by: <)
    var at = 0
    while at < expanded.count {
      let start = at
      var last = expanded[at].end.line
      at += 1
      while at < expanded.count, expanded[at].start.line <= last {
        last = max(last, expanded[at].end.line)
        at += 1
      }
      var body = Array(expanded[start..<at])
      let line = lines.count
      guard body[0].kind != RegionKind.gap, let text = builder.appendLines(of: &body, to: &lines)
      else { return false }
      let (piece, segment) = (pieces.count, segments.count)
      pieces += body
      if isWhole { segments += builder.latest }
      spans.append(
        Span(
          text: text, pieces: piece..<pieces.count, lines: line..<lines.count,
          segments: segment..<segments.count,
          endsEmpty: body.last.map { $0.start == $0.end } ?? false))
    }
    return true
  }

  /// Calls with each text that shares no line with others, in their order, or with those that do: the lines of the
  /// file are theirs, one after the other. What ends empty goes with what follows.
  private func forEachGroup(_ body: ([Span]) -> Void) {
    var order = spans
    if !zip(order, order.dropFirst()).allSatisfy({ $0.text.lowerBound <= $1.text.lowerBound }) {
      order.sort { $0.text.lowerBound < $1.text.lowerBound }
    }
    var at = 0
    while at < order.count {
      let start = at
      var (last, endsEmpty) = (order[at].text.upperBound, order[at].endsEmpty)
      at += 1
      while at < order.count, endsEmpty || order[at].text.lowerBound <= last {
        let mayEnd = endsEmpty && order[at].text.lowerBound <= last
        endsEmpty = order[at].endsEmpty || mayEnd
        last = max(last, order[at].text.upperBound)
        at += 1
      }
      body(Array(order[start..<at]))
    }
  }

  /// As lcov shows them: branches with equal ways to them add up, and are numbered on the line where
  /// the way begins.
  private mutating func numberedBranches() -> [Branch] {
    let steps = steps
    func order(_ left: BranchCount, _ right: BranchCount) -> Int {
      if left.root != right.root { return left.root < right.root ? -1 : 1 }
      let count = min(left.steps.count, right.steps.count)
      for index in 0..<count {
        let (a, b) = (
          steps[Int(left.steps.lowerBound) + index], steps[Int(right.steps.lowerBound) + index]
        )
        if a != b { return a < b ? -1 : 1 }
      }
      return left.steps.count - right.steps.count
    }
    let isSorted = zip(branches, branches.dropFirst()).allSatisfy { order($0, $1) <= 0 }
    if !isSorted { branches.sort { order($0, $1) < 0 } }
    var result: [Branch] = []
    result.reserveCapacity(2 * branches.count)
    var (line, decision) = (UInt32.max, 0 as UInt32)
    var at = 0
    while at < branches.count {
      var sum = branches[at]
      at += 1
      while at < branches.count && order(sum, branches[at]) == 0 {
        sum.count = sum.count.saturatingSum(branches[at].count)
        sum.falseCount = sum.falseCount.saturatingSum(branches[at].falseCount)
        at += 1
      }
      if sum.root.line != line { (line, decision) = (sum.root.line, 0) }
      let isReached = sum.count > 0 || sum.falseCount > 0
      for (outcome, count) in [(0, sum.count), (1, sum.falseCount)] as [(UInt32, UInt64)] {
        result.append(
          Branch(
            line: line, decision: decision, outcome: 2 * decision + outcome, reached: isReached,
            count: count))
      }
      decision += 1
    }
    return result
  }

  private func joinedDecisions() -> [Decision] {
    var result: [Decision] = []
    for decision in decisions.sorted(by: { $0.place < $1.place }) {
      if let last = result.last, last.place == decision.place,
        last.conditions.count == decision.conditions.count
      {
        result[result.count - 1].add(decision)
      } else {
        result.append(decision)
      }
    }
    return result
  }
}
