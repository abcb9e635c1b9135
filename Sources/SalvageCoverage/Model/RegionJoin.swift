extension FunctionRegions {
  /// The same without counts: what two objects must agree in to have the same function.
  var shape: FunctionRegions {
    var shape = self
    shape.count = 0
    shape.regions = regions.map(\.shape)
    shape.branches = branches.map(\.shape)
    for index in mcdc.indices { shape.mcdc[index] = mcdc[index].shape }
    return shape
  }

  mutating func add(_ other: FunctionRegions) {
    count.saturate(adding: other.count)
    regions = zip(regions, other.regions).map { $0.adding($1) }
    branches = zip(branches, other.branches).map { $0.adding($1) }
    for index in mcdc.indices { mcdc[index].add(other.mcdc[index]) }
  }
}

extension SourceRegion {
  fileprivate func adding(_ other: SourceRegion) -> SourceRegion {
    var sum = self
    sum.count.saturate(adding: other.count)
    return sum
  }

  /// The same without its count.
  fileprivate var shape: SourceRegion {
    var shape = self
    shape.count = 0
    return shape
  }
}

extension BranchRegion {
  fileprivate func adding(_ other: BranchRegion) -> BranchRegion {
    var sum = self
    sum.trueCount.saturate(adding: other.trueCount)
    sum.falseCount.saturate(adding: other.falseCount)
    return sum
  }

  /// The same without counts.
  fileprivate var shape: BranchRegion {
    var shape = self
    shape.trueCount = 0
    shape.falseCount = 0
    return shape
  }
}

extension MCDCRecord {
  /// Since LLVM 21 the numbers of true and false results come first.
  private var hasResults: Bool { details.count >= 5 }

  fileprivate var shape: MCDCRecord {
    var shape = self
    if hasResults { (shape.details[0], shape.details[1]) = (0, 0) }
    shape.conditions = conditions.map { _ in false }
    return shape
  }

  /// A condition is covered if one object alone covered it. The numbers of distinct results seen do
  /// not add up, as both may have seen the same ones: the larger is kept.
  mutating func add(_ other: MCDCRecord) {
    if hasResults {
      details[0] = max(details[0], other.details[0])
      details[1] = max(details[1], other.details[1])
    }
    for index in conditions.indices {
      conditions[index] = conditions[index] || other.conditions[index]
    }
  }
}

extension Expansion {
  fileprivate var shape: Expansion {
    var shape = self
    shape.source.count = 0
    shape.targets = targets.map(\.shape)
    shape.branches = branches.map(\.shape)
    return shape
  }

  fileprivate mutating func add(_ other: Expansion) {
    source.count.saturate(adding: other.source.count)
    targets = zip(targets, other.targets).map { $0.adding($1) }
    branches = zip(branches, other.branches).map { $0.adding($1) }
  }
}

extension FileRegions {
  /// Adds what another object says; the summary is left to the caller.
  mutating func add(_ other: FileRegions) {
    segments = Segment.joined(segments, other.segments)
    branches = Self.joined(branches, other.branches, \.shape) { $0 = $0.adding($1) }
    mcdc = Self.joined(mcdc, other.mcdc, \.shape) { $0.add($1) }
    expansions = Self.joined(expansions, other.expansions, \.shape) { $0.add($1) }
  }

  /// Adds up what has the same shape, one to one and in order, and appends the rest.
  private static func joined<Element: Hashable>(
    _ left: [Element], _ right: [Element], _ shape: (Element) -> Element,
    add: (inout Element, Element) -> Void
  ) -> [Element] {
    var result = left
    var places: [Element: [Int]] = [:]
    for index in left.indices { places[shape(left[index]), default: []].append(index) }
    for element in right {
      let key = shape(element)
      if var free = places[key], !free.isEmpty {
        add(&result[free.removeFirst()], element)
        places[key] = free
      } else {
        result.append(element)
      }
    }
    return result
  }
}

extension Segment {
  /// Each list says which count holds from where on; the sum says it for both together.
  static func joined(_ left: [Segment], _ right: [Segment]) -> [Segment] {
    var result: [Segment] = []
    result.reserveCapacity(max(left.count, right.count))
    var (i, j) = (0, 0)
    var (first, second): (Segment?, Segment?) = (nil, nil)
    while i < left.count || j < right.count {
      let fromLeft = j == right.count || i < left.count && left[i].place <= right[j].place
      let fromRight = i == left.count || j < right.count && right[j].place <= left[i].place
      let next = fromLeft ? left[i] : right[j]
      var isEntry = false
      if fromLeft {
        first = left[i]
        isEntry = left[i].isRegionEntry
        i += 1
      }
      if fromRight {
        second = right[j]
        isEntry = isEntry || right[j].isRegionEntry
        j += 1
      }
      let active = [first, second].compactMap { $0 }.filter(\.hasCount)
      result.append(
        Segment(
          line: next.line, column: next.column,
          count: active.reduce(0) { $0.saturatingSum($1.count) }, hasCount: !active.isEmpty,
          isRegionEntry: isEntry, isGap: !active.isEmpty && active.allSatisfy(\.isGap)))
    }
    return result
  }

  var place: UInt64 { UInt64(line) << 32 | UInt64(column) }
}

extension Coverage {
  /// Counts the summaries of joined files anew, by llvm-cov's rule: the instantiations of a function
  /// (same file and start) count as one, with the best of each. Lines are counted from the segments.
  mutating func recountRegions(of paths: Set<String>) {
    guard content.contains(.regions), !paths.isEmpty else { return }
    var groups: [String: [UInt64: [Int]]] = [:]
    for (index, function) in functions.enumerated() {
      guard let path = function.fileNames.first, paths.contains(path),
        let start = function.regions.first
      else { continue }
      let place = UInt64(start.startLine) << 32 | UInt64(start.startColumn)
      groups[path, default: [:]][place, default: []].append(index)
    }
    for index in files.indices where paths.contains(files[index].path) {
      guard var regions = files[index].regions else { continue }
      var summary = RegionSummary()
      for group in (groups[files[index].path] ?? [:]).values {
        summary += Self.summary(of: group.map { functions[$0] })
      }
      let lines = regions.lines
      summary.lines = Tally(found: lines.count, hit: lines.count { $0.count > 0 })
      regions.summary = summary
      files[index].regions = regions
    }
  }

  private static func summary(of instantiations: [FunctionRegions]) -> RegionSummary {
    var summary = RegionSummary()
    summary.functions = Tally(found: 1, hit: instantiations.contains { $0.count > 0 } ? 1 : 0)
    for function in instantiations {
      summary.instantiations += Tally(found: 1, hit: function.count > 0 ? 1 : 0)
      let code = function.regions.filter { $0.kind == 0 }
      summary.regions.raise(to: Tally(found: code.count, hit: code.count { $0.count > 0 }))
      let outcomes = function.branches.flatMap { [$0.trueCount, $0.falseCount] }
      summary.branches.raise(to: Tally(found: outcomes.count, hit: outcomes.count { $0 > 0 }))
      let conditions = function.mcdc.flatMap(\.conditions)
      summary.mcdc.raise(to: Tally(found: conditions.count, hit: conditions.count { $0 }))
    }
    return summary
  }
}

extension Tally {
  mutating func raise(to other: Tally) {
    found = max(found, other.found)
    hit = max(hit, other.hit)
  }
}
