/// Adding images of counters, at memory speed. Both sides have the same number of bytes.
enum Summing {
  /// Adds two ranges of counters as their kind wants it.
  static func add(
    _ image: UnsafeRawBufferPointer, to sum: UnsafeMutableRawBufferPointer,
    kind: Region.Kind
  ) {
    switch kind {
    case .add64: add64(image, to: sum)
    case .and8: and8(image, to: sum)
    case .or8, .wrap8, .flag32: or8(image, to: sum)
    case .lists32: CounterLists.add(image, to: sum)
    }
  }

  /// What a sum starts with: the neutral value of its kind.
  static func neutral(_ kind: Region.Kind) -> UInt8 {
    kind == .and8 ? 0xff : 0
  }

  /// Saturating addition of little-endian 64-bit counters.
  ///
  /// Written so that the compiler uses vectors: a block is added modulo 2^64 while the carries are
  /// collected by bit operations (SSE2 has no unsigned 64-bit comparison); only a block in which a
  /// counter overflowed is done again, one by one.
  private static func add64(
    _ image: UnsafeRawBufferPointer, to sum: UnsafeMutableRawBufferPointer
  ) {
    let total = min(image.count, sum.count) / 8
    let block = 256
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: block) { before in
      var done = 0
      while done < total {
        let count = min(block, total - done)
        let from = image.baseAddress! + done * 8
        let to = sum.baseAddress! + done * 8
        var carries: UInt64 = 0
        for i in 0..<count {
          let a = to.loadUnaligned(fromByteOffset: i &* 8, as: UInt64.self)
          let b = from.loadUnaligned(fromByteOffset: i &* 8, as: UInt64.self)
          let s = a &+ b
          carries |= (a & b) | ((a | b) & ~s)
          before[i] = a
          to.storeBytes(of: s, toByteOffset: i &* 8, as: UInt64.self)
        }
        if carries >> 63 != 0 {
          for i in 0..<count {
            let b = from.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self)
            let (s, over) = before[i].addingReportingOverflow(b)
            to.storeBytes(of: over ? .max : s, toByteOffset: i * 8, as: UInt64.self)
          }
        }
        done += count
      }
    }
  }

  private static func and8(
    _ image: UnsafeRawBufferPointer, to sum: UnsafeMutableRawBufferPointer
  ) {
    for i in 0..<min(image.count, sum.count) { sum[i] &= image[i] }
  }

  private static func or8(
    _ image: UnsafeRawBufferPointer, to sum: UnsafeMutableRawBufferPointer
  ) {
    for i in 0..<min(image.count, sum.count) { sum[i] |= image[i] }
  }
}
