import Foundation
import SystemPackage
import Testing

/// Libraries of gcc's and clang's --coverage that musl's dlopen loads: their constructors have run when they are
/// met, so that their runtime knows of their units already.
@Suite struct GcovLateTests {
  private static let compilers = ["musl-gcc", "musl-clang"]

  /// A library of two units in a program of musl, which loads it.
  private struct Tree {
    var run: Recorded
    var host: String
    var library: String

    init?(_ name: String, _ compiler: String, _ options: [String] = []) async throws {
      if skips("\(name) \(compiler)", without: ["musl-gcc", "clang"]) { return nil }
      run = try Recorded("gcov-late-\(name)-\(compiler)")
      let folder = Places.fixtures
      let script = folder.removingLastComponent().appending("Musl/musl-clang").string
      let command = compiler == "musl-gcc" ? [compiler] : [script]
      host = run.directory.appending("host").string
      library = run.directory.appending("late.so").string
      func source(_ name: String) -> String { folder.appending("gcov").appending(name).string }
      try await Tools.run(command + [source("late_host.c"), "-o", host], in: run.directory)
      let units = ["late.c", "late_more.c"]
      for unit in units {
        try await Tools.run(
          command + options + ["--coverage", "-fPIC", "-c", source(unit), "-o", unit + ".o"],
          in: run.directory)
      }
      try await Tools.run(
        command + ["--coverage", "-shared"] + units.map { $0 + ".o" }
          + options.filter { $0.hasPrefix("-Wl,") } + ["-o", library], in: run.directory)
    }

    /// What the two functions of the library ran.
    func counts() async throws -> [UInt64?] {
      let lines = try await run.lines()
      return try [("late.c", "plugged"), ("late_more.c", "other")].map { file, name in
        let path = Places.fixtures.appending("gcov").appending(file)
        return lines.files[path.string]?[try markedLine(name, of: path)]
      }
    }

    /// The files of its runtime, by name.
    func data(in folder: FilePath) -> [String: Data] {
      let names = FileManager.default.enumerator(atPath: folder.string)
      return (names?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".gcda") }
        .reduce(into: [:]) {
          $0[$1] = FileManager.default.contents(atPath: folder.appending($1).string)
        }
    }

    /// Runs it bare, and recorded: the same end; answers what its runtime wrote, of both.
    func both(_ way: String, options: [String] = []) async throws -> (
      bare: [String: Data], recorded: [String: Data]
    ) {
      let folders = ["bare", "recorded"].map { run.directory.appending("\(way)-\($0)") }
      for folder in folders { try? FileManager.default.removeItem(atPath: folder.string) }
      let bare = try await run.bare(
        [host, library, way], environment: ["GCOV_PREFIX": folders[0].string])
      let recorded = try await run.run(
        [host, library, way], options: options, environment: ["GCOV_PREFIX": folders[1].string])
      #expect(recorded.status == bare.status && recorded.output == bare.output, "\(way)")
      return (data(in: folders[0]), data(in: folders[1]))
    }
  }

  /// However it ends: what its constructor counted is there, what its children counted, and nothing is written.
  @Test(arguments: compilers, [[], ["-O2"], ["-DRESETS"]])
  func isKept(_ compiler: String, _ options: [String]) async throws {
    guard let tree = try await Tree("kept\(options.joined())", compiler, options) else { return }
    let resets = options == ["-DRESETS"]
    let first: UInt64 = resets ? 0 : 1
    for (way, plugged) in [("return", 5), ("_exit", 5), ("kill", 5), ("fork", 9)] as [(_, UInt64)] {
      let written = try await tree.both(way)
      #expect(written.recorded == [:], "\(way)")
      #expect(written.bare.isEmpty == (way == "kill" || way == "_exit"), "\(way)")
      #expect(try await tree.counts() == [plugged, plugged + first], "\(way)")
      #expect(try await tree.run.ledger().slugs == (resets ? ["gcov-reset"] : []), "\(way)")
    }
    for _ in 0..<2 { _ = try await tree.both("kill", options: ["--append"]) }
    #expect(try await tree.counts() == [19, 19 + 3 * first])
    _ = try await tree.both("return", options: ["--private"])
    #expect(try await tree.counts() == [5, 5 + first])
  }

  /// Where nothing leads to what its runtime knows, or it wrote already, it is its runtime's, byte for byte, and
  /// the ledger says so.
  @Test(arguments: compilers, ["hidden", "dumps"])
  func isLeft(_ compiler: String, _ why: String) async throws {
    if compiler == "musl-clang" && why == "dumps" { return }  // which writes the same again
    let script = try Places.fresh("gcov-late-script-\(compiler)-\(why)").appending("script").string
    try "{ global: plugged; forks; local: *; };\n".write(
      toFile: script, atomically: true, encoding: .utf8)
    let options = why == "hidden" ? ["-Wl,--version-script=\(script)"] : ["-DDUMPS"]
    guard let tree = try await Tree(why, compiler, options) else { return }
    let written = try await tree.both("return")
    #expect(written.recorded == written.bare && written.bare.count == 2)
    #expect(try await tree.run.ledger().slugs == ["gcov-late"])
    #expect(try await tree.counts() == [nil, nil])
  }
}
