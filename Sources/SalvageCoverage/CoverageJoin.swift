extension Coverage {
  /// Adds the coverage of another object.
  ///
  /// A file that only one of them has stays as it is. In a file that both have, the counts of a line
  /// add up, functions add up by name, branches by line, decision and outcome; its totals are then
  /// counted from its records. All sums saturate.
  public mutating func add(_ other: Coverage) {
    guard !other.files.isEmpty || !other.functions.isEmpty else { return }
    content = files.isEmpty ? other.content : content.intersection(other.content)
    dialect = Self.newer(dialect, other.dialect)
    addFunctions(other.functions)
    let joined = addFiles(other.files)
    recountRegions(of: joined)
  }

  /// Joins the coverage of several objects, in their order.
  ///
  /// By halves: one after the other, every part would move all that was joined before it.
  public static func joined(_ parts: some RandomAccessCollection<Coverage>) -> Coverage {
    guard parts.count > 1 else { return parts.first ?? Coverage() }
    let middle = parts.index(parts.startIndex, offsetBy: parts.count / 2)
    var sum = joined(parts[..<middle])
    sum.add(joined(parts[middle...]))
    return sum
  }

  /// Versions are compared as text: they are three single digits.
  private static func newer(_ left: LLVMDialect?, _ right: LLVMDialect?) -> LLVMDialect? {
    guard let left, let right else { return left ?? right }
    return LLVMDialect(
      version: max(left.version, right.version), hasMCDC: left.hasMCDC || right.hasMCDC)
  }

  /// Answers the paths that both had.
  private mutating func addFiles(_ others: [SourceFile]) -> Set<String> {
    var joined: Set<String> = []
    var result: [SourceFile] = []
    result.reserveCapacity(files.count + others.count)
    var mine = files[...]
    var theirs = others[...]
    while let left = mine.first, let right = theirs.first {
      if left.path == right.path {
        var sum = left
        sum.add(right)
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

extension SourceFile {
  /// Adds what another object says about the same file.
  mutating func add(_ other: SourceFile) {
    lines = Self.joined(lines, other.lines, by: \.number) { $0.count.saturate(adding: $1.count) }
    addFunctions(other.functions)
    branches = Self.joined(branches, other.branches, by: \.key) { mine, theirs in
      mine.reached = mine.reached || theirs.reached
      mine.count.saturate(adding: theirs.count)
    }
    reported = nil
    if var sum = regions, let more = other.regions {
      sum.add(more)
      regions = sum
    } else {
      regions = regions ?? other.regions
    }
  }

  private mutating func addFunctions(_ others: [Function]) {
    var places: [Substring: [Int]] = [:]
    for index in functions.indices { places[functions[index].name[...], default: []].append(index) }
    func take(_ name: Substring) -> Int? {
      guard var free = places[name], !free.isEmpty else { return nil }
      defer { places[name] = free }
      return free.removeFirst()
    }
    var locals: [Function.Place: [Int]]?
    for other in others {
      if let place = take(other.name[...]) {
        functions[place].count.saturate(adding: other.count)
        continue
      }
      if locals == nil { locals = Dictionary(grouping: functions.indices) { functions[$0].place } }
      // clang writes `a.c:f` for gcc's static `f`; two of clang's with that end are two functions.
      let namesake = locals?[other.place]?.first {
        (functions[$0].bareName == functions[$0].name[...]) != (other.bareName == other.name[...])
      }
      if let namesake {
        functions[namesake].count.saturate(adding: other.count)
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

extension Branch {
  /// What names an outcome in a file; the number of the outcome alone orders a line.
  var key: UInt64 { UInt64(line) << 32 | UInt64(outcome) }
}

extension UInt64 {
  mutating func saturate(adding other: UInt64) {
    self = saturatingSum(other)
  }
}
