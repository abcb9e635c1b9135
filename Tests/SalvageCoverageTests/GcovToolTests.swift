import SalvageRecord
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage

#if canImport(Glibc)
  import Glibc
#endif

/// Which gcov is taken, and what is made of its answers: with folders full of scripts.
@Suite struct GcovToolTests {
  private final class Folder {
    let scratch: ScratchFolder
    var path: FilePath { scratch.path }

    init(_ versions: [String: String] = [:]) throws {
      scratch = try ScratchFolder()
      for (name, version) in versions {
        try script(name, "echo 'gcov (Some 1.2) \(version)'\necho 'Copyright (C) 2022'")
      }
    }

    func script(_ name: String, _ body: String) throws {
      let path = try scratch.write(Array("#!/bin/sh\n\(body)\n".utf8), to: name)
      _ = path.withPlatformString { chmod($0, 0o755) }
    }
  }

  private static func search(
    folder: Folder? = nil, variable: Folder? = nil, path: [Folder]
  ) -> GcovToolSearch {
    GcovToolSearch(folder: folder?.path) { name in
      switch name {
      case "PATH": path.map(\.path.string).joined(separator: ":")
      case GcovToolSearch.variable: variable?.path.string ?? ""
      default: nil
      }
    }
  }

  @Test(arguments: [
    ("gcov (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright", 12), ("gcov (GCC) 15.0.1 2025", 15),
    ("gcov (Ubuntu (x) 11) 11.4.0", 11), ("LLVM version 21.0.0", nil), ("gcov 12", nil), ("", nil),
    ("gcov (", nil), ("gcov ()", nil),
  ])
  func readsVersions(_ text: String, _ version: Int?) {
    #expect(GcovToolSearch.majorVersion(in: text) == version)
  }

