/// Tallies of one function, as llvm-cov keeps them (`FunctionCoverageSummary`).
struct FunctionSummary: Sendable {
  /// Where the function begins in its own text.
  var start: Place
  var count: UInt64
  var regions = Tally()
  var lines = Tally()
  var branches = Tally()
  var conditions = Tally()
}

extension RegionSummary {
  /// Adds up functions: instantiations of one (equal starts) count once, with the best of each tally.
  init(_ functions: [FunctionSummary]) {
    self.init()
    let sorted = functions.sorted { $0.start < $1.start }
    var at = 0
    while at < sorted.count {
      var best = sorted[at]
      var entered = 0
      var end = at
      while end < sorted.count && sorted[end].start == sorted[at].start {
        if sorted[end].count > 0 { entered += 1 }
        best.regions.raise(to: sorted[end].regions)
        best.lines.raise(to: sorted[end].lines)
        best.branches.raise(to: sorted[end].branches)
        best.conditions.raise(to: sorted[end].conditions)
        end += 1
      }
      self.functions += Tally(found: 1, hit: entered > 0 ? 1 : 0)
      instantiations += Tally(found: end - at, hit: entered)
      regions += best.regions
      lines += best.lines
      branches += best.branches
      mcdc += best.conditions
      at = end
    }
  }
}

extension Totals {
  init(_ summary: RegionSummary) {
    self.init(
      lines: summary.lines, functions: summary.functions, branches: summary.branches)
  }
}

extension MappedFunction {
  /// The files that a file of the function expands, each with the place of its expansion.
  ///
  /// A body has one expansion and begins no circle that the main file could reach, so this ends.
  func forEachExpansion(in file: Int, _ body: (_ region: MappedRegion) -> Void) {
    for index in ranges[file] where regions[index].kind == RegionKind.expansion {
      body(regions[index])
    }
  }

  /// Outcomes of a file's own branches and of all that it expands.
  func branchTally(in file: Int) -> Tally {
    var tally = Tally()
    var pending = [file]
    while let next = pending.popLast() {
      for index in ranges[next] {
        let region = regions[index]
        switch region.kind {
        case RegionKind.branch, RegionKind.conditionBranch:
          let folded = region.isFolded
          if !folded.true { tally += Tally(found: 1, hit: region.count > 0 ? 1 : 0) }
          if !folded.false { tally += Tally(found: 1, hit: region.falseCount > 0 ? 1 : 0) }
        case RegionKind.expansion: pending.append(Int(region.expandedFile))
        default: break
        }
      }
    }
    return tally
  }
}
