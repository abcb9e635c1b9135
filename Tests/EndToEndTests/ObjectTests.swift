import Foundation
import SystemPackage
import Testing

/// Which programs and libraries ran a line: as the compiler's own tools say of each of them alone.
@Suite struct ObjectTests {
  private static let fixtures = Places.fixtures.appending("objects").string
  private static let clang = "clang -fprofile-instr-generate -fcoverage-mapping"
  private static let gcc = "gcc --coverage"
  private static let programs = ["one", "two", "three"]
  private static let objects = ["libshared.so"] + programs

  /// For each source the lines that each object ran.
  private typealias Ran = [String: [String: Set<Int>]]

  private func sh(_ run: Recorded, _ script: String) async throws -> String {
    let outcome = try await run.bare([
      "bash", "-c",
      """
      set -e; S=\(Places.salvage.string); F=\(Self.fixtures)
      COV='\(LLVM.tool("llvm-cov"))'; PROFDATA='\(LLVM.tool("llvm-profdata"))'

      """ + script,
    ])
    #expect(outcome.status == .exit(0), "\(script): \(outcome.errors)")
    return outcome.output
  }

  /// Three programs, of which each has the same two sources, and a library with the header of these.
  private func build(_ run: Recorded, _ compiler: String) async throws {
    _ = try await sh(
      run,
      """
      mkdir -p src; cp $F/* src
      \(compiler) -fPIC -shared src/library.c -o libshared.so
      kind=1
      for p in \(Self.programs.joined(separator: " ")); do
        \(compiler) -DNAME=f_$p -DKIND=$kind src/program.c src/common.c -o $p -L. -lshared -Wl,-rpath,$PWD; kind=$((kind + 1))
      done
      """)
  }

  /// What the pages of a report say.
  private func pages(_ run: Recorded, _ folder: String) throws -> Ran {
    struct Data: Decodable {
      var names: [String]
      var sets: [[Int]]
      var lines: [Int]
    }
    var result: Ran = [:]
    let files = run.directory.appending(folder).appending("files").string
    for name in try FileManager.default.contentsOfDirectory(atPath: files) {
      let page = try String(contentsOfFile: files + "/" + name, encoding: .utf8)
      guard let start = page.range(of: "id=\"objects\">"),
        let end = page.range(of: "</script>", range: start.upperBound..<page.endIndex)
      else { continue }
      let data = try JSONDecoder().decode(
        Data.self, from: Foundation.Data(page[start.upperBound..<end.lowerBound].utf8))
      // Lines that ran: those that did not may lie in a range of others.
      let marked = page.matches(of: /<p id="L(\d+)" class="[hp]"/).compactMap { Int($0.1) }
      let source = try #require(["common.c", "common.h", "program.c"].first(where: name.contains))
      result[source] = Dictionary(uniqueKeysWithValues: data.names.map { ($0, []) })
      for at in stride(from: 0, to: data.lines.count, by: 3) {
        for object in data.sets[data.lines[at + 2]] {
          result[source]?[data.names[object]]?
            .formUnion(marked.filter { (data.lines[at]...data.lines[at + 1]).contains($0) })
        }
      }
    }
    return result
  }

  private func own(_ run: Recorded, lcov: (_ object: String) async throws -> [LineCounts])
    async throws -> Ran
  {
    var result: Ran = [:]
    for object in Self.objects {
      for counts in try await lcov(object) {
        for (path, lines) in counts.files {
          let name = FilePath(path).lastComponent?.string ?? ""
          result[name, default: [:]][object, default: []]
            .formUnion(lines.filter { $0.value > 0 }.map(\.key))
        }
      }
    }
    return result.filter { $0.value.count > 1 }
  }

