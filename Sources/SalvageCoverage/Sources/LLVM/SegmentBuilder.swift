/// A counted range of a file.
struct CountedPiece {
  var start: Place
  var end: Place
  var count: UInt64
  var kind: UInt8

  /// The order in which segments are built: outer ranges before those in them.
  @inline(__always)
  static func < (left: CountedPiece, right: CountedPiece) -> Bool {
    if left.start != right.start { return left.start < right.start }
    if left.end != right.end { return left.end > right.end }
    return left.kind < right.kind
  }
}

/// Makes segments of nested regions: at each place the count of the innermost region holds.
///
/// The rules are those of `SegmentBuilder` in LLVM's CoverageMapping.cpp, to the letter: a report must be that
/// of llvm-cov.
struct SegmentBuilder {
  private var segments: [Segment] = []
  private var active: [CountedPiece] = []
  private var completed: [CountedPiece] = []

  /// Replaces `pieces` by those that were built from: sorted, equal ranges as one.
  mutating func segments(of pieces: inout [CountedPiece]) -> [Segment] {
    segments.removeAll(keepingCapacity: true)
    build(&pieces)
    return segments
  }

  /// Builds from `pieces`, and adds the lines that follow to `lines`. Answers the first and the last line.
  mutating func appendLines(
    of pieces: inout [CountedPiece], to lines: inout [Line]
  ) -> ClosedRange<UInt32>? {
    segments.removeAll(keepingCapacity: true)
    build(&pieces)
    Segment.appendLines(of: segments, to: &lines)
    guard let first = segments.first, let last = segments.last else { return nil }
    return first.line...max(first.line, last.line)
  }

  /// Those that were built last.
  var latest: [Segment] { segments }

  private mutating func build(_ pieces: inout [CountedPiece]) {
    Self.combine(&pieces)
    active.removeAll(keepingCapacity: true)
    for index in pieces.indices {
      let piece = pieces[index]
      complete(until: piece.start)
      let isGap = piece.kind == RegionKind.gap
      let isLast = index + 1 == pieces.count
      if piece.start == piece.end {
        // An empty region is never active. The last one closes, any other has what is around it.
        let isSkipped = isLast || piece.kind == RegionKind.skipped
        begin(active.last ?? piece, piece.start, isEntry: !isGap, isSkipped: isSkipped)
        if isSkipped, let around = active.last { begin(around, piece.start, isEntry: false) }
        continue
      }
      if isLast || piece.start != pieces[index + 1].start {
        begin(piece, piece.start, isEntry: !isGap)
      }
      active.append(piece)
    }
    if !active.isEmpty { complete(from: 0, until: nil) }
  }

  /// Sorts, and adds up the counts of equal ranges: of those of the kind that comes first.
  private static func combine(_ pieces: inout [CountedPiece]) {
    guard pieces.count > 1 else { return }
    var isSorted = true
    for index in 1..<pieces.count where pieces[index] < pieces[index - 1] {
      isSorted = false
      break
    }
    if !isSorted { pieces.sort(by: <) }
    var last = 0
    for index in 1..<pieces.count {
      if pieces[index].start == pieces[last].start && pieces[index].end == pieces[last].end {
        if pieces[index].kind == pieces[last].kind {
          pieces[last].count = pieces[last].count.saturatingSum(pieces[index].count)
        }
      } else {
        last += 1
        if last != index { pieces[last] = pieces[index] }
      }
    }
    pieces.removeLast(pieces.count - last - 1)
  }

  private mutating func begin(
    _ piece: CountedPiece, _ at: Place, isEntry: Bool, isSkipped: Bool = false
  ) {
    let hasCount = !isSkipped && piece.kind != RegionKind.skipped
    if !isEntry, !isSkipped, let last = segments.last, !last.isRegionEntry,
      last.hasCount == hasCount, last.count == piece.count
    {
      return
    }
    segments.append(
      Segment(
        line: at.line, column: at.column, count: hasCount ? piece.count : 0, hasCount: hasCount,
        isRegionEntry: isEntry, isGap: hasCount && piece.kind == RegionKind.gap))
  }

  /// Takes out the regions that end before a new one begins.
  @inline(__always)
  private mutating func complete(until start: Place) {
    var kept = 0
    var isComplete = false
    for piece in active where piece.end <= start {
      isComplete = true
      break
    }
    guard isComplete else { return }
    completed.removeAll(keepingCapacity: true)
    for index in active.indices {
      if active[index].end > start {
        if kept != index { active[kept] = active[index] }
        kept += 1
      } else {
        completed.append(active[index])
      }
    }
    active.replaceSubrange(kept..., with: completed)
    complete(from: kept, until: start)
  }

  private mutating func complete(from first: Int, until start: Place?) {
    sortByEnd(from: first)
    var index = first + 1
    while index < active.count {
      let at = active[index - 1].end
      // Where a new region begins it says what holds.
      if at == start { break }
      if at != active[index].end {
        // Of those that end together the last one counts.
        var piece = active[index]
        var other = index + 1
        while other < active.count && active[other].end == piece.end {
          piece = active[other]
          other += 1
        }
        begin(piece, at, isEntry: false)
      }
      index += 1
    }
    let last = active[active.count - 1]
    if first > 0 {
      if last.end != start { begin(active[first - 1], last.end, isEntry: false) }
    } else if start == nil || last.end != start {
      begin(last, last.end, isEntry: false, isSkipped: true)
    }
    active.removeLast(active.count - first)
  }

  /// Stable; there are few, and they are nearly in order.
  private mutating func sortByEnd(from first: Int) {
    guard active.count - first > 1 else { return }
    if active.count - first > 32 {
      let order = active[first...].enumerated().sorted {
        ($0.element.end, $0.offset) < ($1.element.end, $1.offset)
      }
      active.replaceSubrange(first..., with: order.map(\.element))
      return
    }
    for index in first + 1..<active.count {
      let piece = active[index]
      var at = index
      while at > first && active[at - 1].end > piece.end {
        active[at] = active[at - 1]
        at -= 1
      }
      active[at] = piece
    }
  }
}
