/// Finds the index of an element by a key that is a hash already (MD5): no second hash is made of it.
struct HashIndex {
  private var slots: [UInt32]
  private let mask: Int

  /// Room for so many elements.
  init(capacity: Int) {
    var size = 16
    while size < capacity &* 2 { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
    mask = size - 1
  }

  /// The index that was put in for a key; nil where there is none. `isEqual` compares with an index.
  @inline(__always)
  func find(_ key: UInt64, _ isEqual: (Int) -> Bool) -> Int? {
    var at = Int(truncatingIfNeeded: key) & mask
    while slots[at] != 0 {
      let index = Int(slots[at]) - 1
      if isEqual(index) { return index }
      at = (at &+ 1) & mask
    }
    return nil
  }

  /// Puts in an index; the caller never puts in more than there is room for.
  mutating func insert(_ key: UInt64, _ index: Int) {
    var at = Int(truncatingIfNeeded: key) & mask
    while slots[at] != 0 { at = (at &+ 1) & mask }
    slots[at] = UInt32(truncatingIfNeeded: index &+ 1)
  }
}
