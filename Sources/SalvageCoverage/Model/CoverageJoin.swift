extension Coverage {
  /// Adds the coverage of another object.
  ///
  /// A file that only one of them has stays as it is. In a file that both have, the counts of a line
  /// add up, functions add up as `match` says, branches by line, decision and outcome. All sums saturate.
  package mutating func add(_ other: Coverage, functions match: FunctionMatch = .place) {
    guard !other.files.isEmpty || !other.functions.isEmpty else { return }
    content = files.isEmpty ? other.content : content.intersection(other.content)
    dialect = Self.newer(dialect, other.dialect)
    addFunctions(other.functions)
    let joined = addFiles(other.files, match)
    recountRegions(of: joined)
  }

  /// Joins the coverage of several objects, in their order.
  ///
  /// By halves: one after the other, every part would move all that was joined before it.
  package static func joined(
    _ parts: some RandomAccessCollection<Coverage>, functions match: FunctionMatch = .place
  ) -> Coverage {
    guard parts.count > 1 else { return parts.first ?? Coverage() }
    let middle = parts.index(parts.startIndex, offsetBy: parts.count / 2)
    var sum = joined(parts[..<middle], functions: match)
    sum.add(joined(parts[middle...], functions: match), functions: match)
    return sum
  }

  /// Versions are compared as text: they are three single digits.
  private static func newer(_ left: LLVMDialect?, _ right: LLVMDialect?) -> LLVMDialect? {
    guard let left, let right else { return left ?? right }
    return LLVMDialect(
      version: max(left.version, right.version), hasMCDC: left.hasMCDC || right.hasMCDC)
  }

  /// Answers the paths that both had.
  private mutating func addFiles(_ others: [SourceFile], _ match: FunctionMatch) -> Set<String> {
    var joined: Set<String> = []
    var result: [SourceFile] = []
    result.reserveCapacity(files.count + others.count)
    var mine = files[...]
    var theirs = others[...]
    while let left = mine.first, let right = theirs.first {
      if left.path == right.path {
        var sum = left
        sum.add(right, match)
        joined.insert(sum.path)
        result.append(sum)
        mine.removeFirst()
        theirs.removeFirst()
      } else if left.path.utf8.lexicographicallyPrecedes(right.path.utf8) {
        result.append(mine.removeFirst())
      } else {
        result.append(theirs.removeFirst())
      }
    }
    files = result + mine + theirs
    return joined
  }

  /// Several instantiations of one function share a name, so what must agree is all but the counts.
  private mutating func addFunctions(_ others: [FunctionRegions]) {
    guard !functions.isEmpty else {
      functions = others
      return
    }
    var places: [FunctionRegions: [Int]] = [:]
    for index in functions.indices {
      places[functions[index].shape, default: []].append(index)
    }
    for other in others {
      // Of several of one shape each is used once, in order.
      if var free = places[other.shape], !free.isEmpty {
        functions[free.removeFirst()].add(other)
        places[other.shape] = free
      } else {
        functions.append(other)
      }
    }
  }
}

/// Which functions of two objects are the same one.
package enum FunctionMatch: Sendable, Hashable {
  /// Those of one name that begin on one line: a name may have another definition in another object.
  case place
  /// Those of one name: compilers do not agree on the line.
  case name
}

extension SourceFile {
  /// Adds what another object says about the same file.
  mutating func add(_ other: SourceFile, _ match: FunctionMatch = .place) {
    objects = FileObjects.joined(self, other)
    lines = Self.joined(lines, other.lines, by: \.number) { $0.count.saturate(adding: $1.count) }
    addFunctions(other.functions, match)
    branches = Self.joined(branches, other.branches, by: \.key) { mine, theirs in
      mine.reached = mine.reached || theirs.reached
      mine.count.saturate(adding: theirs.count)
    }
    decisions = Self.joined(decisions, other.decisions, by: \.place) { $0.add($1) }
    reported = reported != nil && other.reported != nil ? Function.totals(functions) : nil
    if var sum = regions, let more = other.regions {
      sum.add(more)
      regions = sum
    } else {
      regions = regions ?? other.regions
    }
  }

