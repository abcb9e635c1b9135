/// Arcs that clang leaves out of its notes.
///
/// Where an arc would be counted, leads from a block with several ways out to one with several ways in, clang
/// makes a block on it. In a condition of `&&` and `||`, or a `switch`, the arc to that block is then in the notes no
/// more, nor is it counted (LLVM 14 to 21): a block, behind the one that leads to it, to which nothing leads. Without
/// that arc counts come out below zero, and functions ran more often than they were called.
extension GcovFlow {
  /// Gives the arcs that are missing the least counts with which no other is below zero. All that does not hang on
  /// which of several such counts it was is exact then.
  ///
  /// - Returns: Whether no count is below zero any more; if not, nothing was changed.
  mutating func completeByMissingArcs() -> Bool {
    guard arcs.last?.flags.contains(.closing) ?? false else { return false }  // it is gcc's
    let before = arcs
    let missing = blocks.indices.dropFirst(2).filter { !isLeadTo($0) }
    // Each may want that another had its count first.
    for block in missing + missing {
      guard let source = (2..<block).last(where: isLeadTo),
        let way = treeWay(from: block, to: source)
      else { continue }
      let wanted = way.filter(\.isForward).map { -arcs[$0.arc].count }.max() ?? 0
      let most = way.filter { !$0.isForward }.map { arcs[$0.arc].count }.min() ?? .max
      let amount = min(max(wanted, 0), max(most, 0))
      for step in way { arcs[step.arc].count &+= step.isForward ? amount : -amount }
    }
    if arcs.contains(where: { $0.count < 0 }) {
      arcs = before
      return false
    }
    return true
  }

  private func isLeadTo(_ block: Int) -> Bool { !arcs(into: block).isEmpty }

  private struct Step {
    var arc: Int
    /// As the arc leads.
    var isForward: Bool
  }

  /// The only way between two blocks on arcs that are not counted: they are a tree.
  private func treeWay(from start: Int, to end: Int) -> [Step]? {
    var came: [Step?] = Array(repeating: nil, count: blocks.count)
    var queue = [start]
    var next = 0
    while next < queue.count {
      let here = queue[next]
      next += 1
      if here == end { break }
      let steps =
        arcs(outOf: here).map { Step(arc: $0, isForward: true) }
        + arcs(into: here).map { Step(arc: $0, isForward: false) }
      for step in steps where arcs[step.arc].flags.contains(.onTree) {
        let there = step.isForward ? arcs[step.arc].destination : arcs[step.arc].source
        guard there != start, came[there] == nil else { continue }
        came[there] = step
        queue.append(there)
      }
    }
    var way: [Step] = []
    var here = end
    while here != start {
      guard let step = came[here] else { return nil }
      way.append(step)
      here = step.isForward ? arcs[step.arc].source : arcs[step.arc].destination
    }
    return way
  }
}
