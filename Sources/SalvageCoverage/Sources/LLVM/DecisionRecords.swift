/// An MC/DC decision of a function with what was executed of it.
struct DecisionRecord {
  var region: MappedRegion
  /// Distinct ways through it that were executed, by their outcome.
  var trueWays = 0
  var falseWays = 0
  /// For each condition, in the order of evaluation's numbers as the mapping lists them: shown to decide alone.
  var isCovered: [Bool]
  /// Known when it was compiled, for one of its values.
  var isFolded: [Bool]
}

/// Finds which conditions belong to which decision, as LLVM's `MCDCDecisionRecorder` does.
struct DecisionRecords {
  private struct Open {
    var region: MappedRegion
    var branches: [MappedRegion] = []
    var ids: Set<UInt32> = []
    var files: Set<UInt32> = []

    func contains(_ other: MappedRegion) -> Bool {
      region.file == other.file && region.start <= other.start && other.end <= region.end
        || files.contains(other.file)
    }
  }

  /// The decisions whose conditions are all there, in the order in which they are complete.
  static func of(
    _ function: borrowing MappedFunction, bitmap: [UInt8], layout: RecordLayout
  ) throws(MappingError) -> [DecisionRecord] {
    var open: [Open] = []
    var records: [DecisionRecord] = []
    for region in function.regions {
      switch region.kind {
      case RegionKind.decision: open.append(Open(region: region))
      case RegionKind.expansion:
        if let index = open.firstIndex(where: { $0.contains(region) }) {
          open[index].files.insert(region.expandedFile)
        }
      case RegionKind.conditionBranch:
        guard let id = region.condition?.first, id > 0 else {
          throw .invalid("a condition has no number")
        }
        let index = open.firstIndex {
          !$0.ids.contains(id) && id <= $0.region.condition?.second ?? 0 && $0.contains(region)
        }
        guard let index else { continue }
        open[index].ids.insert(id)
        open[index].branches.insert(region, at: id == 1 ? 0 : open[index].branches.count)
        if open[index].branches.count == Int(open[index].region.condition?.second ?? 0) {
          let complete = open.remove(at: index)
          records.append(
            try DecisionEvaluation(complete.region, complete.branches, bitmap, layout).record())
        }
      default: break
      }
    }
    return records
  }
}

/// Which ways through one decision were executed, and what they show.
///
/// Source: CoverageMapping.cpp, `MCDCRecordProcessor` and `TVIdxBuilder`. Each way has a bit: since LLVM 19 by
/// its index among all ways, in LLVM 18 by the values of the conditions.
private struct DecisionEvaluation {
  /// A way: which conditions were evaluated, and which of them were true.
  private struct Way {
    var values: [UInt64]
    var evaluated: [UInt64]
    var outcome: Bool
  }

  private let region: MappedRegion
  private let branches: [MappedRegion]
  private let bitmap: [UInt8]
  private let layout: RecordLayout
  private let count: Int
  /// For each condition what follows it if it is false, and if it is true; -1: the decision is made.
  private var next: [(Int, Int)]
  private var offsets: [(Int, Int)]
  private var ways = 0

  /// More than compilers make of a decision by default would cost the square of it.
  private static let mostWork = 1 << 30

  init(
    _ region: MappedRegion, _ branches: [MappedRegion], _ bitmap: [UInt8], _ layout: RecordLayout
  ) throws(MappingError) {
    self.region = region
    self.branches = branches
    self.bitmap = bitmap
    self.layout = layout
    count = branches.count
    next = [(Int, Int)](repeating: (-1, -1), count: count)
    offsets = [(Int, Int)](repeating: (-1, -1), count: count)
    for branch in branches {
      guard let condition = branch.condition, condition.second <= count, condition.third <= count,
        condition.second != 1, condition.third != 1
      else { throw .invalid("a condition is followed by one that its decision does not have") }
      next[Int(condition.first) - 1] = (Int(condition.third) - 1, Int(condition.second) - 1)
    }
    try number()
  }

