/// The lines of one file, or of one instance of a template, while they are counted.
struct GcovLineTable {
  struct Line {
    var number: UInt32
    /// The counts of all its blocks: what a line has that no block ends on.
    var sum: Int64 = 0
    /// How often it was entered, and its cycles: what a line has on which blocks end.
    var entered: Int64 = 0
    var hasEnds = false
    var hasUnexecutedBlock = false
    /// The blocks of the present function that end on it: a chain.
    var firstEnd: Int32 = -1
    var lastEnd: Int32 = -1
    /// The ways out of all blocks that end on it: a chain.
    var firstOutcome: Int32 = -1
    var lastOutcome: Int32 = -1

    var count: Int64 { hasEnds ? entered : sum }
  }

  var lines: [Line] = []
  /// By number, from `base` on.
  private var places: [Int32] = []
  private var base: UInt32 = 0
  /// Numbers far above all others: a file of a few bytes can name line 4,000,000,000.
  private var distant: [UInt32: Int32] = [:]

  mutating func clear(from base: UInt32) {
    lines.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    distant.removeAll()
    self.base = base
  }

  /// - Parameter room: how many places all tables of a unit may still add.
  @inline(__always)
  mutating func place(of number: UInt32, room: inout Int) -> Int {
    let offset = Int(number) - Int(base)
    if offset >= 0, offset < places.count {
      let place = places[offset]
      if place >= 0 { return Int(place) }
      places[offset] = Int32(lines.count)
      lines.append(Line(number: number))
      return lines.count - 1
    }
    return newPlace(of: number, offset, &room)
  }

  private mutating func newPlace(of number: UInt32, _ offset: Int, _ room: inout Int) -> Int {
    let more = offset + 64 - places.count
    if offset >= 0, more <= room {
      room -= more
      places.append(contentsOf: repeatElement(-1, count: more))
      places[offset] = Int32(lines.count)
    } else if let place = distant[number] {
      return Int(place)
    } else {
      distant[number] = Int32(lines.count)
    }
    lines.append(Line(number: number))
    return lines.count - 1
  }
}
