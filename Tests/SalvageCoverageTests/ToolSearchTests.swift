import SalvageRecord
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage

#if canImport(Glibc)
  import Glibc
#endif

/// Which llvm tools are taken: with folders full of scripts that only tell a version.
@Suite struct ToolSearchTests {
  /// A folder with tools that say they are of that LLVM.
  final class Folder {
    private let scratch: ScratchFolder
    var path: FilePath { scratch.path }

    init(_ versions: [String: String]) throws {
      scratch = try ScratchFolder()
      for (suffix, version) in versions {
        for tool in ["llvm-cov", "llvm-profdata"] {
          try script(tool + suffix, "echo 'Some LLVM version \(version)'")
        }
      }
    }

    func script(_ name: String, _ body: String) throws {
      let path = try scratch.write(Array("#!/bin/sh\n\(body)\n".utf8), to: name)
      _ = path.withPlatformString { chmod($0, 0o755) }
    }
  }

  static func search(
    folder: Folder? = nil, variable: Folder? = nil, path: [Folder]
  ) -> LLVMToolSearch {
    LLVMToolSearch(folder: folder?.path) { name in
      switch name {
      case "PATH": path.map(\.path.string).joined(separator: ":")
      case LLVMToolSearch.variable: variable?.path.string ?? ""
      default: nil
      }
    }
  }

  @Test func aNamedFolderWins() async throws {
    let (named, variable) = (try Folder(["": "20.1.0"]), try Folder(["": "19.0.0"]))
    let onPath = try Folder(["": "21.0.0git"])
    let first = try await Self.search(folder: named, variable: variable, path: [onPath])
      .tools(readingMapping: 7)
    #expect(first.majorVersion == 20 && first.cov == named.path.appending("llvm-cov"))
    let second = try await Self.search(variable: variable, path: [onPath]).tools(readingMapping: 7)
    #expect(second.majorVersion == 19)
    let third = try await Self.search(path: [onPath]).tools(readingMapping: 7)
    #expect(third.majorVersion == 21)
  }

  /// Not the first on PATH, but the first that reads the objects.
  @Test func versionDecides() async throws {
    let old = try Folder(["": "14.0.6", "-15": "15.0.7"])
    let mixed = try Folder(["-17": "17.0.1", "-18": "18.1.8", "-19": "19.1.0"])
    let search = Self.search(path: [old, mixed])
    let new = try await search.tools(readingMapping: 7)
    #expect(new.cov == mixed.path.appending("llvm-cov-19"))
    #expect(new.profdata == mixed.path.appending("llvm-profdata-19"))
    #expect(new.rawLayout == .v10)
    let any = try await search.tools(readingMapping: 6)
    #expect(any.cov == old.path.appending("llvm-cov") && any.rawLayout == .v8)
  }

  /// The tools beside the compiler that a link on PATH leads to come before others on PATH.
  @Test func besideTheCompiler() async throws {
    let toolchain = try Folder(["": "21.0.0"])
    try toolchain.script("swift-driver", "true")
    let links = try Folder(["": "14.0.6"])
    let target = toolchain.path.appending("swift-driver")
    let link = links.path.appending("swift")
    #expect(symlink(target.string, link.string) == 0)
    let tools = try await Self.search(path: [links]).tools(readingMapping: 6)
    #expect(tools.majorVersion == 21)
  }

  /// None reads all: the newest are taken, for the objects that they do read.
  @Test func newestWhereNoneFits() async throws {
    let folder = try Folder(["": "14.0.6", "-16": "16.0.0"])
    let tools = try await Self.search(path: [folder]).tools(readingMapping: 7)
    #expect(tools.majorVersion == 16 && tools.newestMapping == 6)
  }

  /// A mapping and tools that are both newer than we know: the tools are asked.
  @Test func newerThanWeKnow() async throws {
    let folder = try Folder(["": "21.0.0", "-24": "24.0.0"])
    let tools = try await Self.search(path: [folder]).tools(readingMapping: 8)
    #expect(tools.majorVersion == 24)
    try folder.script(
      "llvm-profdata-24", "echo 'error: x format version = 10; expected version = 12' >&2; exit 1")
    let (object, counters) = try SampleObject.make(mappingVersion: 7)
    let collected = try await collectCoverage(
      of: [counters], search: ToolSearch(llvm: Self.search(path: [folder])))
    let text = try #require(collected.problems.first).description
    #expect(text.contains("expected version = 12") && text.contains("LLVM 14 to 22"))
    withExtendedLifetime(object) {}
  }

