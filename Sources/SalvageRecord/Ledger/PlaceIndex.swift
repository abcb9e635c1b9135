/// Finds the places of things in an array by their hashes, in 6 to 11 bytes for each. It keeps no hash: whoever has
/// the array answers for it.
struct PlaceIndex: Sendable {
  private var slots: [UInt32] = []  // place + 1; 0: free
  private var used = 0

  /// The place of what has that hash and is the one.
  func find(_ hash: UInt64, _ isIt: (Int) -> Bool) -> Int? {
    guard !slots.isEmpty else { return nil }
    let mask = slots.count - 1
    var at = Int(truncatingIfNeeded: hash) & mask
    while slots[at] != 0 {
      let place = Int(slots[at]) - 1
      if isIt(place) { return place }
      at = (at + 1) & mask
    }
    return nil
  }

  /// Notes the last of `count` things.
  mutating func insert(_ hash: UInt64, count: Int, _ hashOf: (Int) -> UInt64) {
    if 3 * (used + 1) > 2 * slots.count {
      var larger = [UInt32](repeating: 0, count: max(16, 2 * slots.count))
      for slot in slots where slot != 0 { Self.put(slot, hashOf(Int(slot) - 1), in: &larger) }
      slots = larger
    }
    Self.put(UInt32(count), hash, in: &slots)
    used += 1
  }

  private static func put(_ slot: UInt32, _ hash: UInt64, in slots: inout [UInt32]) {
    let mask = slots.count - 1
    var at = Int(truncatingIfNeeded: hash) & mask
    while slots[at] != 0 { at = (at + 1) & mask }
    slots[at] = slot
  }
}

/// What is looked for comes from files that anyone may have written: nobody knows what collides.
struct SeededHash: Sendable {
  private let seed = UInt64.random(in: 1 ... .max)

  func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var result = seed
    for byte in bytes { result = (result ^ UInt64(byte)) &* 0x9e37_79b9_7f4a_7c15 }
    return mixed(result)
  }

  func hash(_ word: UInt64) -> UInt64 { mixed((word ^ seed) &* 0x9e37_79b9_7f4a_7c15) }

  private func mixed(_ value: UInt64) -> UInt64 {
    let folded = (value ^ value >> 32 ^ seed) &* 0xd6e8_feb8_6659_fd93
    return folded ^ folded >> 32
  }
}
