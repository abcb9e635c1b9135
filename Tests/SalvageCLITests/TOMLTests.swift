import FoundationEssentials
import Subprocess
import Testing

@testable import SalvageCLI

/// The reader of the configuration's language, and Python's own as a second opinion.
struct TOMLTests {
  @Test func valuesAndPlaces() throws {
    let table = try TOMLReader.read(
      Array(
        """
        # a comment
        fail-under = 79.5   # another
        "quoted key" = 'as \\it is'
        list = [ 1, "two",
          true, # behind
        ]

        [run]
        report = \"""
        a
          b\\
              c"\"""
        a.b = 0x1F

        """.utf8))
    #expect(table.entries.map(\.key) == ["fail-under", "quoted key", "list", "run"])
    #expect(table.entries.map(\.place.line) == [2, 3, 4, 8])
    #expect(table["fail-under"]?.content == .float("79.5"))
    #expect(table["fail-under"]?.place == TOMLPlace(line: 2, column: 14))
    #expect(table["quoted key"]?.content == .string("as \\it is"))
    guard case .array(let list) = table["list"]?.content,
      case .table(let run) = table["run"]?.content
    else {
      Issue.record("no list, or no table")
      return
    }
    #expect(list.map(\.content) == [.integer(1), .string("two"), .boolean(true)])
    #expect(run["report"]?.content == .string("a\n  bc\""))
    #expect(run.entries.map(\.place.line) == [9, 13])
  }

  @Test(arguments: [
    ("a = b", 1, 5, "b: text stands in quotes, \"b\""),
    ("a = 1\nb = \"x", 2, 5, "this string does not end"),
    ("a = 1\n\na = 2", 3, 1, "a is there already, in line 1"),
    ("[run]\n[run]", 2, 1, "run is there already, in line 1"),
    ("a = [1 2]", 1, 8, "`,` or `]` is expected here"),
    ("a = 1 b = 2", 1, 7, "the line should end here"),
    ("= 1", 1, 1, "a key is expected here"),
    ("a 1", 1, 3, "`=` is expected here"),
    ("[[run]]", 1, 2, "arrays of tables have no use here"),
    ("a = \"\\q\"", 1, 6, "\\q is no escape; '…' takes a backslash as it is"),
    ("a = ", 1, 5, "a value is expected here"),
  ])
  func faultsHaveTheirPlace(_ text: String, line: Int, column: Int, message: String) {
    #expect(throws: TOMLError(place: TOMLPlace(line: line, column: column), message: message)) {
      try TOMLReader.read(Array(text.utf8))
    }
  }

  @Test func bytesThatAreNoTextAreNamed() {
    #expect(throws: TOMLError(place: TOMLPlace(line: 2, column: 1), message: "this is not UTF-8")) {
      try TOMLReader.read(Array("a = 1\nb = \"".utf8) + [0xff, 0x22])
    }
  }

  @Test func aByteOrderMarkIsNoText() throws {
    #expect(try TOMLReader.read(Array("\u{feff}a = 1".utf8)).entries.map(\.key) == ["a"])
  }

  @Test func deepBracketsEnd() {
    let text = "a = " + String(repeating: "[", count: 100_000)
    #expect(throws: TOMLError.self) { try TOMLReader.read(Array(text.utf8)) }
  }

  /// Pieces that are put together in all ways: what `tomllib` takes, and what it makes of it. Dates and
  /// arrays of tables, which we refuse, are not among them.
  @Test func tomllibSaysTheSame() async throws {
    let documents = Self.documents()
    let program = """
      import json, sys, tomllib
      def plain(v):
          if isinstance(v, dict): return {"t": {k: plain(x) for k, x in v.items()}}
          if isinstance(v, list): return {"a": [plain(x) for x in v]}
          if isinstance(v, bool): return {"b": v}
          if isinstance(v, float): return {"f": repr(v)}
          return {"s" if isinstance(v, str) else "i": v}
      out = []
      for text in json.load(sys.stdin):
          try: out.append(plain(tomllib.loads(text)))
          except tomllib.TOMLDecodeError: out.append(None)
      json.dump(out, sys.stdout)
      """
    let input = String(decoding: try JSONEncoder().encode(documents), as: UTF8.self)
    let result = try await Subprocess.run(
      .name("python3"), arguments: ["-c", program], input: .string(input),
      output: .string(limit: 1 << 26), error: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else {
      print("skipped: no python3 with tomllib: \(result.standardError)")
      return
    }
    let theirs = try JSONDecoder().decode([Plain?].self, from: Data(result.standardOutput.utf8))
    var accepted = 0
    for (text, expected) in zip(documents, theirs) {
      let table = try? TOMLReader.read(Array(text.utf8))
      #expect(table.map { Plain($0) } == expected, "\(text.debugDescription)")
      if table != nil { accepted += 1 }
    }
    // Neither all nor none.
    #expect(accepted > documents.count / 10 && accepted < documents.count)
  }

  private static func documents() -> [String] {
    let lines = [
      "a = 1", "a.b = 2", "a.c = 'x'", "a = {b = 1, c = [2]}", "[a]", "[a.b]", "b = 3", "[ a . c ]",
      "\"a\" = true", "[a.b.c]",
    ]
    var result: [String] = []
    for one in lines {
      for two in lines {
        result += lines.map { [one, two, $0].joined(separator: "\n") }
      }
    }
    let values = [
      "1", "+1", "-0", "01", "1_000", "1__0", "_1", "1_", "0x1f", "0xG", "0x_1", "0o17", "0b101",
      "0b2",
      "1.5", "1.", ".5", "1e5", "1E-2", "1.5e+3", "1.e3", "01.5", "inf", "-inf", "+nan", "true",
      "True",
      "\"\"", "''", "\"a\\tb\"", "\"\\u00e9\"", "\"\\ud800\"", "\"\\U0001F600\"", "\"\\u12\"",
      "'a\\b'",
      "\"a\nb\"", "\"\"\"a\nb\"\"\"", "\"\"\"\na\"\"\"", "'''\na''b'''", "\"\"\"a\"\"\"\"",
      "\"\"\"a\"\"\"\"\"",
      "\"\"\"a\"\"\"\"\"\"", "\"\"\"a\\\n   b\"\"\"", "\"\"\"a\\ \n\n  b\"\"\"",
      "\"\"\"a\\ b\"\"\"", "'''a'''",
      "[]", "[1,]", "[,]", "[1,,2]", "[1\n,2\n]", "[ # c\n]", "[[1],['a']]", "{}", "{a=1}",
      "{a=1,}",
      "{a.b=1,a.c=2}", "{a=1,a=2}", "{a={b=1}, c=2}", "{a=1\n}", "\u{7f}", "\"\u{1}\"", "# only",
      "é", "\"é\"",
      "1 # c", "1 #\u{1}", "9223372036854775807", "1\r", "\"\"\"a\r\nb\"\"\"", "'''a\rb'''",
    ]
    result += values.map { "k = \($0)\nz = 0\n" }
    result += values.map { "k = \($0)\r\n[t]\r\n" }
    result += [
      "é = 1", "a-b_c1 = 2", "'é' = 1", "'''a''' = 1", "\t[a]\t# c", "[a", "[]",
      "[a]b",
    ]
    return result
  }
}

