import Foundation
import SystemPackage
import Testing

private let realProgramsHome = ProcessInfo.processInfo.environment["SALVAGE_TEST_REAL"]
  .map { FilePath($0) }

/// Programs of real size, fetched and built by Tests/RealPrograms. They need a network and minutes:
/// `SALVAGE_TEST_REAL=DIRECTORY` names where to build them, and runs these tests.
@Suite(.serialized, .enabled(if: realProgramsHome != nil)) struct RealProgramTests {

  private static func build(_ name: String, _ script: String) async throws -> FilePath {
    let directory = realProgramsHome!.appending(name)
    let tool = Places.tests.appending("RealPrograms").appending(script).string
    try await Tools.run([tool, directory.string], in: "/")
    return directory
  }

  /// A C++ program of 20,000 functions: our reports are llvm-cov's, byte for byte, and after SIGKILL
  /// all but the lines behind it is the same.
  @Test func manyFunctions() async throws {
    let program = try await Self.build("large", "large.sh").appending("large")
    let run = try Recorded("large")
    let bare = try await run.bare(
      [program.string, "3"], environment: ["LLVM_PROFILE_FILE": "bare.profraw"])
    #expect(try await run.run([program.string, "3"]).output == bare.output)
    try await sameReports(program, run)
    let normal = try await run.lines()
    #expect(try await run.run([program.string, "3", "kill"]).status == .signal(9))
    let killed = try await run.lines()
    var different: Set<String> = []
    for (file, lines) in normal.files where killed.files[file] != lines { different.insert(file) }
    #expect(different.allSatisfy { $0.hasSuffix("main.cpp") }, "\(different)")
    #expect(normal.files.values.map(\.count).reduce(0, +) > 100_000)
  }

  /// Debian's memcached, built by clang with Debian's flags, killed by SIGKILL under load.
  @Test func serverKilledUnderLoad() async throws {
    let program = try await Self.build("memcached", "memcached.sh").appending("memcached/memcached")
    let run = try Recorded("memcached")
    let load = """
      import os, signal, socket, subprocess, sys, time
      server = subprocess.Popen([sys.argv[1], "-u", "root", "-s", "socket", "-t", "2"])
      while not os.path.exists("socket"): time.sleep(0.01)
      client = socket.socket(socket.AF_UNIX); client.connect("socket")
      file = client.makefile("rwb")
      for i in range(5000):
          file.write(b"set key%d 0 0 5\\r\\nhello\\r\\nget key%d\\r\\n" % (i, i)); file.flush()
          lines = [file.readline() for _ in range(4)]
          assert lines[0] == b"STORED\\r\\n" and lines[2] == b"hello\\r\\n", lines
      client.sendall(b"get key1\\r\\n" * 1000)
      server.kill()
      sys.exit(server.wait() != -signal.SIGKILL)
      """
    let outcome = try await run.run(["python3", "-c", load, program.string])
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
    let lines = try await run.lines().files
    let protocolFile = lines.first { $0.key.hasSuffix("/proto_text.c") }?.value ?? [:]
    #expect((protocolFile.values.max() ?? 0) >= 5000)
    #expect(protocolFile.values.filter { $0 > 0 }.count > 200)
    let ledger = try await run.ledger()
    #expect(ledger.ends["SIGKILL"] == 1)
    #expect(ledger.slugs.isEmpty, "\(ledger.slugs)")
  }

  /// swift-argument-parser's own tests, which start its example programs by the dozen.
  @Test func argumentParser() async throws {
    let directory = try await Self.build("argument-parser", "argument-parser.sh")
    let source = directory.appending("source")
    let tests = source.appending(".build/debug/swift-argument-parserPackageTests.xctest")
    let run = try Recorded("argument-parser")
    let outcome = try await run.run([tests.string], seconds: 900)
    #expect(outcome.status == .exit(0), "\(outcome.errors.suffix(2000))")
    let lines = try await run.lines().files
    let examples = lines.filter {
      $0.key.contains("/Examples/") && $0.value.values.contains { $0 > 0 }
    }
    #expect(!examples.isEmpty, "the example programs' lines are missing")
    let parser = lines.filter { $0.key.contains("/Sources/ArgumentParser/") }
    #expect(parser.values.flatMap(\.values).filter { $0 > 0 }.count > 3000)
    #expect(try await run.ledger().slugs.isEmpty)
  }

  private func sameReports(_ program: FilePath, _ run: Recorded) async throws {
    let profiles = [run.directory.appending("bare.profraw")]
    for (ours, theirs) in [("lcov", "lcov"), ("llvm-json", "text")] {
      let expected = try await LLVM.export(
        theirs, of: program, profiles: profiles, in: run.directory)
      let report = try await run.salvage(["report", run.recording.string, "-f", ours])
      #expect(report.status == .exit(0), "\(report.errors)")
      #expect(report.output == expected, "\(ours) differs")
    }
  }
}
