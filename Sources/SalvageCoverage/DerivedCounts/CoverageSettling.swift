import SalvageRecord
import SalvageSystem
import SystemPackage

extension ObjectCounters {
  /// For the user: some derived counts of it are not settled.
  var forksAtUnknownPlaces: String {
    "\(origin?.string ?? hex(identity)): it forked at places that are not known; blocks behind a fork, or beside"
      + " one, may have run though they are shown with 0"
  }
}

extension Coverage {
  /// Some count is below 0.
  var isUnsettled: Bool {
    let below = DerivedCount.belowZero
    let isBelow = { (branch: BranchRegion) in
      branch.trueCount == below || branch.falseCount == below
    }
    return functions.contains { function in
      function.regions.contains { $0.count == below } || function.branches.contains(where: isBelow)
    }
      || files.contains { file in
        file.lines.contains { $0.count == below } || file.branches.contains { $0.count == below }
          || file.regions?.segments.contains { $0.count == below } ?? false
      }
  }

  /// Replaces counts that no process can have had, by ``DerivedCount/settled(_:_:lacking:)``.
  ///
  /// `whole` is of the same objects, or some of them, with what led to the lives that began by forks.
  mutating func settle(by whole: Coverage, lacking: Bool) {
    let others = Dictionary(
      whole.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    var changed: Set<String> = []
    let settling = Settling(lacking: lacking)
    for index in files.indices {
      let before = files[index]
      files[index].settle(by: others[before.path], settling)
      if files[index] == before { continue }
      files[index].reported = nil
      changed.insert(before.path)
    }
    let isSame =
      functions.count == whole.functions.count
      && zip(functions, whole.functions).allSatisfy {
        $0.name == $1.name && $0.regions.count == $1.regions.count
          && $0.branches.count == $1.branches.count
      }
    for index in functions.indices {
      let other = isSame ? whole.functions[index] : nil
      settling.counts(&functions[index].regions, other?.regions, \.count)
      settling.branches(&functions[index].branches, other?.branches)
    }
    recountRegions(of: changed)
  }
}

/// The rule, for lists of one shape.
private struct Settling {
  var lacking: Bool

  func count(_ exact: inout UInt64, _ whole: UInt64?) {
    exact = DerivedCount.settled(exact, whole, lacking: lacking)
  }

  func counts<Element>(
    _ list: inout [Element], _ others: [Element]?, _ path: WritableKeyPath<Element, UInt64>
  ) {
    let others = others?.count == list.count ? others : nil
    for index in list.indices { count(&list[index][keyPath: path], others?[index][keyPath: path]) }
  }

  func branches(_ list: inout [BranchRegion], _ others: [BranchRegion]?) {
    counts(&list, others, \.trueCount)
    counts(&list, others, \.falseCount)
  }

  /// Lists that ascend by a key, of which `others` may lack some.
  func matched<Element, Key: Comparable>(
    _ list: inout [Element], _ others: [Element], by key: (Element) -> Key,
    settle: (inout Element, Element?) -> Void
  ) {
    var next = 0
    for index in list.indices {
      let mine = key(list[index])
      while next < others.count, key(others[next]) < mine { next += 1 }
      let isThere = next < others.count && key(others[next]) == mine
      settle(&list[index], isThere ? others[next] : nil)
    }
  }
}

extension SourceFile {
  fileprivate mutating func settle(by whole: SourceFile?, _ settling: Settling) {
    settling.matched(&lines, whole?.lines ?? [], by: \.number) {
      settling.count(&$0.count, $1?.count)
    }
    settling.matched(&branches, whole?.branches ?? [], by: \.key) {
      settling.count(&$0.count, $1?.count)
      $0.reached = $0.reached || $1?.reached ?? false
    }
    var counts: [String: UInt64] = [:]
    for function in whole?.functions ?? [] {
      counts[function.name, default: 0].saturate(adding: function.count)
    }
    for index in functions.indices where functions[index].count == 0 {
      settling.count(&functions[index].count, counts[functions[index].name])
    }
    regions?.settle(by: whole?.regions, settling)
  }
}

extension FileRegions {
  fileprivate mutating func settle(by whole: FileRegions?, _ settling: Settling) {
    segments = Segment.settled(segments, whole?.segments, settling)
    settling.branches(&branches, whole?.branches)
    let others = whole?.expansions.count == expansions.count ? whole?.expansions : nil
    for index in expansions.indices {
      settling.count(&expansions[index].source.count, others?[index].source.count)
      settling.counts(&expansions[index].targets, others?[index].targets, \.count)
      settling.branches(&expansions[index].branches, others?[index].branches)
    }
  }
}

extension Segment {
  /// llvm-cov leaves out a segment that begins no region and goes on with the same count: the lists may
  /// differ in such.
  fileprivate static func settled(
    _ exact: [Segment], _ whole: [Segment]?, _ settling: Settling
  ) -> [Segment] {
    var result: [Segment] = []
    let whole = whole ?? []
    var (i, j) = (0, 0)
    while i < exact.count || j < whole.count {
      let fromExact = j == whole.count || i < exact.count && exact[i].place <= whole[j].place
      let fromWhole = i == exact.count || j < whole.count && whole[j].place <= exact[i].place
      var next = fromExact ? exact[i] : whole[j]
      if fromExact { i += 1 }
      if fromWhole { j += 1 }
      next.count = i > 0 ? exact[i - 1].count : 0
      settling.count(&next.count, j > 0 ? whole[j - 1].count : nil)
      if let last = result.last, !next.isRegionEntry, !last.isRegionEntry,
        last.hasCount == next.hasCount, last.count == next.count, last.isGap == next.isGap
      {
        continue
      }
      result.append(next)
    }
    return result
  }
}
