/// Counts that contradict each other: what can be said of them.
///
/// An arc that comes out below zero has one of these reasons.
///
/// - A process died between two increments. All counters are right; what led to the block in which it died did not
///   lead on. A few arcs have less than nothing, and others, on the way there, are one short: a function whose
///   body ran was not entered. There are at most as many deaths as there are lives and threads.
/// - Threads counted without atomic instructions, and lost counts, thousands perhaps. Counters that are above
///   zero have run, and those that are zero have not: a store is of a count plus one. Of an arc that is derived
///   from such counters nothing is known if no way leads to it, or only ways that may have run.
/// - clang left an arc out of its notes: `completeByMissingArcs`.
/// - A fork of which the place is not known: its child left what it never entered.
struct GcovRepair {
  enum Outcome: Sendable {
    /// Counts agree, or deaths explain them.
    case exact
    /// Some arcs that may have run, or not, have 1.
    case uncertain
  }

  private var incoming: [Int64] = []
  private var outgoing: [Int64] = []
  private var from: [Int] = []
  private var queue: [Int] = []
  /// Arcs that a function may have looked at; a hostile one has no end.
  private var budget = 0

  /// - Parameter lives: how many processes counted.
  mutating func repair(_ flow: inout GcovFlow, lives: Int) -> Outcome {
    guard flow.arcs.contains(where: { $0.count < 0 }) else { return .exact }
    if flow.completeByMissingArcs() {
      flow.recountBlocks()
      return .exact
    }
    let original = flow.arcs
    if !explainByDeaths(&flow, atMost: Int64(lives) * Self.threads) {
      flow.arcs = original
      markWhatMayHaveRun(&flow)
      flow.recountBlocks()
      return .uncertain
    }
    flow.recountBlocks()
    return .exact
  }

  /// So many threads of each process are believed to have died in one function.
  private static let threads: Int64 = 64

  private func isMeasured(_ arc: GcovFlow.Arc) -> Bool { !arc.flags.contains(.onTree) }

  /// Looks for counts, none below zero, with which no block is left more often than it was entered.
  private mutating func explainByDeaths(_ flow: inout GcovFlow, atMost most: Int64) -> Bool {
    let negative = flow.arcs.indices.filter { flow.arcs[$0].count < 0 }
    for index in negative { flow.arcs[index].count = 0 }
    budget = 1 << 20
    addUp(flow)
    // A block that lost nothing had another way in that seemed to have run: that is where the process died.
    for index in negative {
      let block = flow.arcs[index].destination
      for other in flow.arcs(into: block) where !isMeasured(flow.arcs[other]) {
        let surplus = incoming[block] &- outgoing[block]
        let taken = min(surplus, flow.arcs[other].count)
        if taken > 0, block != 1 { change(&flow, other, by: -taken) }
      }
    }
    for block in flow.blocks.indices where block != flow.entry && block != 1 {
      while outgoing[block] > incoming[block] {
        let amount = outgoing[block] &- incoming[block]
        guard amount <= most, enter(&flow, block, amount) else { return false }
      }
    }
    var deaths: Int64 = 0
    for block in flow.blocks.indices where block != flow.entry && block != 1 {
      deaths &+= incoming[block] &- outgoing[block]
    }
    return deaths <= most
  }

  private mutating func addUp(_ flow: GcovFlow) {
    incoming = Array(repeating: 0, count: flow.blocks.count)
    outgoing = incoming
    for arc in flow.arcs {
      incoming[arc.destination] &+= arc.count
      outgoing[arc.source] &+= arc.count
    }
  }

  private mutating func change(_ flow: inout GcovFlow, _ arc: Int, by amount: Int64) {
    flow.arcs[arc].count &+= amount
    incoming[flow.arcs[arc].destination] &+= amount
    outgoing[flow.arcs[arc].source] &+= amount
  }

  /// Raises the counts of the shortest way to a block, by arcs that are not counted, from the entry or from a block
  /// that was entered more often than left.
  private mutating func enter(_ flow: inout GcovFlow, _ block: Int, _ amount: Int64) -> Bool {
    from = Array(repeating: -1, count: flow.blocks.count)
    queue = [block]
    var next = 0
    while next < queue.count, budget > 0 {
      let here = queue[next]
      next += 1
      for index in flow.arcs(into: here) {
        budget -= 1
        let source = flow.arcs[index].source
        guard !isMeasured(flow.arcs[index]), source != block, from[source] < 0 else { continue }
        from[source] = index
        let spare = source == flow.entry ? amount : incoming[source] &- outgoing[source]
        guard spare > 0 else {
          queue.append(source)
          continue
        }
        var arc = index
        while true {
          change(&flow, arc, by: min(spare, amount))
          let destination = flow.arcs[arc].destination
          if destination == block { return true }
          arc = from[destination]
        }
      }
    }
    return false
  }

  /// Below zero: 1, where a way leads there whose counted arcs have all run.
  private mutating func markWhatMayHaveRun(_ flow: inout GcovFlow) {
    var isReachable = Array(repeating: false, count: flow.blocks.count)
    isReachable[flow.entry] = true
    queue = [flow.entry]
    // What ran was reached, also by a child that a fork made somewhere.
    for arc in flow.arcs where isMeasured(arc) && arc.count > 0 {
      for block in [arc.source, arc.destination] where !isReachable[block] {
        isReachable[block] = true
        queue.append(block)
      }
    }
    while let block = queue.popLast() {
      for index in flow.arcs(outOf: block) {
        let arc = flow.arcs[index]
        guard !isMeasured(arc) || arc.count > 0, !isReachable[arc.destination] else { continue }
        isReachable[arc.destination] = true
        queue.append(arc.destination)
      }
    }
    for index in flow.arcs.indices where flow.arcs[index].count < 0 {
      flow.arcs[index].count = isReachable[flow.arcs[index].source] ? 1 : 0
    }
  }
}

extension GcovFlow {
  /// After arcs were changed: a block ran as often as it was entered, or left.
  fileprivate mutating func recountBlocks() {
    for block in blocks.indices {
      var (into, outOf): (Int64, Int64) = (0, 0)
      if block != entry { for index in arcs(into: block) { into &+= arcs[index].count } }
      for index in arcs(outOf: block) { outOf &+= arcs[index].count }
      blocks[block].count = max(into, outOf)
    }
  }
}