  /// One profile for each object: those of one name in several programs would be added up.
  private func llvm(_ run: Recorded) async throws -> Ran {
    _ = try await sh(
      run,
      """
      for p in \(Self.programs.joined(separator: " ")); do LLVM_PROFILE_FILE=$p-%m.profraw ./$p; done
      clang -DNAME=f -DKIND=1 src/program.c src/common.c -o plain -L. -lshared -Wl,-rpath,$PWD
      LLVM_PROFILE_FILE=plain-%m.profraw ./plain; library=$(echo plain-*); library=${library#plain-}
      $PROFDATA merge *-$library -o libshared.so.profdata; rm *-$library
      for p in \(Self.programs.joined(separator: " ")); do $PROFDATA merge $p-*.profraw -o $p.profdata; done
      """)
    return try await own(run) { object in
      [
        LineCounts(
          lcov: try await sh(
            run, "$COV export -format=lcov ./\(object) -instr-profile=\(object).profdata"))
      ]
    }
  }

  private func gcov(_ run: Recorded) async throws -> Ran {
    _ = try await sh(
      run, "for p in \(Self.programs.joined(separator: " ")); do ./$p; done")
    return try await own(run) { object in
      struct Document: Decodable {
        struct File: Decodable {
          struct Line: Decodable {
            var lineNumber: Int
            var count: UInt64
          }
          var file: String
          var lines: [Line]
        }
        var files: [File]
      }
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let output = try await sh(run, "gcov -t -j \(object)-*.gcda")
      return try output.split(separator: "\n").map { text in
        var counts = LineCounts(lcov: "")
        for file in try decoder.decode(Document.self, from: Data(text.utf8)).files {
          for line in file.lines {
            counts.files[file.file, default: [:]][line.lineNumber, default: 0] += line.count
          }
        }
        return counts
      }
    }
  }

