/// A value of a TOML document, and where it stands.
struct TOMLValue: Sendable, Hashable {
  enum Content: Sendable, Hashable {
    case string(String)
    case integer(Int)
    /// As it is written, for it goes on as text: `79.5`.
    case float(String)
    case boolean(Bool)
    case array([TOMLValue])
    case table(TOMLTable)
  }

  var content: Content
  var place: TOMLPlace
}

/// Keys in the order in which they were written.
struct TOMLTable: Sendable, Hashable {
  struct Entry: Sendable, Hashable {
    var key: String
    /// That of the key.
    var place: TOMLPlace
    var value: TOMLValue
  }

  var entries: [Entry] = []
  /// Written as `{ … }`: nothing may be added to it.
  var isClosed = false
  /// It had a header `[…]` of its own, or keys with dots made it: no second header.
  var isDefined = false
  /// Keys with dots made it: more of them may add to it.
  var isDotted = false

  subscript(key: String) -> TOMLValue? { entries.first { $0.key == key }?.value }
}

/// From 1; columns are characters.
struct TOMLPlace: Sendable, Hashable {
  var line: Int
  var column: Int
}

/// What is wrong with a document.
struct TOMLError: Error, Hashable {
  var place: TOMLPlace
  var message: String
}
