extension FileRegions {
  /// The executable lines, see ``Segment/appendLines(of:to:)``.
  package var lines: [Line] {
    var lines: [Line] = []
    Segment.appendLines(of: segments, to: &lines)
    return lines
  }
}

extension Segment {
  /// The executable lines: of each line the largest count of the regions that begin on it, or that
  /// of the region that reaches into it. The rule is llvm-cov's (`LineCoverageStats`).
  static func appendLines(of segments: [Segment], to lines: inout [Line]) {
    guard var number = segments.first?.line else { return }
    // What holds at the start of a line.
    var (hasCount, count) = (false, 0 as UInt64)
    var next = 0
    while next < segments.count {
      var isMapped = hasCount
      var most = hasCount ? count : 0
      if next < segments.count && segments[next].line == number {
        let first = segments[next]
        if !first.hasCount && first.isRegionEntry { isMapped = false }
        while next < segments.count && segments[next].line == number {
          let segment = segments[next]
          if segment.hasCount && segment.isRegionEntry {
            isMapped = true
            if !segment.isGap { most = max(most, segment.count) }
          }
          (hasCount, count) = (segment.hasCount, segment.count)
          next += 1
        }
      }
      if isMapped { lines.append(Line(number: number, count: most)) }
      // Hostile segments may go backwards or leap: only an ascending list has lines between.
      guard next < segments.count, segments[next].line > number else { break }
      number = hasCount ? number + 1 : segments[next].line
    }
  }
}
