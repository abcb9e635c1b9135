import Foundation
import SystemPackage
import Testing

/// `salvage export`: what the compilers' own tools say of our files is what our reports say.
@Suite struct ExportTests {
  /// A raw profile of a program that was killed, by the LLVM that compiled it.
  @Test(arguments: ["profraw", "profdata"]) func llvmProfiles(_ format: String) async throws {
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("export-\(format)")
    for death in [["normal"], ["kill", "9"]] {
      _ = try await run.run(
        [program.string, run.tally.string] + death, options: ["--append"])
    }
    let out = run.directory.appending("out")
    let export = try await run.salvage(
      ["export", run.recording.string, "-f", format, "-o", out.string])
    #expect(export.status == .exit(0), "\(export.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: out.string)
    let own = try #require(names.first { $0.hasPrefix("deaths-") && $0.hasSuffix("." + format) })
    let lcov = try await LLVM.lcov(
      of: program, profiles: [out.appending(own)], in: run.directory)
    let expected = LineCounts(lcov: lcov)
    #expect(!expected.files.isEmpty)
    let report = try await run.lines()
    for (file, lines) in expected.files { #expect(report.files[file] == lines, "\(file)") }
  }

  /// Nothing of gcc's ran, and nothing is written.
  @Test func nothingToExport() async throws {
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("export-nothing")
    _ = try await run.run([program.string, run.tally.string, "normal"])
    let out = run.directory.appending("out")
    let export = try await run.salvage(
      ["export", run.recording.string, "--format", "gcda", "-o", out.string])
    #expect(export.status == .exit(1) && !out.isThere)
    #expect(export.errors.contains("nothing in") && export.errors.contains("gcov"))
    let nowhere = try await run.salvage(["export", run.recording.string, "--format", "profraw"])
    #expect(nowhere.status == .exit(64) && nowhere.errors.contains("-o DIR, or --in-place"))
    let inPlace = try await run.salvage(
      ["export", run.recording.string, "--format", "profraw", "--in-place"])
    #expect(inPlace.status == .exit(1) && inPlace.errors.contains("has no place of its own"))
  }
}
