import SalvageSystem

/// Reads TOML 1.0 without dates and without arrays of tables, which no setting has. Everything else that
/// the specification forbids is an error with its place.
struct TOMLReader {
  private var scanner: TOMLScanner
  private var root = TOMLTable()
  /// Of the last header.
  private var path: [String] = []

  /// - Throws: the first fault.
  static func read(_ bytes: [UInt8]) throws(TOMLError) -> TOMLTable {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TOMLError(place: place(ofInvalid: bytes), message: "this is not UTF-8")
    }
    var reader = TOMLReader(scanner: TOMLScanner(text))
    try reader.readDocument()
    return reader.root
  }

  private init(scanner: TOMLScanner) { self.scanner = scanner }

  private static func place(ofInvalid bytes: [UInt8]) -> TOMLPlace {
    var line = 1
    for part in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      if String(validating: part, as: UTF8.self) == nil { break }
      line += 1
    }
    return TOMLPlace(line: line, column: 1)
  }

  private mutating func readDocument() throws(TOMLError) {
    while true {
      try scanner.skipBlank()
      guard let sign = scanner.peek else { return }
      if sign == "[" {
        try readHeader()
      } else {
        try readPair(below: path)
      }
      try scanner.endLine()
    }
  }

  private mutating func readHeader() throws(TOMLError) {
    let place = scanner.place
    scanner.advance()
    if scanner.peek == "[" { throw scanner.error("arrays of tables have no use here") }
    path = try readKey().map(\.name)
    try scanner.expect("]")
    try Self.open(path[...], in: &root, at: place)
  }

  private typealias Part = (name: String, place: TOMLPlace)

  private mutating func readKey() throws(TOMLError) -> [Part] {
    var parts: [Part] = []
    repeat {
      if !parts.isEmpty { scanner.advance() }
      scanner.skipSpaces()
      let place = scanner.place
      parts.append((try scanner.readKeyPart(), place))
      scanner.skipSpaces()
    } while scanner.peek == "."
    return parts
  }

  private mutating func readPair(below path: [String]) throws(TOMLError) {
    let key = try readKey()
    try scanner.expect("=")
    scanner.skipSpaces()
    let value = try readValue(depth: 0)
    try Self.set(value, key[...], below: path[...], in: &root)
  }

  /// A fixed depth: the reader goes down by recursion.
  private static let deepest = 32

  private mutating func readValue(depth: Int) throws(TOMLError) -> TOMLValue {
    let place = scanner.place
    guard depth < Self.deepest else { throw scanner.error("too many brackets within brackets") }
    switch scanner.peek {
    case "\"", "'":
      return TOMLValue(content: .string(try scanner.readString()), place: place)
    case "[":
      return TOMLValue(content: .array(try readArray(depth: depth)), place: place)
    case "{":
      return TOMLValue(content: .table(try readInlineTable(depth: depth)), place: place)
    default:
      return TOMLValue(content: try scanner.readWord(), place: place)
    }
  }

  private mutating func readArray(depth: Int) throws(TOMLError) -> [TOMLValue] {
    var values: [TOMLValue] = []
    scanner.advance()
    while true {
      try scanner.skipBlank()
      if scanner.skip("]") { return values }
      values.append(try readValue(depth: depth + 1))
      try scanner.skipBlank()
      if scanner.skip(",") { continue }
      guard scanner.skip("]") else { throw scanner.error("`,` or `]` is expected here") }
      return values
    }
  }

  private mutating func readInlineTable(depth: Int) throws(TOMLError) -> TOMLTable {
    var table = TOMLTable()
    scanner.advance()
    scanner.skipSpaces()
    if scanner.skip("}") {
      table.isClosed = true
      return table
    }
    while true {
      let key = try readKey()
      try scanner.expect("=")
      scanner.skipSpaces()
      let value = try readValue(depth: depth + 1)
      try Self.set(value, key[...], below: [], in: &table)
      scanner.skipSpaces()
      if scanner.skip(",") {
        scanner.skipSpaces()
        continue
      }
      try scanner.expect("}")
      table.isClosed = true
      return table
    }
  }

  // MARK: The tree

  /// Makes the table of a header.
  private static func open(
    _ path: ArraySlice<String>, in table: inout TOMLTable, at place: TOMLPlace
  ) throws(TOMLError) {
    guard let first = path.first else { return }
    guard let index = table.entries.firstIndex(where: { $0.key == first }) else {
      var inner = TOMLTable()
      inner.isDefined = path.count == 1
      try open(path.dropFirst(), in: &inner, at: place)
      table.entries.append(
        .init(key: first, place: place, value: TOMLValue(content: .table(inner), place: place)))
      return
    }
    guard case .table(var inner) = table.entries[index].value.content, !inner.isClosed,
      path.count > 1 || !inner.isDefined
    else {
      throw TOMLError(
        place: place,
        message: "\(first) is there already, in line \(table.entries[index].place.line)")
    }
    if path.count == 1 { inner.isDefined = true }
    try open(path.dropFirst(), in: &inner, at: place)
    table.entries[index].value.content = .table(inner)
  }

  private static func set(
    _ value: TOMLValue, _ key: ArraySlice<Part>, below path: ArraySlice<String>,
    in table: inout TOMLTable
  ) throws(TOMLError) {
    if let first = path.first {
      guard let index = table.entries.firstIndex(where: { $0.key == first }),
        case .table(var inner) = table.entries[index].value.content
      else { return }
      try set(value, key, below: path.dropFirst(), in: &inner)
      table.entries[index].value.content = .table(inner)
      return
    }
    guard let (name, place) = key.first else { return }
    let index = table.entries.firstIndex { $0.key == name }
    if key.count == 1 {
      if let index {
        throw TOMLError(
          place: place,
          message: "\(name) is there already, in line \(table.entries[index].place.line)")
      }
      table.entries.append(.init(key: name, place: place, value: value))
      return
    }
    var inner = TOMLTable()
    if let index {
      guard case .table(let old) = table.entries[index].value.content, !old.isClosed,
        !old.isDefined || old.isDotted
      else {
        throw TOMLError(
          place: place,
          message: "\(name) is there already, in line \(table.entries[index].place.line)")
      }
      inner = old
    }
    inner.isDefined = true
    inner.isDotted = true
    try set(value, key.dropFirst(), below: [], in: &inner)
    let content = TOMLValue(content: .table(inner), place: place)
    if let index {
      table.entries[index].value.content = .table(inner)
    } else {
      table.entries.append(.init(key: name, place: place, value: content))
    }
  }
}
