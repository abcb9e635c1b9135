import Foundation
import SystemPackage
import Testing

/// Names of files that are not text: each source, each name, each format. What a format has a form for is in it;
/// else that file alone is left out of it, and told.
@Suite struct NameTests {
  enum Name: String, CaseIterable {
    case newline, escape, bytes

    /// For bash.
    var word: String {
      switch self {
      case .newline: #"a\nSF:X"#
      case .escape: #"a\x1b[31mb"#
      case .bytes: #"a\xffb"#
      }
    }
    var raw: [UInt8] {
      switch self {
      case .newline: Array("a\nSF:X".utf8)
      case .escape: Array("a\u{1b}[31mb".utf8)
      case .bytes: [0x61, 0xff, 0x62]
      }
    }
    var shown: String { word }
  }

  /// How a format writes each name; nil: it has no form for it.
  private static let forms: [(format: String, forms: [Name: [UInt8]?])] = {
    func text(_ newline: String?, _ escape: String?, _ bytes: String?) -> [Name: [UInt8]?] {
      [
        .newline: newline.map { Array($0.utf8) }, .escape: escape.map { Array($0.utf8) },
        .bytes: bytes.map { Array($0.utf8) },
      ]
    }
    let json = text(#"a\nSF:X"#, #"a\u001b[31mb"#, nil)
    let xml = text("a&#10;SF:X", nil, nil)
    return [
      ("text", text(#"a\nSF:X"#, #"a\x1b[31mb"#, #"a\xffb"#)),
      ("markdown", text(#"a\\nSF:X"#, #"a\\x1b\[31mb"#, #"a\\xffb"#)),
      ("lcov", [.newline: nil, .escape: Name.escape.raw, .bytes: Name.bytes.raw]),
      ("json", json), ("llvm-json", json), ("coveralls", json), ("codecov", json),
      ("cobertura", xml), ("sonarqube", xml), ("jacoco", xml), ("clover", xml),
      ("csv", text("a\nSF:X", "a\u{1b}[31mb", nil)),
      ("github-annotations", text("a%0ASF%3AX", nil, nil)),
    ]
  }()

  /// `other` holds code that does not run, so that annotations name it.
  private static func build(_ kind: BuildTests.Kind, _ name: Name) -> String {
    let sources = """
      N=$'\(name.word)'
      printf 'int f(void) { return 0; }\\nstatic int g(void) { return 1; }\\n' > "$N.c"
      printf 'int h(void) { return 0; }\\nint main(void) { return f() + g() - 1; }\\n' >> "$N.c"
      sed -i '1i int f(void);' "$N.c"; printf 'int other(void) {\\n  return 0;\\n}\\n' > other.c
      """
    guard kind == .python else {
      let compiler = kind.build.components(separatedBy: " a.c")[0]
      return sources + "\n\(compiler) \"$N.c\" other.c -o p; $S run -q -o r -- ./p\n"
    }
    return """
      N=$'\(name.word)'
      printf 'if False:\\n    print(1)\\nelse:\\n    import sys\\n' > "$N.py"; printf 'def other():\\n    return 0\\n' > other.py
      printf 'def never():\\n    return 0\\n' >> "$N.py"
      cat > r.py <<'P'
      import other, os, importlib.util as u
      f = [x for x in os.listdir(".") if x.startswith("a") and x.endswith(".py")][0]
      s = u.spec_from_file_location("m", f)
      s.loader.exec_module(u.module_from_spec(s))
      P
      $S run -q -o r -- python3 r.py

      """
  }

  @Test(arguments: BuildTests.Kind.allCases, Name.allCases)
  func eachFormat(_ kind: BuildTests.Kind, _ name: Name) async throws {
    if skips("names of \(kind)", without: kind.tools) { return }
    let run = try Recorded("names-\(kind)-\(name.rawValue)")
    let prelude = "set -e; S=\(Places.salvage.string)\n"
    let built = try await run.bare(["bash", "-c", prelude + Self.build(kind, name)])
    #expect(built.status == .exit(0), "\(built.errors)")
    let end = kind == .python ? ".py" : ".c"
    // The interpreter's own names are Unicode: the recorder says that it could not take this one.
    let isLost = kind == .python && name == .bytes
    for (format, forms) in Self.forms {
      let out = run.directory.appending("out")
      let report = try await run.bare([
        Places.salvage.string, "report", "r", "-f", format, "-o", out.string,
      ])
      #expect(report.status == .exit(0), "\(format): \(report.errors)")
      let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: out.string)))
      #expect(bytes.contains(Array(("other" + end).utf8)), "\(format)")
      let form = forms[name] ?? nil
      let told = "\(name.shown)\(end): left out of \(format), which has no form for this name"
      #expect(
        report.errors.contains(told) == (form == nil && !isLost), "\(format): \(report.errors)")
      if let form { #expect(bytes.contains(form) != isLost, "\(format)") }
      if form == nil { #expect(!bytes.contains([0xef, 0xbf, 0xbd]), "\(format) repairs a name") }
    }
    if isLost {
      #expect(
        try await run.bare([Places.salvage.string, "ledger", "r"]).output.contains("python-name"))
    }
    let pages = try await run.bare([
      "bash", "-c", "\(Places.salvage.string) report r -f html=h && ls h/files | wc -l",
    ])
    #expect(pages.output == (isLost || kind != .python ? "2\n" : "3\n"), "\(pages.errors)")
  }

  /// Names that differ in such a byte alone are two files, and their sources are found. (llvm-symbolizer, which
  /// tells those of -fsanitize-coverage, writes one name for both.)
  @Test(arguments: [BuildTests.Kind.llvm, .gcov])
  func twoNames(_ kind: BuildTests.Kind) async throws {
    if skips("names of \(kind)", without: kind.tools) { return }
    let run = try Recorded("names-two-\(kind)")
    let compiler = kind.build.components(separatedBy: " a.c")[0]
    let outcome = try await run.bare([
      "bash", "-c",
      """
      set -e; S=\(Places.salvage.string)
      printf 'int f(void);\\nint main(void) { return f(); }\\n' > $'a\\xff.c'
      printf 'int f(void) { // LCOV_EXCL_LINE\\n  return 0;\\n}\\n' > $'a\\xfe.c'
      \(compiler) a*.c -o p; $S run -q -o r -- ./p
      $S report r -f lcov -o out; grep -ac '^SF:' out; grep -ac '^DA:1,' out || true
      """,
    ])
    #expect(outcome.output == "2\n0\n", "\(outcome.errors)")
  }
}

extension [UInt8] {
  fileprivate func contains(_ part: [UInt8]) -> Bool {
    indices.contains { self[$0...].starts(with: part) }
  }
}