  @Test func saysWhatIsNeeded() async throws {
    let old = try Folder(["": "11.0.0"])
    try old.script("llvm-cov-20", "exit 1")
    try old.script("llvm-profdata-20", "exit 1")
    let error = await #expect(throws: LLVMToolsError.self) {
      try await Self.search(path: [old]).tools(readingMapping: 7)
    }
    let text = try #require(error).description
    #expect(text.contains("LLVM 18 or later") && text.contains("--llvm-bin"))
    #expect(
      text.contains("llvm-cov of LLVM 11") && text.contains("llvm-cov-20, which does not run"))
    let empty = try Folder([:])
    let missing = await #expect(throws: LLVMToolsError.self) {
      try await Self.search(folder: empty, path: [old]).tools(readingMapping: 6)
    }
    #expect(try #require(missing).description.contains("--llvm-bin \(empty.path)"))
    let none = await #expect(throws: LLVMToolsError.self) {
      try await Self.search(path: [empty]).tools(readingMapping: 6)
    }
    #expect(try #require(none).description.contains("none is on PATH"))
  }

  @Test(arguments: [
    ("LLVM (http://llvm.org/):\n  LLVM version 21.0.0\n", 21),
    ("Debian LLVM version 14.0.6\n", 14), ("Apple LLVM version 17.0.0 (clang-1700)", 17),
    ("LLVM version 23git", 23), ("LLVM version ", nil), ("gcov 12", nil), ("", nil),
  ])
  func readsVersions(_ text: String, _ version: Int?) {
    #expect(LLVMToolSearch.majorVersion(in: text) == version)
  }

  @Test(arguments: [
    ("error: a.profraw: … raw profile format version = 10; expected version = 9", 9),
    ("warning: x\nerror: expected version = 11\n", 11), ("error: malformed", nil),
    ("expected version = ", nil),
  ])
  func readsTheExpectedVersion(_ text: String, _ version: Int?) {
    #expect(LLVMExport.expectedVersion(in: text) == version)
  }

  /// A tool whose number promised version 10 wants 9: it gets 9.
  @Test func writesTheVersionThatTheToolAsksFor() async throws {
    let folder = try Folder([:])
    try folder.script(
      "llvm-profdata",
      """
      [ "$(od -An -tu1 -j8 -N1 "$2" | tr -d ' ')" = 9 ] && exec cp "$2" "$4"
      echo 'error: raw profile format version = 10; expected version = 9' >&2; exit 1
      """)
    try folder.script(
      "llvm-cov",
      """
      [ "$1" = --version ] && exec echo 'LLVM version 19.0.0'
      echo 'warning: profile data may be out of date - object is newer' >&2
      echo 'warning: 3 functions have mismatched data' >&2
      printf 'SF:/a.c\\nFNF:0\\nFNH:0\\nDA:3,7\\nBRF:0\\nBRH:0\\nLF:1\\nLH:1\\nend_of_record\\n'
      """)
    // A mapping older than those that we read ourselves.
    let (object, counters) = try SampleObject.make(mappingVersion: 2)
    let collected = try await collectCoverage(
      of: [counters], search: ToolSearch(llvm: Self.search(folder: folder, path: [])))
    #expect(collected.problems.map(\.description) == [])
    #expect(collected.coverage.files.map(\.lines) == [[Line(number: 3, count: 7)]])
    #expect(collected.notes == ["/origin: llvm-cov: warning: 3 functions have mismatched data"])
    withExtendedLifetime(object) {}
  }
}

/// An object of two functions in a file, and counters for it; nobody compiled it.
enum SampleObject {
  static func make(mappingVersion: UInt32 = 6) throws -> (ScratchFolder, ObjectCounters) {
    let folder = try ScratchFolder()
    let bytes = file(mappingVersion: mappingVersion)
    let kept = try folder.write(bytes, to: "sample.obj")
    return (folder, counters(kept: kept))
  }

  static func counters(kept: FilePath) -> ObjectCounters {
    ObjectCounters(
      identity: 0xabc, source: .llvm,
      regions: [
        Region(
          address: ProfileTests.counters, kind: .add64, bytes: [UInt8](repeating: 0, count: 40))
      ], lives: 1, keptObject: kept, origin: "/origin")
  }

  static func file(mappingVersion: UInt32 = 6) -> [UInt8] {
    func section(_ name: String, _ address: UInt64, _ bytes: [UInt8]) -> (
      section: ELFImage.Section, bytes: [UInt8]
    ) {
      (
        ELFBuilder.section(
          name, type: 1, address: address, size: UInt64(bytes.count)), bytes
      )
    }
    let mapping = mapping(version: mappingVersion)
    return ELFBuilder.file([
      section("__llvm_prf_names", 0x500, [1, 0, 65]),
      section("__llvm_prf_data", ProfileTests.data, ProfileTests.records(.v10)),
      section("__llvm_prf_cnts", ProfileTests.counters, [UInt8](repeating: 0, count: 40)),
      section("__llvm_covmap", 0, mapping[0]), section("__llvm_covfun", 0, mapping[1]),
    ])
  }

  static func mapping(version: UInt32 = 6) -> [[UInt8]] {
    var map = LittleEndianBuilder()
    for word in [0, 0, 0, version] { map.append(word) }
    return [map.bytes, [0]]
  }
}