  @Test(arguments: [false, true]) func asTheToolsSayOfEach(_ isGcc: Bool) async throws {
    let tools = isGcc ? ["gcc", "gcov"] : ["clang", "llvm-cov", "llvm-profdata"]
    if skips("objects", without: tools) { return }
    let run = try Recorded("objects-\(isGcc)")
    try await build(run, isGcc ? Self.gcc : Self.clang)
    _ = try await sh(
      run,
      """
      $S run -q -o r -- sh -c './one; ./two; ./three; true'
      for p in one two three; do $S run -q -o $p.salvage -- ./$p; $S archive -q $p.salvage -o $p.archive; done
      $S archive -q r -o r.archive
      $S report -q r -f html=pages
      $S report -q r.archive -f html=of-archive
      $S report -q one.salvage two.archive three.salvage -f html=of-three
      $S report -q r -f html=mapped --path-map $PWD=/elsewhere
      """)
    // `#if` and `#endif` have a count where the text between them is compiled, and none in the report of all.
    let all = LineCounts(lcov: try await sh(run, "$S report -q r -f lcov")).files
    let alone = try await isGcc ? gcov(run) : llvm(run)
    let expected = Dictionary(
      uniqueKeysWithValues: alone.map { source, objects in
        let lines = all.first { $0.key.hasSuffix("/" + source) }?.value.keys
        return (source, objects.mapValues { $0.intersection(lines.map(Array.init) ?? []) })
      })
    #expect(expected.count == 3 && expected["program.c"]?["three"]?.contains(11) == true)
    #expect(expected["common.c"]?.count == 3 && expected["common.h"]?.count == 4)
    #expect(expected["common.c"]?["one"] != expected["common.c"]?["two"])
    let found = try pages(run, "pages")
    for source in expected.keys { #expect(found[source] == expected[source], "\(source)") }
    for folder in ["of-archive", "of-three", "mapped"] {
      #expect(try pages(run, folder) == expected, "\(folder)")
    }
    let same = try await sh(run, "diff -r pages/files of-archive/files; ls mapped/files")
    #expect(same.contains("elsewhere"))
  }

  /// Whatever counted, an object is shown with what a recording of its program alone has.
  @Test(arguments: [
    (clang, ["clang"]), (gcc, ["gcc"]), ("clang --coverage", ["clang"]),
    ("clang -g -fsanitize-coverage=inline-8bit-counters,pc-table", ["clang", "llvm-symbolizer"]),
    ("clang++ -x c++ -std=c++17 -fprofile-instr-generate -fcoverage-mapping", ["clang++"]),
    ("gcc --coverage -O2", ["gcc"]),
  ]) func asARecordingOfEach(_ compiler: String, _ tools: [String]) async throws {
    if skips("objects", without: tools) { return }
    let run = try Recorded("objects-alone-\(compiler.utf8.count)")
    try await build(run, compiler)
    _ = try await sh(
      run,
      """
      $S run -q -o r -- sh -c './one; ./two; ./three; true'; $S report -q r -f html=pages
      for p in one two three; do
        $S run -q -o $p.salvage -- ./$p || true; $S report -q $p.salvage -f lcov -o $p.info
      done
      """)
    let ran = try pages(run, "pages")["common.c"]
    #expect(ran?.count == 3)
    for program in Self.programs {
      let lcov = try String(
        contentsOfFile: run.directory.appending(program + ".info").string, encoding: .utf8)
      let own = LineCounts(lcov: lcov).files.first { $0.key.hasSuffix("common.c") }?.value
      #expect(ran?[program] == Set((own ?? [:]).filter { $0.value > 0 }.map(\.key)), "\(program)")
    }
    try await expectShown(ran ?? [:], run)
  }

  /// The same from `show --json`, of all lines and of one.
  private func expectShown(_ ran: [String: Set<Int>], _ run: Recorded) async throws {
    struct Shown: Decodable {
      struct Row: Decodable {
        var line: Int
        var count: UInt64
        var objects: [Int]?
      }
      var path: String
      var objects: [String]?
      var lines: [Row]
    }
    func shown(_ place: String) async throws -> Shown {
      let text = try await sh(run, "$S show -q src/common.c\(place) -r r --json")
      return try JSONDecoder().decode(Shown.self, from: Data(text.utf8))
    }
    let all = try await shown("")
    let names = try #require(all.objects).map { FilePath($0).lastComponent?.string ?? "" }
    #expect(all.path.hasSuffix("src/common.c") && Set(names) == Set(ran.keys))
    for (index, name) in names.enumerated() {
      let lines = all.lines.filter { $0.count > 0 && $0.objects?.contains(index) == true }
      #expect(Set(lines.map(\.line)) == ran[name], "\(name)")
    }
    let first = try #require(all.lines.first)
    #expect(try await shown(":\(first.line)").lines.map(\.line) == [first.line])
    #expect(try await shown(":1-100000").lines.count == all.lines.count)
  }

  @Test func show() async throws {
    if skips("objects", without: ["clang"]) { return }
    let run = try Recorded("objects-show")
    try await build(run, Self.clang)
    let shown = try await sh(
      run,
      """
      $S run -q -o r -- sh -c './one; ./two; ./three; true'
      $S show -r r common.c:9 | grep -v '|'; $S show -r r common.c:5-7 | grep -v '|'
      $S show -r r common.c | grep -v '|'; $S show -r r library.c:5 | grep -v '|'
      """)
    let head = "src/common.c  92.85 % of 14 lines\nin one, three, two\n"
    let expected = """
      \(head)     ran in: two (not in: one, three)
      \(head)    ran in: one, three, two
          ran in: one (not in: three, two)
      \(head)src/library.c  100.00 % of 5 lines
          ran in: libshared.so

      """
    #expect(shown.replacing(run.directory.string + "/", with: "") == expected)
  }

  /// Two builds at one path are one program; names may hold anything.
  @Test func buildsAndNames() async throws {
    if skips("objects", without: ["clang", "gcc"]) { return }
    let run = try Recorded("objects-names")
    try await build(run, Self.clang)
    let shown = try await sh(
      run,
      #"""
      mkdir '<'; name=$(printf '</script><img src=x onerror=alert(1)>\n\xff"&x'); cp one "$name"
      gcc --coverage -DNAME=f -DKIND=2 src/program.c src/common.c -o other -L. -lshared -Wl,-rpath,$PWD
      $S run -q -o r -- sh -c '"$0"; ./three; ./other' "$name"
      mv other three; $S run -q --append -o r -- ./three
      $S report -q r --build all -f html=pages
      $S show -r r common.c:7 --build all | grep -v '|'
      ! grep -r '<img' pages
      """#)
    #expect(shown.contains(#"in script><img src=x onerror=alert(1)>\n\xff"&x, other, three"#))
    #expect(
      shown.contains(
        #"ran in: script><img src=x onerror=alert(1)>\n\xff"&x (not in: other, three)"#))
  }
}
