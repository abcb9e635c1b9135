import CSalvageABI
import SalvageSystem
package import SystemPackage

/// The sums of one counter file, `struct slv_counters_header` and its slots.
package struct CounterSums: Sendable {
  package var layout: CounterLayout
  /// One for each part of the layout.
  package var sums: [[UInt8]]
  /// Lives that began in the slots by a fork, by its place (``ForkSnapshots``); empty: not noted.
  package var births: [UInt64] = []
  /// Lives that counted in the slots that were read.
  package var lives: Int
  /// Slots that the file ends before; their counts are not in the sums.
  package var missingSlots: Int
  /// Bytes of the file.
  package var size: Int
}

/// Reads a counter file while processes may still count and fold in it.
package struct CounterFile {
  /// A fold between two looks at the commit word makes a sum worthless; it is taken again so often.
  private static let attempts = 20
  /// Bytes read at a time: they stay in the second-level cache until they are added.
  private static let portion = 128 << 10

  /// Checks the header and that the slots in use lie within the file, without reading the counters.
  package static func check(_ path: FilePath) throws(RecordError) {
    let file = try RecordFile(path)
    let layout = try CounterLayout(file)
    let page = try file.bytes(0..<4096)
    let last = slots(layout, page: page).max() ?? 0
    // A slot has its blocks before its attach word is set: the size comes after the words.
    let size = file.currentSize
    guard last == 0 || layout.end(ofSlot: last) <= size else {
      throw RecordError(path, .truncated(size))
    }
  }

  /// Slots whose counts are valid, by the commit word and the attach words in the first page.
  private static func slots(_ layout: CounterLayout, page: [UInt8]) -> [Int] {
    let fold = page.fold ?? 0
    let folded = Int((fold >> 1) & 0x7fff) - 1
    let foldedWord = UInt32(truncatingIfNeeded: fold >> 16)
    var result: [Int] = fold & accumulatorsPresent != 0 ? [Int(fold & 1)] : []
    for number in Int(SLV_SLOT_FIRST)..<max(layout.slots, Int(SLV_SLOT_FIRST)) {
      let word = page.attachWord(number)
      if word == 0 || word & SLV_ATTACH_EMPTY.rawValue != 0 { continue }
      if number == folded && word == foldedWord { continue }
      result.append(number)
    }
    return result
  }

  /// Adds up all slots of the file at `path`.
  package static func sums(_ path: FilePath) throws(RecordError) -> CounterSums {
    var claims = Claims()
    return try sums(path, &claims)
  }

  /// Of many files, whose `claims` are bounded together.
  package static func sums(
    _ path: FilePath, _ claims: inout Claims
  ) throws(RecordError) -> CounterSums {
    let file = try RecordFile(path)
    let layout = try CounterLayout(file)
    // The header claims how large sums are: no room is made for such as can't be there.
    if try file.bytes(0..<4096).isUnused {
      return CounterSums(
        layout: layout, sums: layout.parts.map { _ in [] }, lives: 0, missingSlots: 0,
        size: file.currentSize)
    }
    let size = file.currentSize
    guard layout.end(ofSlot: Int(SLV_SLOT_FIRST)) <= size else {
      throw RecordError(path, .truncated(size))
    }
    try claims.add(layout.parts.reduce(0) { $0 + $1.size }, of: file)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: portion, alignment: 64)
    defer { buffer.deallocate() }
    for _ in 0..<attempts {
      let page = try file.bytes(0..<4096)
      let result = try pass(file, layout, page: page, buffer: buffer)
      if try file.bytes(0..<4096).fold == page.fold { return result }
    }
    throw RecordError(path, .unstable)
  }

  /// One pass over the slots that the commit word and the attach words in `page` call valid.
  private static func pass(
    _ file: borrowing RecordFile, _ layout: CounterLayout, page: [UInt8],
    buffer: UnsafeMutableRawBufferPointer
  ) throws(RecordError) -> CounterSums {
    var result = CounterSums(
      layout: layout,
      sums: layout.parts.map { [UInt8](repeating: Summing.neutral($0.kind), count: $0.size) },
      lives: 0, missingSlots: 0, size: file.currentSize)
    result.lives = (0..<layout.slots).reduce(0) {
      $0 + Int(page.attachWord($1) & SLV_ATTACH_COUNT.rawValue)
    }
    var holes = 0
    for slot in slots(layout, page: page) {
      if try !add(
        slot, of: file, layout, size: result.size, to: &result.sums, buffer: buffer, holes: &holes)
      {
        result.missingSlots += 1
        continue
      }
      result.births.add(try file.births(ofSlot: slot, layout))
    }
    return result
  }

  /// Adds the parts of a slot; false, and nothing added, where the file ends before they do.
  private static func add(
    _ slot: Int, of file: borrowing RecordFile, _ layout: CounterLayout, size: Int,
    to sums: inout [[UInt8]],
    buffer: UnsafeMutableRawBufferPointer, holes: inout Int
  ) throws(RecordError) -> Bool {
    let start = layout.slotsOffset + slot * layout.slotSize
    guard layout.end(ofSlot: slot) <= size else { return false }
    var index = 0
    while index < layout.parts.count {
      let part = layout.parts[index]
      var next = index + 1
      // Small parts that lie together are read together.
      while next < layout.parts.count,
        layout.parts[next].offset + layout.parts[next].size - part.offset <= buffer.count
      { next += 1 }
      if next == index + 1 {
        try add(
          large: part, at: start, of: file, to: &sums[index], buffer: buffer, holes: &holes)
      } else if try !skips(layout.parts[index..<next], at: start, of: file, &holes) {
        let last = layout.parts[next - 1]
        let room = UnsafeMutableRawBufferPointer(
          rebasing: buffer[0..<(last.offset + last.size - part.offset)])
        try fill(room, from: file, at: start + part.offset)
        for number in index..<next {
          let part = layout.parts[number]
          let from = part.offset - layout.parts[index].offset
          sums[number].withUnsafeMutableBytes { sum in
            Summing.add(
              UnsafeRawBufferPointer(rebasing: room[from..<(from + part.size)]), to: sum,
              kind: part.kind)
          }
        }
      }
      index = next
    }
    return true
  }

  /// Zeros that single-byte coverage may have in holes, where they mean that all was executed. Of other
  /// counters they say nothing, and are not read.
  private static let mostHoles = 4 << 30

  /// True if all of these parts is a hole that says nothing.
  private static func skips(
    _ parts: ArraySlice<CounterLayout.Part>, at start: Int, of file: borrowing RecordFile,
    _ holes: inout Int
  ) throws(RecordError) -> Bool {
    guard let first = parts.first, let last = parts.last,
      file.isHole(start + first.offset..<start + last.offset + last.size)
    else { return false }
    guard parts.contains(where: { $0.kind == .and8 }) else { return true }
    holes += last.offset + last.size - first.offset
    guard holes <= mostHoles else {
      throw RecordError(file.path, .malformed("more than \(mostHoles >> 30) GiB of it are holes"))
    }
    return false
  }

  /// Adds one part, a buffer at a time.
  private static func add(
    large part: CounterLayout.Part, at start: Int, of file: borrowing RecordFile,
    to sum: inout [UInt8], buffer: UnsafeMutableRawBufferPointer, holes: inout Int
  ) throws(RecordError) {
    if part.kind == .lists32 {
      try add(lists: part, at: start, of: file, to: &sum)
      return
    }
    var done = 0
    while done < part.size {
      let count = min(buffer.count, part.size - done)
      var piece = part
      (piece.offset, piece.size) = (part.offset + done, count)
      if try skips([piece], at: start, of: file, &holes) {
        // On to the next data, by whole counters.
        let next = file.data(from: start + part.offset + done) ?? Int.max
        done = max(done + count, min(part.size, next - start - part.offset) / 8 * 8)
        continue
      }
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count])
      try fill(room, from: file, at: start + part.offset + done)
      sum.withUnsafeMutableBytes { sum in
        Summing.add(
          UnsafeRawBufferPointer(room),
          to: UnsafeMutableRawBufferPointer(rebasing: sum[done..<(done + count)]),
          kind: part.kind)
      }
      done += count
    }
  }

  /// Adds a part that only makes sense as a whole.
  private static func add(
    lists part: CounterLayout.Part, at start: Int, of file: borrowing RecordFile,
    to sum: inout [UInt8]
  ) throws(RecordError) {
    let image = try file.bytes(start + part.offset..<start + part.offset + part.size)
    guard image.count == part.size else { throw RecordError(file.path, .truncated(file.size)) }
    image.withUnsafeBytes { image in sum.withUnsafeMutableBytes { CounterLists.add(image, to: $0) }
    }
  }

  private static func fill(
    _ room: UnsafeMutableRawBufferPointer, from file: borrowing RecordFile, at offset: Int
  ) throws(RecordError) {
    guard try file.read(into: room, at: offset) == room.count else {
      throw RecordError(file.path, .truncated(file.size))
    }
  }
}

