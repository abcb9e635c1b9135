package import SystemPackage

/// Whether several inputs have something in common. Sums are not what sets are: what is in two of them would
/// count twice.
package struct Containment: Sendable {
  /// One recording or archive.
  package struct Input: Sendable {
    package var path: FilePath
    package var recordings: [Contained]
    /// Decides between two that hold the same.
    package var rank: UInt64

    package init(path: FilePath, recordings: [Contained], rank: UInt64) {
      self.path = path
      self.recordings = recordings
      self.rank = rank
    }
  }

  /// Numbers of the inputs to be added.
  package private(set) var kept: [Int] = []
  /// Inputs all of which another one has.
  package private(set) var left: [(input: Int, within: Int)] = []

  /// - Parameter lives: the ids of the lives of a recording in an input, ascending; asked only where two have one recording.
  package init(
    _ inputs: [Input], lives: (Int, Contained) throws(RecordError) -> [UInt64]
  ) throws(RecordError) {
    var holders: [RecordingID: [Int]] = [:]
    for (number, input) in inputs.enumerated() {
      for one in input.recordings { holders[one.id, default: []].append(number) }
    }
    // The order of the inputs decides nothing, nor does that of a table of hashes.
    let shared = holders.values.filter { $0.count > 1 }
      .sorted { $0.lexicographicallyPrecedes($1) }
    var within: [Int: Int] = [:]
    for (left, right) in Self.pairs(shared) where within[left] == nil && within[right] == nil {
      guard let inner = try Self.inner(left, right, inputs, lives) else { continue }
      within[inner] = inner == left ? right : left
    }
    // Two that overlap may both be in a third.
    for (left, right) in Self.pairs(shared) where within[left] == nil && within[right] == nil {
      throw Self.overlap(inputs[left], inputs[right])
    }
    kept = inputs.indices.filter { within[$0] == nil }
    left = within.sorted { $0.key < $1.key }.map { ($0.key, Self.end($0.value, within)) }
  }

  private static func pairs(
    _ groups: [[Int]]
  ) -> some Sequence<(left: Int, right: Int)> {
    groups.lazy.flatMap { numbers in
      numbers.indices.lazy.flatMap { place in
        numbers[(place + 1)...].lazy.map { (left: numbers[place], right: $0) }
      }
    }
  }

  /// What holds an input may be held by another one.
  private static func end(_ number: Int, _ within: [Int: Int]) -> Int {
    var at = number
    for _ in within { at = within[at] ?? at }
    return at
  }

  /// Which of two is in the other; nil where neither is.
  private static func inner(
    _ left: Int, _ right: Int, _ inputs: [Input],
    _ lives: (Int, Contained) throws(RecordError) -> [UInt64]
  ) throws(RecordError) -> Int? {
    let leftHolds = try holds(left, right, inputs, lives)
    let rightHolds = try holds(right, left, inputs, lives)
    switch (leftHolds, rightHolds) {
    case (true, true):
      return (inputs[left].rank, right) >= (inputs[right].rank, left) ? right : left
    case (true, false): return right
    case (false, true): return left
    case (false, false): return nil
    }
  }

  /// All of `inner` is in `outer`, which may have got further.
  private static func holds(
    _ outer: Int, _ inner: Int, _ inputs: [Input],
    _ lives: (Int, Contained) throws(RecordError) -> [UInt64]
  ) throws(RecordError) -> Bool {
    for one in inputs[inner].recordings {
      guard let same = inputs[outer].recordings.first(where: { $0.id == one.id }),
        same.progress.reaches(one.progress)
      else { return false }
      // Copies that were both recorded into share their beginning alone.
      guard isSubset(try lives(inner, one), of: try lives(outer, same)) else { return false }
    }
    return true
  }

  /// Of two sorted lists.
  private static func isSubset(_ inner: [UInt64], of outer: [UInt64]) -> Bool {
    var at = 0
    for id in inner {
      while at < outer.count, outer[at] < id { at += 1 }
      guard at < outer.count, outer[at] == id else { return false }
    }
    return true
  }

  private static func overlap(_ left: Input, _ right: Input) -> RecordError {
    let ids = Set(left.recordings.map(\.id))
    let shared = right.recordings.filter { ids.contains($0.id) }
    let more = shared.count > 1 ? " and \(shared.count - 1) more" : ""
    return RecordError(
      left.path,
      .overlap(with: right.path, recording: (shared.first?.text ?? "") + more))
  }
}
