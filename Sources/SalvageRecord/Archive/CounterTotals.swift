import SalvageSystem
import SystemPackage

/// The counters of several recordings, added up: for each object and context those of all. In whatever order they
/// come, the sum is the same.
package struct CounterTotals {
  /// Objects of one key are one. Two whose regions or code differ have one identity by a mistake or by
  /// intent, and stay two.
  struct Key: Hashable, Comparable {
    var isPython: Bool
    var context: UInt32
    /// Of Python.
    var path: String
    var identity: UInt64
    var source: UInt32
    var shape: UInt64

    init(_ object: ObjectCounters) {
      isPython = object.source == .python
      context = object.context
      path = isPython ? object.origin?.name ?? "" : ""
      identity = object.identity
      source = object.source.rawValue
      shape = object.shape
    }

    /// As a recording's files are read: by names of files, then by source; Python by path.
    static func < (left: Key, right: Key) -> Bool {
      if left.isPython != right.isPython { return right.isPython }
      if left.isPython {
        return (left.context, left.path, left.identity, left.shape)
          < (right.context, right.path, right.identity, right.shape)
      }
      return (left.identity, left.context, left.source, left.shape)
        < (right.identity, right.context, right.source, right.shape)
    }
  }

  private(set) var objects: [ObjectCounters] = []
  private var places: [Key: Int] = [:]

  package init() {}

  /// The sums in their order.
  package var sorted: [ObjectCounters] {
    places.sorted { $0.key < $1.key }.map { objects[$0.value] }
  }

  package mutating func add(_ other: ObjectCounters) {
    let key = Key(other)
    guard let place = places[key] else {
      places[key] = objects.count
      return objects.append(other)
    }
    for index in objects[place].regions.indices {
      let kind = objects[place].regions[index].kind
      other.regions[index].bytes.withUnsafeBytes { image in
        objects[place].regions[index].bytes.withUnsafeMutableBytes {
          Summing.add(image, to: $0, kind: kind)
        }
      }
    }
    if !other.history.isEmpty { objects[place].addHistory(other.history) }
    noteOnly(other, at: place)
  }

  /// Where the counters of an object are added; `neutral` has its regions without any count.
  mutating func place(of neutral: ObjectCounters) -> Int {
    let key = Key(neutral)
    if let place = places[key] {
      noteOnly(neutral, at: place)
      return place
    }
    places[key] = objects.count
    objects.append(neutral)
    return objects.count - 1
  }

  mutating func update<Failure: Error>(
    _ place: Int, _ body: (inout ObjectCounters) throws(Failure) -> Void
  ) throws(Failure) {
    try body(&objects[place])
  }

  private mutating func noteOnly(_ other: ObjectCounters, at place: Int) {
    objects[place].lives += other.lives
    objects[place].met = min(objects[place].met, other.met)
    objects[place].historyLacks = objects[place].historyLacks || other.historyLacks
    objects[place].candidates = Set(objects[place].candidates + other.candidates).sorted {
      $0.string < $1.string
    }
  }
}

extension ObjectCounters {
  /// Of what must be equal for two to be added.
  fileprivate var shape: UInt64 {
    var hash: UInt64 = 7
    func mix(_ values: [UInt64]) {
      for value in values { hash = contentHash(seed: hash, bytes(of: value.littleEndian)[...]) }
    }
    for region in regions {
      mix([region.address, UInt64(region.kind.rawValue), UInt64(region.bytes.count)])
    }
    guard let python else { return hash }
    mix([UInt64(python.minor), python.source])
    for function in python.functions {
      hash = contentHash(seed: hash, Array(function.name.utf8)[...])
      mix([UInt64(function.line)])
    }
    mix(python.branches.map(UInt64.init))
    return hash
  }

  /// What was counted, in one number that grows while its processes run.
  package var counted: UInt64 {
    var sum: UInt64 = 0
    func add(_ value: UInt64) {
      let (total, over) = sum.addingReportingOverflow(value)
      sum = over ? .max : total
    }
    for region in regions {
      region.bytes.withUnsafeBytes { bytes in
        switch region.kind {
        case .add64:
          for at in stride(from: 0, to: bytes.count - 7, by: 8) {
            add(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
          }
        case .lists32:
          for at in stride(from: 0, to: bytes.count - 3, by: 4) {
            add(UInt64(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
          }
        case .and8: add(UInt64(bytes.reduce(0) { $0 + ($1 == 0xff ? 0 : 1) }))
        case .or8, .flag32: add(bytes.reduce(0 as UInt64) { $0 + UInt64($1) })
        case .wrap8: add(UInt64(bytes.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }))
        }
      }
    }
    return sum
  }
}