  /// Gives each way its index.
  private mutating func number() throws(MappingError) {
    var entries = [Int](repeating: 0, count: count)
    for (no, yes) in next {
      if no >= 0 { entries[no] += 1 }
      if yes >= 0 { entries[yes] += 1 }
    }
    var widths = [Int](repeating: 0, count: count)
    widths[0] = 1
    var ends: [(width: Int, order: Int, id: Int, outcome: Bool)] = []
    var queue = [0]
    var head = 0
    while head < queue.count {
      let id = queue[head]
      head += 1
      for outcome in [false, true] {
        let follower = outcome ? next[id].1 : next[id].0
        guard follower >= 0 else {
          ends.append((widths[id], ends.count, id, outcome))
          continue
        }
        setOffset(id, outcome, widths[follower])
        widths[follower] += widths[id]
        guard widths[follower] <= Int(Int32.max) else { throw .tooLarge("a decision") }
        entries[follower] -= 1
        if entries[follower] == 0 { queue.append(follower) }
      }
    }
    guard queue.count == count else { throw .invalid("the conditions of a decision form a circle") }
    for end in ends.sorted(by: { ($1.width, $0.order) < ($0.width, $1.order) }) {
      setOffset(end.id, end.outcome, ways)
      ways += end.width
      guard ways <= Int(Int32.max) else { throw .tooLarge("a decision") }
    }
  }

  private mutating func setOffset(_ id: Int, _ outcome: Bool, _ value: Int) {
    if outcome { offsets[id].1 = value } else { offsets[id].0 = value }
  }

  func record() throws(MappingError) -> DecisionRecord {
    var record = DecisionRecord(
      region: region, isCovered: [Bool](repeating: false, count: count),
      isFolded: branches.map { $0.isFolded.true || $0.isFolded.false })
    // The place of the first bit that belongs to this decision.
    let place = Int(region.condition?.first ?? 0)
    let first = layout == .v10 ? place - ways : 8 * place
    guard !bitmap.isEmpty else { return record }
    let size = layout == .v10 ? ways : 1 << min(count, 40)
    guard first >= 0, first + size <= 8 * bitmap.count || layout != .v10 else {
      throw .invalid("a decision is outside of the function's bitmap")
    }
    let executed = try executedWays(from: first)
    record.trueWays = executed.count { $0.outcome }
    record.falseWays = executed.count - record.trueWays
    let covered = try pairs(executed)
    for (index, branch) in branches.enumerated() {
      record.isCovered[index] = covered[Int(branch.condition?.first ?? 1) - 1]
    }
    return record
  }

  /// Walks all ways; the stack is our own, as a decision may have thousands of conditions.
  private func executedWays(from first: Int) throws(MappingError) -> [Way] {
    let words = (count + 63) / 64
    var way = Way(
      values: [UInt64](repeating: 0, count: words),
      evaluated: [UInt64](repeating: 0, count: words), outcome: false)
    var executed: [Way] = []
    // Of each condition on the way: its number, the index up to it, what is to be tried next.
    var stack: [(id: Int, index: Int, trial: Int)] = [(0, 0, 0)]
    var steps = 0
    while let top = stack.last {
      steps += 1
      guard steps <= Self.mostWork >> 6 else { throw .tooLarge("a decision") }
      let bit: UInt64 = 1 << UInt64(top.id & 63)
      let word = top.id >> 6
      if top.trial == 2 {
        way.values[word] &= ~bit
        way.evaluated[word] &= ~bit
        stack.removeLast()
        continue
      }
      let outcome = top.trial == 1
      stack[stack.count - 1].trial += 1
      way.evaluated[word] |= bit
      if outcome { way.values[word] |= bit } else { way.values[word] &= ~bit }
      let index = top.index + (outcome ? offsets[top.id].1 : offsets[top.id].0)
      let follower = outcome ? next[top.id].1 : next[top.id].0
      if follower >= 0 {
        stack.append((follower, index, 0))
      } else {
        let place = layout == .v10 ? first + index : first + Int(truncatingIfNeeded: way.values[0])
        if place >= 0, place >> 3 < bitmap.count, bitmap[place >> 3] >> UInt8(place & 7) & 1 != 0 {
          way.outcome = outcome
          executed.append(way)
        }
      }
    }
    return executed
  }

  /// The conditions for which two ways differ in nothing else, and in the outcome.
  private func pairs(_ ways: [Way]) throws(MappingError) -> [Bool] {
    let words = (count + 63) / 64
    guard
      ways.count.multipliedReportingOverflow(by: ways.count * words).partialValue
        <= Self.mostWork
    else { throw .tooLarge("what was executed of a decision") }
    var covered = [Bool](repeating: false, count: count)
    let (yes, no) = (ways.filter(\.outcome), ways.filter { !$0.outcome })
    for left in yes {
      for right in no {
        var (differing, at) = (0, 0)
        for word in 0..<words {
          let both = left.evaluated[word] & right.evaluated[word]
          let difference = (left.values[word] ^ right.values[word]) & both
          differing += difference.nonzeroBitCount
          if difference != 0 { at = word << 6 + difference.trailingZeroBitCount }
        }
        if differing == 1 { covered[at] = true }
      }
    }
    return covered
  }
}