  @Test func byVersionNotByOrder() async throws {
    let plain = try Folder(["gcov": "13.2.0"])
    let others = try Folder(["gcov-11": "11.3.0", "gcov-12": "12.2.0", "gcov": "12.2.0"])
    let search = Self.search(path: [plain, others])
    #expect(
      try await search.tool(ofMajorVersion: 11).path == others.path.appending("gcov-11"))
    #expect(
      try await search.tool(ofMajorVersion: 12).path == others.path.appending("gcov-12"))
    #expect(try await search.tool(ofMajorVersion: 13).path == plain.path.appending("gcov"))
  }

  /// A link on PATH leads to a toolchain: its gcov is beside what the link names.
  @Test func besideTheCompiler() async throws {
    let toolchain = try Folder(["gcov": "14.1.0", "gcc": "14.1.0"])
    let links = try Folder()
    _ = symlink(
      toolchain.path.appending("gcc").string, links.path.appending("gcc").string)
    let tool = try await Self.search(path: [links]).tool(ofMajorVersion: 14)
    #expect(
      tool.path.lastComponent == "gcov" && tool.path.resolved == toolchain.path.appending("gcov"))
  }

  @Test func aNamedFolderIsTheOnlyOne() async throws {
    let named = try Folder(["gcov": "12.1.0"])
    let onPath = try Folder(["gcov-11": "11.3.0", "gcov-12": "12.2.0"])
    let search = Self.search(folder: named, variable: onPath, path: [onPath])
    #expect(try await search.tool(ofMajorVersion: 12).path == named.path.appending("gcov"))
    let error = await #expect(throws: GcovToolError.self) {
      try await search.tool(ofMajorVersion: 11)
    }
    let text = try #require(error).description
    #expect(text.contains("gcov of gcc 11") && text.contains("gcov of gcc 12"))
    let variable = Self.search(variable: named, path: [onPath])
    #expect(try await variable.tool(ofMajorVersion: 12).path == named.path.appending("gcov"))
    let empty = try Folder()
    let none = await #expect(throws: GcovToolError.self) {
      try await Self.search(folder: empty, path: [onPath]).tool(ofMajorVersion: 11)
    }
    #expect(try #require(none).description.contains("none in --gcov-bin \(empty.path)"))
  }

  @Test func saysWhatIsNeeded() async throws {
    let broken = try Folder()
    try broken.script("gcov", "exit 1")
    let error = await #expect(throws: GcovToolError.self) {
      try await Self.search(path: [broken]).tool(ofMajorVersion: 12)
    }
    let text = try #require(error).description
    #expect(text.contains("which does not tell a version") && text.contains("install gcc-12"))
    #expect(text.contains("--gcov-bin") && text.contains("SALVAGE_GCOV_BIN"))
  }

  // MARK: Its answers

  private static func object(_ names: [FilePath], in folder: Folder) throws -> ObjectCounters {
    var builder = GcovBuilder()
    for name in names {
      builder.add(
        .sample(version: 0x4236_322a), name: name,
        notes: GcovObjectTests.notes(version: 0x4236_322a))
    }
    return builder.counters(kept: try folder.scratch.write(builder.object, to: "a.obj"))
  }

  /// A gcov of a gcc that we do not know, that says of each data file what is in `answer`, with `$f` its name.
  private static func tool(_ folder: Folder, _ answer: String) throws {
    try folder.script(
      "gcov-16",
      """
      [ "$1" = --version ] && exec echo 'gcov (GCC) 16.2.0'
      shift 3
      for f; do \(answer); done
      """)
  }

  private static let line = #"""
    printf '{"gcc_version":"16","data_file":"%s","current_working_directory":"/b/./d","files":[
    {"file":"../a.c","functions":[{"name":"f","demangled_name":"f","start_line":3,"end_line":9,
    "execution_count":4,"blocks":2}],"lines":[
    {"line_number":4,"count":1,"unexecuted_block":true,"branches":[{"count":2,"throw":false},{"count":0,"throw":true}]},
    {"line_number":3,"count":4,"unexecuted_block":false,"branches":[]},
    {"line_number":4,"count":0,"unexecuted_block":true,"function_name":"g","branches":[{"count":0}]},
    {"line_number":5,"count":0,"unexecuted_block":true,"branches":[{"count":0},{"count":0}]},
    {"line_number":6,"count":-3,"unexecuted_block":true,"branches":[]}]}]}\n' "$f"
    """#

  @Test func readsTheAnswer() async throws {
    let folder = try Folder()
    try Self.tool(folder, Self.line)
    let counters = try Self.object(["/b/1.gcda", "/b/2.gcda"], in: folder)
    let collected = try await collectCoverage(
      of: [counters], search: ToolSearch(llvm: LLVMToolSearch(), gcov: Self.search(path: [folder])))
    #expect(collected.problems.map(\.description) == [])
    let file = try #require(collected.coverage.files.first)
    #expect(file.path == "/b/a.c" && collected.coverage.files.count == 1)
    // Two units, and of each two instantiations on line 4.
    #expect(file.lines.map(\.number) == [3, 4, 5, 6] && file.lines.map(\.count) == [8, 2, 0, 0])
    #expect(file.functions == [Function(name: "f", line: 3, count: 8)])
    #expect(file.branches.map(\.line) == [4, 4, 5, 5])
    #expect(file.branches.map(\.count) == [4, 0, 0, 0])
    #expect(file.branches.map(\.reached) == [true, true, false, false])
  }

  /// gcov dies of one unit, says nothing of another, and refuses a third: the fourth is reported.
  @Test func aBadUnitCostsItself() async throws {
    let folder = try Folder()
    try Self.tool(
      folder,
      """
      case $f in
      *-0.gcda) echo 'internal compiler error: x' >&2; exit 4 ;;
      *-1.gcda) echo "$f:cannot open it" >&2 ;;
      *-2.gcda) echo "$f:version 'B63*', prefer 'B62*'" >&2; echo "${f%da}no:odd arc" >&2; \(Self.line) ;;
      *) \(Self.line) ;;
      esac
      """)
    let counters = try Self.object((0..<4).map { FilePath("/b/\($0).gcda") }, in: folder)
    let collected = try await collectCoverage(
      of: [counters], search: ToolSearch(llvm: LLVMToolSearch(), gcov: Self.search(path: [folder])))
    #expect(
      collected.problems.map(\.kind) == [
        .toolFailed("/b/0.gcda: \(folder.path)/gcov-16: internal compiler error: x"),
        .toolFailed("/b/1.gcda: \(folder.path)/gcov-16: cannot open it"),
      ])
    #expect(collected.notes == ["/b/2.gcda: gcov: odd arc"])
    #expect(collected.coverage.files.first?.lines.first == Line(number: 3, count: 8))
  }

  /// Of two sources the one without its tool is a problem of its objects; alone it is an error.
  @Test func noToolForOneOfTwoSources() async throws {
    let folder = try Folder()
    let gcov = try Self.object(["/b/1.gcda"], in: folder)
    let search = ToolSearch(
      llvm: ToolSearchTests.search(path: []), gcov: Self.search(path: [folder]))
    await #expect(throws: GcovToolError.self) {
      try await collectCoverage(of: [gcov], search: search)
    }
    try Self.tool(folder, Self.line)
    let (sample, llvm) = try SampleObject.make(mappingVersion: 2)
    let collected = try await collectCoverage(of: [llvm, gcov], search: search)
    #expect(collected.problems.map(\.name) == ["no-tool"])
    #expect(collected.problems[0].identity == llvm.identity)
    #expect(collected.coverage.files.map(\.path) == ["/b/a.c"])
    withExtendedLifetime(sample) {}
  }

  @Test(arguments: [
    ("a.c", "/b", "/b/a.c"), ("/x/a.c", "/b", "/x/a.c"), ("../a.c", "/b/c", "/b/a.c"),
    ("./x/../a.c", "/b/./c", "/b/c/a.c"), ("../../../a.c", "/b", "/a.c"), ("../a.c", "", "../a.c"),
    ("/x//y.c", "", "/x/y.c"), ("<built-in>", "/b", "/b/<built-in>"),
  ])
  func absolutePaths(_ path: String, _ directory: String, _ expected: String) {
    #expect(GcovPath.absolute(path, in: directory) == expected)
  }

  @Test(arguments: [0x00, 0x22, 0x2d, 0x39, 0x5b, 0x7b, 0x7d, 0xff] as [UInt8])
  func survivesDamage(_ value: UInt8) {
    let text = Self.line.split(separator: "'")[1]
    let whole = Array(text.utf8)
    for index in whole.indices {
      var bytes = whole
      bytes[index] = value
      bytes.withUnsafeBytes { _ = try? GcovJSONReader.documents(in: $0) }
      whole[..<index].withUnsafeBytes { _ = try? GcovJSONReader.documents(in: $0) }
    }
  }
}
