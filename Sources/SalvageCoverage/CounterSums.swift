import SalvageRecord

extension ObjectCounters {
  /// One value for each identity and source, in the order of the first ones: the counters of several
  /// contexts or users added up.
  static func joined(_ counters: [ObjectCounters]) -> [ObjectCounters] {
    struct Key: Hashable {
      var identity: UInt64
      var source: Source
    }
    var result: [ObjectCounters] = []
    var places: [Key: Int] = [:]
    for one in counters {
      let key = Key(identity: one.identity, source: one.source)
      guard let place = places[key], result[place].add(one) else {
        places[key] = result.count
        result.append(one)
        continue
      }
    }
    return result
  }

  /// False where the regions are not the same: then nothing was added.
  private mutating func add(_ other: ObjectCounters) -> Bool {
    func shape(_ counters: ObjectCounters) -> [[UInt64]] {
      counters.regions.map { [$0.address, UInt64($0.kind.rawValue), UInt64($0.bytes.count)] }
    }
    guard source == other.source, shape(self) == shape(other) else { return false }
    for index in regions.indices { regions[index].add(other.regions[index].bytes) }
    if !other.history.isEmpty { addHistory(other.history) }
    historyLacks = historyLacks || other.historyLacks
    lives += other.lives
    keptObject = keptObject ?? other.keptObject
    origin = origin ?? other.origin
    return true
  }
}

extension Region {
  /// Adds another image of the same region by its kind's rule.
  fileprivate mutating func add(_ other: [UInt8]) {
    switch kind {
    case .and8:
      for index in bytes.indices { bytes[index] &= other[index] }
    case .or8, .wrap8, .flag32:
      for index in bytes.indices { bytes[index] |= other[index] }
    case .lists32:
      bytes.withUnsafeMutableBytes { mine in
        other.withUnsafeBytes { CounterLists.add($0, to: mine) }
      }
    case .add64:
      bytes.withUnsafeMutableBytes { mine in
        other.withUnsafeBytes { theirs in
          for at in stride(from: 0, to: mine.count - mine.count % 8, by: 8) {
            let left = UInt64(littleEndian: mine.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let right = UInt64(
              littleEndian: theirs.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let sum = left.saturatingSum(right)
            mine.storeBytes(of: sum.littleEndian, toByteOffset: at, as: UInt64.self)
          }
        }
      }
    }
  }
}

extension UInt64 {
  func saturatingSum(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
