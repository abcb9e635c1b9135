import Testing

@testable import SalvageCoverage

/// Python that was never run: which lines and functions it has. `Tests/Python/differential` compares whole packages.
struct PythonOutlineTests {
  @Test func statementsAndFunctions() {
    let source = #"""
      """A module."""
      import os, \
          sys
      X = [
          1,
      ]

      @os.fspath
      @sys.exit
      def f(a,
            b=1):
          '''What it does.'''
          global X
          try:
              if a: return 1
              while b:
                  b = 0
              else:
                  b = 2
              return 3
              print("never")
          except OSError:
              ...
          except:
              pass
          finally:
              pass

      class C(object):
          "text"
          y: int = 2
          async def g(self):
              z: int
              return lambda: self
              print("never")

          def h(self):  # pragma: no cover
              return 1

      if __name__ == "__main__":
          f(1)

      """#
    let file = PythonOutline.file("/a.py", Array(source.utf8), minor: 12)
    #expect(
      file.lines.map(\.number) == [
        2, 4, 8, 9, 10, 14, 15, 16, 17, 19, 20, 22, 24, 25, 27, 29, 31, 32, 34, 40, 41,
      ])
    #expect(file.lines.allSatisfy { $0.count == 0 })
    #expect(file.functions.map(\.name) == ["f", "C.g"])
    #expect(file.functions.map(\.line) == [8, 32])
  }

  @Test(arguments: ["", "# a comment\n", "\"\"\"Only text.\"\"\"\n", "'a' \\\n 'b' # text\n"])
  func whatHasNoCodeHasNoLines(_ source: String) {
    #expect(PythonOutline.file("/a.py", Array(source.utf8), minor: 12).lines.isEmpty)
  }

  @Test func nestedFunctionsAreQualified() {
    let source = """
      class A:
          class B:
              def m(self):
                  def inner(): pass
                  class L:
                      def n(self): pass
      def last(): return 1
      """
    let file = PythonOutline.file("/a.py", Array(source.utf8), minor: 12)
    #expect(
      file.functions.map(\.name) == [
        "A.B.m", "A.B.m.<locals>.inner", "A.B.m.<locals>.L.n", "last",
      ])
  }
}
