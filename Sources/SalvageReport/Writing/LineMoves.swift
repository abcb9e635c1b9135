/// Where the lines of a source went while it was edited, by their text alone.
package struct LineMoves: Sendable, Hashable {
  /// New number of each old line, from 1 on; nil for one that is gone.
  private let places: [UInt32?]
  /// Lines of the new text that no line of the old one became.
  package let added: Set<UInt32>

  /// - Parameter old: a number for the text of each line, the same for the same text.
  package init(from old: [UInt64], to new: [UInt64]) {
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
    var end = 0
    while end < min(old.count, new.count) - start,
      old[old.count - 1 - end] == new[new.count - 1 - end]
    { end += 1 }
    let (oldPart, newPart) = (old[start..<old.count - end], new[start..<new.count - end])
    var places: [UInt32?] = Array(repeating: nil, count: old.count)
    var isTaken = Array(repeating: false, count: new.count)
    func pair(_ from: Int, _ to: Int) {
      places[from] = UInt32(to + 1)
      isTaken[to] = true
    }
    for line in 0..<start { pair(line, line) }
    for line in 0..<end { pair(old.count - 1 - line, new.count - 1 - line) }
    // Its cost grows with the product: what was written anew as a whole has no old lines.
    if oldPart.count * newPart.count <= Self.mostWork {
      let difference = Array(newPart).difference(from: Array(oldPart))
      var gone: Set<Int> = []
      var come: Set<Int> = []
      for change in difference {
        switch change {
        case .remove(let offset, _, _): gone.insert(offset)
        case .insert(let offset, _, _): come.insert(offset)
        }
      }
      let kept = oldPart.indices.filter { !gone.contains($0 - start) }
      let there = newPart.indices.filter { !come.contains($0 - start) }
      for (from, to) in zip(kept, there) { pair(from, to) }
    }
    self.places = places
    added = Set(isTaken.indices.filter { !isTaken[$0] }.map { UInt32($0 + 1) })
  }

  private static let mostWork = 100_000_000

  /// The new number of an old line; nil where it is gone.
  package subscript(line: UInt32) -> UInt32? {
    places.indices.contains(Int(line) - 1) ? places[Int(line) - 1] : nil
  }
}