/// A value as both sides can be compared.
private indirect enum Plain: Decodable, Equatable {
  case table([String: Plain])
  case array([Plain])
  case text(String)
  case flag(Bool)
  case number(Int)
  case float(Double)

  init(_ table: TOMLTable) {
    self = .table(
      Dictionary(uniqueKeysWithValues: table.entries.map { ($0.key, Plain($0.value)) }))
  }

  private init(_ value: TOMLValue) {
    switch value.content {
    case .string(let text): self = .text(text)
    case .integer(let number): self = .number(number)
    case .float(let text): self = .float(Double(text) ?? 0)
    case .boolean(let flag): self = .flag(flag)
    case .array(let values): self = .array(values.map { Plain($0) })
    case .table(let table): self = Plain(table)
    }
  }

  private enum Key: String, CodingKey { case t, a, s, b, i, f }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    switch container.allKeys.first {
    case .t: self = .table(try container.decode([String: Plain].self, forKey: .t))
    case .a: self = .array(try container.decode([Plain].self, forKey: .a))
    case .s: self = .text(try container.decode(String.self, forKey: .s))
    case .b: self = .flag(try container.decode(Bool.self, forKey: .b))
    case .i: self = .number(try container.decode(Int.self, forKey: .i))
    default: self = .float(Double(try container.decode(String.self, forKey: .f)) ?? 0)
    }
  }

  static func == (left: Plain, right: Plain) -> Bool {
    switch (left, right) {
    case (.table(let one), .table(let other)): one == other
    case (.array(let one), .array(let other)): one == other
    case (.text(let one), .text(let other)): one == other
    case (.flag(let one), .flag(let other)): one == other
    case (.number(let one), .number(let other)): one == other
    case (.float(let one), .float(let other)): one == other || one.isNaN && other.isNaN
    default: false
    }
  }
}
