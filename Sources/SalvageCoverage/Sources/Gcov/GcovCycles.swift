/// Counts how often control went round within the blocks of one line: `for (…) body();` on a line is
/// entered once, and executed as often as it went round.
///
/// All elementary circuits are searched (K. A. Hawick and H. A. James, Enumerating Circuits and Loops in
/// Graphs with Self-Arcs and Multiple-Arcs) in gcov's order; each takes its smallest count off its arcs.
struct GcovCycles {
  private struct Step {
    var block: Int
    /// The next of its arcs, and the last.
    var next: Int
    var end: Int
    var isOnCycle = false
  }

  /// Steps that a unit may take, and those that a line may: 2,000 blocks on one line need 4 million, and a
  /// hostile graph has no end. Where they are used up, arcs that go back count as they are: that is the same in
  /// graphs that compilers make of structured code.
  private var budget: Int
  private var stepsLeft = 0
  /// What is left of each arc's count.
  private var rest: [Int64] = []
  private var isBlocked: [Bool] = []
  private var waiting: [[Int]] = []
  private var touched: [Int] = []
  private var path: [Int] = []
  /// Where in the path the first arc is of which nothing is left.
  private var exhausted = Int.max
  private var steps: [Step] = []

  init(budget: Int = 1 << 27) {
    self.budget = budget
  }

  /// - Parameters:
  ///   - starts: the blocks of the line.
  ///   - isOnLine: whether a block is one of them.
  mutating func count(_ flow: GcovFlow, _ starts: [Int], isOnLine: (Int) -> Bool) -> Int64 {
    if rest.count < flow.arcs.count {
      rest += repeatElement(0, count: flow.arcs.count - rest.count)
    }
    if isBlocked.count < flow.blocks.count {
      waiting += repeatElement([], count: flow.blocks.count - isBlocked.count)
      isBlocked += repeatElement(false, count: flow.blocks.count - isBlocked.count)
    }
    for block in starts {
      for index in flow.arcs(outOf: block) { rest[index] = flow.arcs[index].count }
    }
    var total: Int64 = 0
    stepsLeft = min(budget, 1 << 22)
    budget -= stepsLeft
    for start in starts where stepsLeft > 0 { search(flow, from: start, isOnLine, &total) }
    if stepsLeft <= 0 { takeArcsBack(flow, starts, isOnLine, &total) }
    budget += max(stepsLeft, 0)
    return total
  }

  private mutating func takeArcsBack(
    _ flow: GcovFlow, _ starts: [Int], _ isOnLine: (Int) -> Bool, _ total: inout Int64
  ) {
    for block in starts {
      for arc in flow.arcs(outOf: block) {
        let destination = flow.arcs[arc].destination
        guard destination <= block, rest[arc] > 0, isOnLine(destination) else { continue }
        total &+= rest[arc]
        rest[arc] = 0
      }
    }
  }

  private mutating func search(
    _ flow: GcovFlow, from start: Int, _ isOnLine: (Int) -> Bool, _ total: inout Int64
  ) {
    exhausted = .max
    enter(start, flow)
    while let step = steps.last {
      stepsLeft -= 1
      guard stepsLeft > 0 else { break }
      if step.next == step.end {
        steps.removeLast()
        leave(step, flow, start, isOnLine)
        guard !steps.isEmpty else { break }
        if step.isOnCycle { steps[steps.count - 1].isOnCycle = true }
        popArc()
        continue
      }
      steps[steps.count - 1].next += 1
      let arc = step.next
      let destination = flow.arcs[arc].destination
      guard destination >= start, rest[arc] > 0, isOnLine(destination) else { continue }
      path.append(arc)
      if destination == start {
        total &+= takeCycle()
        steps[steps.count - 1].isOnCycle = true
        popArc()
      } else if exhausted == .max, !isBlocked[destination] {
        enter(destination, flow)
      } else {
        popArc()
      }
    }
    clear()
  }

  private mutating func enter(_ block: Int, _ flow: GcovFlow) {
    isBlocked[block] = true
    touched.append(block)
    let arcs = flow.arcs(outOf: block)
    steps.append(Step(block: block, next: arcs.lowerBound, end: arcs.upperBound))
  }

  private mutating func popArc() {
    path.removeLast()
    if path.count <= exhausted { exhausted = .max }
  }

  private mutating func takeCycle() -> Int64 {
    let least = path.map { rest[$0] }.min() ?? 0
    guard least > 0 else { return 0 }
    for arc in path { rest[arc] -= least }
    exhausted = path.firstIndex { rest[$0] <= 0 } ?? .max
    return least
  }

  /// A block that is on a cycle may be on another one; else it waits for one that it leads to.
  private mutating func leave(
    _ step: Step, _ flow: GcovFlow, _ start: Int, _ isOnLine: (Int) -> Bool
  ) {
    if step.isOnCycle {
      unblock(step.block)
      return
    }
    for arc in flow.arcs(outOf: step.block) {
      let destination = flow.arcs[arc].destination
      guard destination >= start, rest[arc] > 0, isOnLine(destination), isBlocked[destination],
        !waiting[destination].contains(step.block)
      else { continue }
      stepsLeft -= waiting[destination].count
      waiting[destination].append(step.block)
    }
  }

  private mutating func unblock(_ first: Int) {
    var queue = [first]
    while let block = queue.popLast() {
      guard isBlocked[block] else { continue }
      isBlocked[block] = false
      queue += waiting[block]
      waiting[block].removeAll(keepingCapacity: true)
    }
  }

  private mutating func clear() {
    for block in touched {
      isBlocked[block] = false
      waiting[block].removeAll(keepingCapacity: true)
    }
    touched.removeAll(keepingCapacity: true)
    steps.removeAll(keepingCapacity: true)
    path.removeAll(keepingCapacity: true)
  }
}