/// `SLV_FOLD_PRESENT`: the file has accumulators.
private let accumulatorsPresent: UInt64 = 1 << 63

extension CounterLayout {
  /// Where the counters of a slot end in the file.
  fileprivate func end(ofSlot slot: Int) -> Int {
    let ends = parts.map { $0.offset + $0.size } + (births == 0 ? [] : [births + Self.birthBytes])
    return slotsOffset + slot * slotSize + (ends.max() ?? 0)
  }
}

extension RecordFile {
  /// The births that a slot notes, for itself and for others, or those of a snapshot; empty where the file
  /// has none.
  borrowing func births(ofSlot slot: Int, _ layout: CounterLayout) throws(RecordError) -> [UInt64] {
    guard layout.births != 0 else { return [] }
    let start = layout.slotsOffset + slot * layout.slotSize + layout.births
    let rows = min(
      Int(SLV_FORK_ROWS), (layout.slotSize - layout.births) / CounterLayout.birthBytes)
    let raw = try bytes(start..<start + rows * CounterLayout.birthBytes)
    return (0..<Int(SLV_FORK_SITES)).map { place in
      (0..<rows).reduce(0) { sum, row in
        sum &+ (raw.structure(UInt64.self, at: row * CounterLayout.birthBytes + 8 * place) ?? 0)
      }
    }
  }
}

extension [UInt64] {
  /// Adds element by element, modulo 2^64.
  mutating func add(_ other: [UInt64]) {
    guard !isEmpty else {
      self = other
      return
    }
    for index in indices where index < other.count { self[index] &+= other[index] }
  }
}

extension [UInt8] {
  /// Nobody was ever given a slot of the file whose first page this is.
  fileprivate var isUnused: Bool {
    dropFirst(Int(SLV_ATTACH_OFFSET) + 4 * Int(SLV_SLOT_FIRST)).allSatisfy { $0 == 0 }
  }

  /// The attach word of a slot in the first page of a counter file.
  fileprivate func attachWord(_ number: Int) -> UInt32 {
    structure(UInt32.self, at: Int(SLV_ATTACH_OFFSET) + 4 * number) ?? 0
  }

  /// The commit word of folding in the first page of a counter file.
  fileprivate var fold: UInt64? {
    structure(slv_counters_header.self, at: 0)?.fold
  }
}
