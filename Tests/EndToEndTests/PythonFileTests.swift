import Foundation
import SalvageRecord
import SystemPackage
import Testing

/// Which file a line is of: generated code, links, names that no report can hold, more than there is room for.
@Suite struct PythonFileTests {
  static let pythons = PythonOptionTests.pythons

  private func write(_ text: String, _ name: String, in recorded: Recorded) throws -> FilePath {
    let path = recorded.directory.appending(name)
    try FileManager.default.createDirectory(
      atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path.string))
    return path
  }

  private func names(_ recorded: Recorded) async throws -> [String] {
    try await recorded.lines().files.keys.compactMap { FilePath($0).lastComponent?.string }.sorted()
  }

  private func losses(_ recorded: Recorded) throws -> [LossReason] {
    try RecordingReader(recorded.recording).contents().losses.map(\.reason)
  }

  /// As template engines, notebooks and Cython make code; a script without an ending is Python.
  @Test(arguments: pythons)
  func generatedCodeIsNoSource(_ python: Python) async throws {
    let recorded = try Recorded("generated\(python.name)")
    _ = try write("<p>{{ a }}</p>\n{% for x in b %}\n{% endfor %}\n", "page.html", in: recorded)
    _ = try write("cdef int f():\n    return 1\n", "fast.pyx", in: recorded)
    _ = try write("@str\ndef f():\n    return 1\n\n\nx = f\n", "script", in: recorded)
    let main = try write(
      """
      import os
      here = os.path.dirname(os.path.abspath(__file__))
      def run(text, name):
          space = {}
          exec(compile(text, os.path.join(here, name), "exec"), space)
          return space
      run("\\n\\ndef root(context):\\n    yield 1\\n", "page.html")["root"](0)
      run("def f():\\n    return 1\\n", "fast.pyx")["f"]()
      run("x = 1\\ny = 2\\n", "ipykernel_1/2.py")
      run("x = 1\\n", "<string>")
      run(open(os.path.join(here, "script")).read(), "script")
      """, "main.py", in: recorded)
    let run = try await recorded.run([python.program.string, "-B", main.string])
    #expect(run.status == .exit(0) && run.errors.contains("nothing lost"), "\(run.errors)")
    #expect(try await names(recorded) == ["main.py", "script"])
    let report = try await recorded.salvage(["report", recorded.recording.string])
    #expect(
      report.errors.contains("fast.pyx and 1 more Python files: no Python source"),
      "\(report.errors)")
  }

  @Test(arguments: pythons)
  func aLinkedDirectoryIsTheSame(_ python: Python) async throws {
    let recorded = try Recorded("linked\(python.name)")
    let module = try write(
      "def a():\n    return 1\n\n\ndef b():\n    return 2\n", "real/m.py", in: recorded)
    try FileManager.default.createSymbolicLink(
      atPath: recorded.directory.appending("link").string, withDestinationPath: "real")
    let main = try write(
      "import sys\nsys.path.insert(0, sys.argv[1])\nimport m\ngetattr(m, sys.argv[2])()\n",
      "main.py",
      in: recorded)
    let both = "\"$0\" -B \"$1\" real a; \"$0\" -B \"$1\" link b"
    let run = try await recorded.run(["sh", "-c", both, python.program.string, main.string])
    #expect(run.status == .exit(0), "\(run.errors)")
    let files = try await recorded.lines().files
    #expect(files.keys.sorted() == [main.string, module.string])
    #expect(files[module.string]?.values.allSatisfy { $0 > 0 } == true)
  }

  /// The same for the header of a C program, in the model of all sources.
  @Test func aLinkedHeaderIsTheSame() async throws {
    if skips("a header behind a link", without: ["clang"]) { return }
    let recorded = try Recorded("linked-header")
    let one = "static inline int one(int x) {\n  return x + 1;\n}\n"
    let two = "static inline int two(int x) {\n  return x + 2;\n}\n"
    let header = try write(one + two, "real/h.h", in: recorded)
    try FileManager.default.createSymbolicLink(
      atPath: recorded.directory.appending("link").string, withDestinationPath: "real")
    _ = try write(
      "#include \"real/h.h\"\nint other(void);\nint main(void) { return one(1) - 2 + other(); }\n",
      "a.c",
      in: recorded)
    _ = try write(
      "#include \"link/h.h\"\nint other(void) { return two(0) - 2; }\n", "b.c", in: recorded)
    try await Tools.run(
      ["clang", "-fprofile-instr-generate", "-fcoverage-mapping", "a.c", "b.c", "-o", "ab"],
      in: recorded.directory)
    let run = try await recorded.run([recorded.directory.appending("ab").string])
    #expect(run.status == .exit(0), "\(run.errors)")
    let files = try await recorded.lines().files
    #expect(files.keys.filter { $0.hasSuffix("h.h") } == [header.string])
    #expect(files[header.string]?.values.allSatisfy { $0 > 0 } == true, "\(files)")
  }

  @Test(arguments: pythons)
  func namesThatNoReportHolds(_ python: Python) async throws {
    let texts = [
      "deep = os.getcwd() + ('/' + 'd' * 100) * 12\n"
        + "exec(compile('x = 1', deep + '/mod.py', 'exec'))\n",
      "name = os.fsdecode(b'b\\xe9d.py')\nopen(name, 'w').write('x = 1')\n"
        + "exec(compile('x = 1', os.path.abspath(name), 'exec'))\n",
    ]
    for (number, text) in texts.enumerated() {
      let recorded = try Recorded("names\(python.name)-\(number)")
      let main = try write("import os\n" + text, "main.py", in: recorded)
      let run = try await recorded.run([python.program.string, "-B", main.string])
      #expect(run.status == .exit(0), "\(run.errors)")
      #expect(try losses(recorded) == [.pythonName], "\(number)")
      #expect(try await names(recorded) == ["main.py"])
    }
  }

  @Test func moreThanThereIsRoomFor() async throws {
    guard let python = Python.all.last else { return }
    let recorded = try Recorded("python-full")
    let main = try write(
      """
      import sys
      for i in range(16500):
          exec(compile("def f%d(): pass" % i, __file__, "exec"))
      """, "main.py", in: recorded)
    let run = try await recorded.run([python.program.string, "-B", main.string])
    #expect(run.status == .exit(0), "\(run.errors)")
    #expect(try losses(recorded) == [.pythonFull])
  }

  @Test func aSourceThatIsNotThere() async throws {
    let recorded = try Recorded("python-source")
    _ = try write("", "package/a.py", in: recorded)
    for (source, near) in [("./pakage", "; did you mean ./package?"), ("/nonexistent/x", "")] {
      let run = try await recorded.run(["true"], options: ["--python-source", source])
      #expect(run.status == .exit(125) || run.status == .exit(1), "\(run)")
      let message = "--python-source \(source): there is no such directory or file\(near)\n"
      #expect(run.errors.hasSuffix(message), "\(run.errors)")
    }
  }
}
