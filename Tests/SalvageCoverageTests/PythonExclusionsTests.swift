import Testing

@testable import SalvageCoverage

/// What coverage.py's parser says of the same texts (7.17, `coverage.parser.PythonParser`).
@Suite struct PythonExclusionsTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var text: String
    var excluded: [Int]
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
    Case(description: "no Python", text: "'\n(((: # pragma: no cover\n\"\"\"", excluded: [2, 3]),
  ]

  @Test(arguments: cases)
  func lines(_ item: Case) {
    #expect(PythonExclusions(Array(item.text.utf8)).lines.sorted() == item.excluded)
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
      #expect(PythonExclusions(all).lines.allSatisfy { $0 >= 1 && $0 <= 202 })
    }
  }
}

extension [UInt8] {
  fileprivate func randomElement(by state: UInt64) -> UInt8 { self[Int(state >> 33) % count] }
}