  private mutating func addFunctions(_ others: [Function], _ match: FunctionMatch) {
    var places: [Substring: [Int]] = [:]
    for index in functions.indices { places[functions[index].name[...], default: []].append(index) }
    // Of several that fit each is used once, in order.
    func take(_ other: Function) -> Int? {
      let free = places[other.name[...]] ?? []
      let same = free.firstIndex {
        functions[$0].line == other.line && functions[$0].column == other.column
      }
      let near = same ?? free.firstIndex { functions[$0].line == other.line }
      guard let at = near ?? (match == .name ? free.indices.first : nil) else { return nil }
      places[other.name[...]]?.remove(at: at)
      return free[at]
    }
    var locals: [Function.Place: [Int]]?
    for other in others {
      if let place = take(other) {
        functions[place].add(other)
        continue
      }
      if locals == nil { locals = Dictionary(grouping: functions.indices) { functions[$0].place } }
      // clang writes `a.c:f` for gcc's static `f`; two of clang's with that end are two functions.
      let namesake = locals?[other.place]?.first {
        (functions[$0].bareName == functions[$0].name[...]) != (other.bareName == other.name[...])
      }
      if let namesake {
        functions[namesake].add(other)
      } else {
        functions.append(other)
      }
    }
  }

  /// Merges two lists that ascend by a key.
  static func joined<Element, Key: Comparable>(
    _ left: [Element], _ right: [Element], by key: (Element) -> Key,
    add: (inout Element, Element) -> Void
  ) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(max(left.count, right.count))
    var (i, j) = (0, 0)
    while i < left.count && j < right.count {
      let (a, b) = (key(left[i]), key(right[j]))
      if a == b {
        var sum = left[i]
        add(&sum, right[j])
        result.append(sum)
        i += 1
        j += 1
      } else if a < b {
        result.append(left[i])
        i += 1
      } else {
        result.append(right[j])
        j += 1
      }
    }
    return result + left[i...] + right[j...]
  }
}

extension Function {
  fileprivate mutating func add(_ other: Function) {
    count.saturate(adding: other.count)
    if column == 0 { column = other.column }
    if var mine = tallies, let theirs = other.tallies {
      // Both may have run the same lines: never more than is true.
      mine.lines.raise(to: theirs.lines)
      mine.branches.raise(to: theirs.branches)
      tallies = mine
    } else {
      tallies = nil
    }
  }

  /// Functions by source place. Where the column is not known, each is one.
  static func places(_ functions: [Function]) -> Tally {
    var tally = Tally()
    var entered: [UInt64: Bool] = [:]
    for function in functions {
      if function.column == 0 {
        tally += Tally(found: 1, hit: function.count > 0 ? 1 : 0)
      } else {
        let place = UInt64(function.line) << 32 | UInt64(function.column)
        entered[place] = entered[place] ?? false || function.count > 0
      }
    }
    tally += Tally(found: entered.count, hit: entered.values.count { $0 })
    return tally
  }

  /// Totals by llvm-cov's rule; nil where a function does not tell what is in it.
  static func totals(_ functions: [Function]) -> Totals? {
    guard !functions.isEmpty else { return nil }
    var summaries: [FunctionSummary] = []
    for function in functions {
      guard let tallies = function.tallies else { return nil }
      summaries.append(
        FunctionSummary(
          start: UInt64(function.line) << 32 | UInt64(function.column), count: function.count,
          lines: tallies.lines, branches: tallies.branches))
    }
    return Totals(RegionSummary(summaries))
  }

  /// Where it begins, and its name without the file that clang puts before that of a static function.
  fileprivate struct Place: Hashable {
    var line: UInt32
    var name: Substring
  }

  fileprivate var bareName: Substring {
    name.utf8.lastIndex(of: UInt8(ascii: ":")).map { name[$0...].dropFirst() } ?? name[...]
  }

  fileprivate var place: Place { Place(line: line, name: bareName) }
}

extension Decision {
  var place: UInt64 { UInt64(line) << 32 | UInt64(column) }

  /// Two compilers may have found different numbers of conditions: those of one alone stay.
  mutating func add(_ other: Decision) {
    for index in 0..<min(conditions.count, other.conditions.count) {
      let more = other.conditions[index]
      conditions[index].whenTrue = conditions[index].whenTrue || more.whenTrue
      conditions[index].whenFalse = conditions[index].whenFalse || more.whenFalse
    }
  }
}

extension Branch {
  /// What names an outcome in a file; the number of the outcome alone orders a line.
  var key: UInt64 { UInt64(line) << 32 | UInt64(outcome) }
}

extension UInt64 {
  mutating func saturate(adding other: UInt64) {
    self = saturatingSum(other)
  }
}
