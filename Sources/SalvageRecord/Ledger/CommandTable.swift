/// Programs with their arguments, each text once: thousands of lives run one program, and of a long command line
/// mostly one word is its own.
struct CommandTable: Sendable {
  var texts = TextTable()
  /// Of each command in turn, LEB128: the program, how many arguments it had, how many are known, and those.
  private var bytes: [UInt8] = []
  private var starts: [UInt32] = []
  private var index = PlaceIndex()
  private let hashing = SeededHash()

  /// What stands for a command that nobody knows.
  static let none: UInt32 = 0

  var count: Int { starts.count }

  /// The number of a command: the same for the same one. `none` where there are more than a table takes.
  mutating func insert(program: UInt32, arguments: some Collection<UInt32>, count: Int) -> UInt32 {
    guard bytes.count < Int(UInt32.max), starts.count < Int(UInt32.max) - 1 else {
      return Self.none
    }
    var new: [UInt8] = []
    Self.append(UInt64(program), to: &new)
    Self.append(UInt64(count), to: &new)
    Self.append(UInt64(arguments.count), to: &new)
    for argument in arguments { Self.append(UInt64(argument), to: &new) }
    let hash = hashing.hash(new)
    let known = index.find(hash) { place in
      bytes[Self.range(place, starts, bytes.count)].elementsEqual(new)
    }
    if let known { return UInt32(known) + 1 }
    starts.append(UInt32(bytes.count))
    bytes += new
    let (all, places, hashing) = (bytes, starts, hashing)
    index.insert(hash, count: starts.count) {
      hashing.hash(all[Self.range($0, places, all.count)])
    }
    return UInt32(starts.count)
  }

  mutating func insert(_ record: ProgramRecord) -> UInt32 {
    let program = texts.insert(record.path)
    let arguments = record.arguments.map { texts.insert($0) }
    return insert(program: program, arguments: arguments, count: record.argumentCount)
  }

  /// The numbers of a command's texts.
  func command(_ number: UInt32) -> (program: UInt32, arguments: [UInt32], count: Int)? {
    guard number != Self.none, Int(number) <= starts.count else { return nil }
    var at = Int(starts[Int(number) - 1])
    let program = next(&at)
    let count = next(&at)
    let arguments = (0..<next(&at)).map { _ in UInt32(next(&at)) }
    return (UInt32(program), arguments, Int(count))
  }

  func program(_ number: UInt32) -> String { command(number).map { texts[$0.program] } ?? "" }

  fileprivate static func range(_ place: Int, _ starts: [UInt32], _ end: Int) -> Range<Int> {
    Int(starts[place])..<(place + 1 < starts.count ? Int(starts[place + 1]) : end)
  }

  private func next(_ at: inout Int) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = bytes[at]
      at += 1
      result |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return result }
      shift += 7
    }
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// Texts, each once, by numbers.
struct TextTable: Sendable {
  private var bytes: [UInt8] = []
  private var starts: [UInt32] = []
  private var index = PlaceIndex()
  private let hashing = SeededHash()
  /// Number 0.
  static let empty: UInt32 = 0

  /// The number of a text. Where there is no room for more, that of the empty one.
  mutating func insert(_ text: String) -> UInt32 {
    var text = text
    return text.withUTF8 { insert($0) }
  }

  private mutating func insert(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
    guard !text.isEmpty, bytes.count + text.count <= Int(UInt32.max) else { return Self.empty }
    let hash = hashing.hash(text)
    if let place = find(text, hash) { return UInt32(place) + 1 }
    starts.append(UInt32(bytes.count))
    bytes.append(contentsOf: text)
    let (all, places, hashing) = (bytes, starts, hashing)
    index.insert(hash, count: starts.count) {
      hashing.hash(all[CommandTable.range($0, places, all.count)])
    }
    return UInt32(starts.count)
  }

  /// The number of a text that is there.
  func number(of text: String) -> UInt32? {
    var text = text
    return text.withUTF8 { text in
      text.isEmpty ? Self.empty : find(text, hashing.hash(text)).map { UInt32($0) + 1 }
    }
  }

  private func find(_ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int? {
    index.find(hash) { place in bytes[range(place)].elementsEqual(text) }
  }

  var count: Int { starts.count + 1 }

  subscript(number: UInt32) -> String {
    number == Self.empty ? "" : String(decoding: bytes[range(Int(number) - 1)], as: UTF8.self)
  }

  private func range(_ place: Int) -> Range<Int> {
    CommandTable.range(place, starts, bytes.count)
  }
}
