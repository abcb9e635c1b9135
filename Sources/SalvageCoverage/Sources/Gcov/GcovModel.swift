extension SourceFile {
  /// gcov's records of a file. As lcov does, all outcomes on a line are numbered together, also those of
  /// exceptions, and the instances of a template add up.
  init(_ file: GcovUnit.File) {
    self.init(path: file.path)
    functions = file.functions.map {
      Function(
        name: $0.name, line: $0.line, count: DerivedCount.signed($0.count), column: $0.column)
    }
    lines.reserveCapacity(file.lines.count)
    branches.reserveCapacity(file.outcomes.count)
    for line in file.lines {
      lines.append(Line(number: line.number, count: DerivedCount.signed(line.count)))
      let reached = line.count > 0 || !line.hasUnexecutedBlock
      var number: UInt32 = 0
      for outcome in file.outcomes[line.outcomes] where !outcome.isCall {
        branches.append(
          Branch(
            line: line.number, decision: 0, outcome: number, reached: reached,
            count: DerivedCount.signed(outcome.count)))
        number += 1
      }
    }
    decisions = file.decisions.sorted { $0.line < $1.line }.map(Decision.init)
    fold()
  }
}

extension Decision {
  /// gcc tells no column.
  fileprivate init(_ decision: GcovUnit.Decision) {
    self.init(
      line: decision.line, column: 0,
      conditions: (0..<decision.terms).map {
        Condition(
          whenTrue: decision.truths >> $0 & 1 != 0, whenFalse: decision.falsities >> $0 & 1 != 0)
      })
  }
}

extension SourceFile {
  /// Brings lines and branches in order, and adds up what has one place: gcov lists each instantiation of
  /// a function for itself.
  mutating func fold() {
    lines = Self.folded(
      lines, by: { UInt64($0.number) }, add: { $0.count.saturate(adding: $1.count) })
    branches = Self.folded(
      branches, by: \.place,
      add: { mine, theirs in
        mine.reached = mine.reached || theirs.reached
        mine.count.saturate(adding: theirs.count)
      })
  }

  private static func folded<Element>(
    _ list: [Element], by key: (Element) -> UInt64, add: (inout Element, Element) -> Void
  ) -> [Element] {
    let isAscending = zip(list, list.dropFirst()).allSatisfy { key($0) < key($1) }
    if isAscending { return list }
    var result: [Element] = []
    for element in list.sorted(by: { key($0) < key($1) }) {
      if let last = result.indices.last, key(result[last]) == key(element) {
        add(&result[last], element)
      } else {
        result.append(element)
      }
    }
    return result
  }
}

extension Branch {
  fileprivate var place: UInt64 { UInt64(line) << 32 | UInt64(outcome) }
}
