extension FileRegions {
  /// The executable lines: of each line the largest count of the regions that begin on it, or that
  /// of the region that reaches into it. The rule is llvm-cov's (`LineCoverageStats`).
  public var lines: [Line] {
    var lines: [Line] = []
    var wrapped: Segment?
    var next = 0
    guard let first = segments.first else { return [] }
    var number = first.line
    while next < segments.count {
      let start = next
      while next < segments.count && segments[next].line == number { next += 1 }
      if let count = Self.count(of: segments[start..<next], wrapped: wrapped) {
        lines.append(Line(number: number, count: count))
      }
      if next > start { wrapped = segments[next - 1] }
      // Hostile segments may go backwards or leap: only an ascending list has lines between.
      guard next < segments.count, segments[next].line > number else { break }
      if Self.count(of: [], wrapped: wrapped) == nil {
        number = segments[next].line
      } else {
        number += 1
      }
    }
    return lines
  }

  /// Nil: no code on this line.
  private static func count(of segments: ArraySlice<Segment>, wrapped: Segment?) -> UInt64? {
    let skipped = segments.first.map { !$0.hasCount && $0.isRegionEntry } ?? false
    let entries = segments.lazy.filter { !$0.isGap && $0.hasCount && $0.isRegionEntry }
    let counted = segments.contains { $0.isRegionEntry && $0.hasCount }
    let mapped = counted || !skipped && (wrapped?.hasCount ?? false)
    guard mapped else { return nil }
    return entries.reduce(wrapped?.count ?? 0) { max($0, $1.count) }
  }
}
