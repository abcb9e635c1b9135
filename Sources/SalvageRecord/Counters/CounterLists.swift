/// Go's lists of counters (`SLV_REGION_LISTS32`): for each function that ran, how many counters, which package
/// and function, then the counters; zeros between lists.
package enum CounterLists {
  /// Words before the counters of a list.
  package static let head = 3

  /// Adds a whole region to another: heads are equal, or zero where the function did not run; counts saturate.
  package static func add(
    _ image: UnsafeRawBufferPointer, to sum: UnsafeMutableRawBufferPointer
  ) {
    let words = min(image.count, sum.count) / 4
    var index = 0
    while index < words {
      let mine = sum.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      let theirs = image.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      let counters = Int(mine | theirs)
      guard counters != 0 else {
        index += 1
        continue
      }
      for word in index..<min(index + head, words) { sum.combine(image, word) { $0 | $1 } }
      index += head
      for word in index..<max(index, min(index + counters, words)) {
        sum.combine(image, word) { left, right in
          let (result, over) = left.addingReportingOverflow(right)
          return over ? .max : result
        }
      }
      index += counters
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate func combine(
    _ other: UnsafeRawBufferPointer, _ word: Int, _ operation: (UInt32, UInt32) -> UInt32
  ) {
    let result = operation(
      loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self),
      other.loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self))
    storeBytes(of: result, toByteOffset: 4 * word, as: UInt32.self)
  }
}
