import Testing

@testable import SalvageCoverage

/// What coverage.py's parser says of the same texts (7.17, `coverage.parser.PythonParser`).
@Suite struct PythonExclusionsTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var text: String
    var excluded: [Int]
    var minor = 12
    /// Lines that there is code for; needed where a case is excluded.
    var code: Set<Int> = []
  }

  static let cases = [
    Case(description: "nothing", text: "a = 1\nb = 2  # no pragma\n", excluded: []),
    Case(description: "a line", text: "a = 1\nb = 2  # pragma: no cover\nc = 3\n", excluded: [2]),
    Case(
      description: "spellings",
      text: "a = 1  #pragma no cover\nb = 1  # PRAGMA: NO COVER\nc = 1  # pragma:no  cover x\n"
        + "d = 1  # Pragma: no cover\ne = 1  # x # pragma: no cover\n", excluded: [1, 2, 3, 5]),
    Case(
      description: "a clause, not its else",
      text: "if a:  # pragma: no cover\n    b()\n\n    c()\nelse:\n    d()\n",
      excluded: [1, 2, 4]),
    Case(
      description: "an else",
      text: "if a:\n    b()\nelse:  # pragma: no cover\n    d()\ne()\n", excluded: [3, 4]),
    Case(
      description: "a function with decorators",
      text: "@one\n@two\ndef f(\n    a,\n):  # pragma: no cover\n    return 1\nb()\n",
      excluded: [1, 2, 3, 4, 5, 6]),
    Case(
      description: "a decorator",
      text: "@one  # pragma: no cover\ndef f(a):\n    return 1\nb()\n", excluded: [1, 2, 3]),
    Case(
      description: "a class with a comment at the left",
      text:
        "class C:  # pragma: no cover\n    a = 1\n# left\n    def f(self):\n        pass\nb()\n",
      excluded: [1, 2, 4, 5]),
    Case(
      description: "a long statement",
      text: "a = [\n    1,\n    f(),  # pragma: no cover\n]\nb = 1\n", excluded: [1, 2, 3, 4]),
    Case(
      description: "strings with everything in them",
      text: "a = '''\n:(\n'''\nif b:  # pragma: no cover\n    c = \"#\\\":\"\n    d = '('\ne()\n",
      excluded: [4, 5, 6]),
    Case(
      description: "continued lines",
      text: "if a and \\\n        b:  # pragma: no cover\n    c()\nd()\n", excluded: [1, 2, 3]),
    Case(
      description: "an ellipsis",
      text: "class P:\n    def f(self): ...\n    def g(self, a: int) -> int: ...  # x\n"
        + "    def h(self):\n        ...\n    a = x[...]\n", excluded: [2, 3, 4, 5]),
    Case(
      description: "type checking",
      text: "if TYPE_CHECKING:\n    import a\nif typing.TYPE_CHECKING:\n    import b\nimport c\n",
      excluded: [1, 2, 3, 4]),
    Case(
      description: "no newline at the end", text: "if a: # pragma: no cover\n  b", excluded: [1, 2]),
    Case(
      description: "strings in the braces of a string",
      text:
        "if a:  # pragma: no cover\n    b()\nprint(f\"{w[\"don't\"]}\")\nif c:  # pragma: no cover\n"
        + "    d()\ne()\n", excluded: [1, 2, 4, 5]),
    Case(
      description: "the same signs before 3.12",
      text: "print(f\"{w['a(']}\")\nif c:  # pragma: no cover\n    d()\ne()\n", excluded: [2, 3],
      minor: 11),
    Case(
      description: "braces, formats, lines and comments in strings",
      text:
        "a = f'{b:{c}}}}' f'{{' rf'\\{d!r:>{e[\"'\"]}}' f'\\N{LEFT CURLY BRACKET}'\nf = f'{  # (\n"
        + "    g(\n        1)}'  # pragma: no cover\nh = f'''\n{i\n}''' if'('else')'\n"
        + "if j:  # pragma: no cover\n    k()\n", excluded: [2, 3, 4, 8, 9]),
    Case(
      description: "line ends of every kind",
      text: "if a:  # pragma: no cover\r    b()\r\nif c:  # pragma: no cover\r\r\n    d()\ne()\r",
      excluded: [1, 2, 3, 5]),
    Case(
      description: "a form feed, and a joined line at the end of one",
      text: "\u{c}if a:  # pragma: no cover\n    b(); \\\r\n    c()\n\u{c}\nd()\n",
      excluded: [1, 2, 3]),
    Case(
      description: "a byte order mark",
      text: "\u{feff}if a:  # pragma: no cover\n    b()\nc()\n", excluded: [1, 2]),
    Case(
      description: "a comment behind a decorator",
      text: "@one\n# pragma: no cover\ndef f():\n    return 1\nb()\n", excluded: [1, 3, 4]),
    Case(
      description: "the case that matches all",
      text: "match a:\n    case 1:\n        b()  # pragma: no cover\n    case (2 | _ as x):\n"
        + "        c()  # pragma: no cover\nd()\n", excluded: [3, 4, 5], code: [1, 2, 3, 4, 5, 6]),
    Case(description: "no Python", text: "'\n(((: # pragma: no cover\n\"\"\"", excluded: [2, 3]),
  ]

  @Test(arguments: cases)
  func lines(_ item: Case) {
    #expect(Self.excluded(Array(item.text.utf8), item) == item.excluded)
  }

  private static func excluded(_ source: [UInt8], _ item: Case) -> [Int] {
    PythonExclusions(PythonText(source).bytes, minor: item.minor, code: item.code).lines.sorted()
  }

  /// The second byte of a character of two may be a backslash, a brace or a letter.
  @Test(
    arguments: [
      ("cp932", [0x83, 0x5c]), ("shift_jis", [0x94, 0x5c]), ("gbk", [0xd5, 0x7b]),
      ("big5", [0xa5, 0x5c]), ("cp949", [0x81, 0x61]), ("latin-1", [0xe9]), ("no such", [0xe9]),
    ] as [(String, [UInt8])])
  func encodings(_ name: String, _ character: [UInt8]) {
    let item = Case(description: name, text: "", excluded: [3, 4])
    let text =
      Array("# coding: \(name)\na = '".utf8) + character
      + Array("'\nif a:  # pragma: no cover\n    b()\nc()\n".utf8)
    #expect(Self.excluded(text, item) == item.excluded)
  }

  /// Whatever the bytes are, there is an end.
  @Test func anyBytes() {
    var state: UInt64 = 88_172_645_463_325_252
    for _ in 0..<300 {
      let text = (0..<200).map { _ -> UInt8 in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Array("'\"\\\n#:()[]{}@ \tab".utf8).randomElement(by: state)
      }
      let all = Array("# pragma: no cover\n".utf8) + text
      #expect(
        PythonExclusions(PythonText(all).bytes, minor: 12, code: []).lines.allSatisfy {
          $0 >= 1 && $0 <= 202
        })
    }
  }
}

extension [UInt8] {
  fileprivate func randomElement(by state: UInt64) -> UInt8 { self[Int(state >> 33) % count] }
}
