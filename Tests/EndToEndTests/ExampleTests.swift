import Foundation
import SystemPackage
import Testing

/// Each directory of Examples/ built as its README says, run under the real command, and compared with
/// what its sources say of themselves (`//= 3`: the line runs three times).
@Suite struct ExampleTests {
  struct Example: Sendable, CustomStringConvertible {
    var name: String
    /// The build, given the directory that takes its products.
    var build: @Sendable (FilePath) -> [String]
    /// Where in that directory run.sh finds the programs.
    var programs = ""
    var needs: [String]
    var status: Status = .exit(0)
    /// How lives ended, among others.
    var ends: [String: Int]
    var compiler = ""
    var description: String { name + compiler }
  }

  static let examples = [
    Example(
      name: "c", build: { ["make", "-C", "c", "BUILD=\($0)"] }, needs: ["make", "clang"],
      ends: ["_exit 2": 1, "SIGABRT": 1, "SIGALRM": 1]),
    Example(
      name: "swift",
      build: {
        [
          "swift", "build", "--enable-code-coverage", "--package-path", "swift", "--scratch-path",
          $0.string,
        ]
      },
      programs: "debug", needs: ["swift"], status: .exit(128 + trap),
      ends: [trapName: 1]),
    Example(
      name: "rust", build: { ["sh", "rust/build.sh", $0.string] }, needs: ["cargo", "rustc"],
      status: .exit(128 + SIGKILL), ends: ["returned 101": 1, "SIGABRT": 1, "SIGKILL": 1]),
    Example(
      name: "python", build: { ["sh", "python/build.sh", $0.string] },
      needs: ["clang", "python3-config"],
      ends: ["SIGKILL": 3, "SIGABRT": 1]),
    Example(
      name: "python", build: { ["env", "CC=gcc", "sh", "python/build.sh", $0.string] },
      needs: ["gcc", "gcov", "python3-config"],
      ends: ["SIGKILL": 3, "SIGABRT": 1], compiler: "-gcc"),
    Example(
      name: "mixed", build: { ["sh", "mixed/build.sh", $0.string] },
      needs: ["clang", "clang++", "swiftc"],
      ends: ["SIGSEGV": 1, "SIGABRT": 2, "SIGKILL": 4, "_exit 3": 1, trapName: 1]),
  ]

  /// A Swift trap is `ud2` on x86-64 and `brk` on aarch64.
  #if arch(x86_64)
    static let (trap, trapName) = (SIGILL, "SIGILL")
  #else
    static let (trap, trapName) = (SIGTRAP, "SIGTRAP")
  #endif

  /// With a home: rustup finds its compiler there.
  static let environment = Places.environment.merging(
    ["HOME": ProcessInfo.processInfo.environment["HOME"] ?? "/"]) { $1 }

  static let folder = Places.tests.removingLastComponent().appending("Examples")

  @Test(arguments: examples) func example(_ example: Example) async throws {
    guard available(example.needs, for: "the example \(example)") else { return }
    try await Gate.pass {
      let directory = try Places.fresh("example-\(example)")
      let products = directory.appending("products")
      try await Tools.run(example.build(products), in: Self.folder)
      try await check(example, products.appending(example.programs), in: directory)
      try? FileManager.default.removeItem(atPath: directory.string)
    }
  }

  private func check(_ example: Example, _ programs: FilePath, in directory: FilePath) async throws
  {
    let sources = Self.folder.appending(example.name)
    let outcome = try await execute(
      Places.salvage,
      ["run", "-o", "recording", "--", "sh", sources.appending("run.sh").string, programs.string],
      environment: Self.environment, directory: directory)
    #expect(outcome.status == example.status, "\(outcome.errors)")
    let recording = directory.appending("recording").string
    // Where the example's own directory is the current one, as its README has it.
    let script = """
      "$1" report "$2" -f lcov | sh ../check.sh
      """
    let counts = try await execute(
      "/bin/sh", ["-c", script, "sh", Places.salvage.string, recording],
      environment: Self.environment, directory: sources)
    #expect(counts.status == .exit(0), "\(counts.output)\(counts.errors)")
    let ledger = try await execute(
      Places.salvage, ["ledger", recording, "--json"], environment: Self.environment,
      directory: directory)
    let document = try JSONDecoder().decode(LedgerDocument.self, from: Data(ledger.output.utf8))
    for (end, times) in example.ends { #expect(document.ends[end] == times, "\(document.ends)") }
  }

  /// The demo with the command of this build.
  @Test func demo() async throws {
    guard available(["clang", "clang++", "swift", "swiftc"], for: "scripts/demo") else { return }
    let root = Self.folder.removingLastComponent()
    let outcome = try await execute(
      root.appending("scripts/demo"), ["--command", Places.salvage.string],
      environment: Self.environment, directory: root)
    #expect(outcome.status == .exit(0), "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("no count is missing"))
  }

  /// It is a test only if it fails where something is missing: here, of everything.
  @Test func demoFailsWithoutCoverage() async throws {
    guard available(["clang", "clang++", "swift", "swiftc"], for: "scripts/demo") else { return }
    let directory = try Places.fresh("demo-without")
    let copy = directory.appending("salvage")
    try await Tools.run(
      [
        "cp", "-r", Self.folder.string,
        Self.folder.removingLastComponent().appending("scripts").string, directory.string,
      ], in: directory)
    // A command that runs what it is given and reports nothing.
    let script = """
      #!/bin/sh
      [ "$1" != run ] || { while [ "$1" != -- ]; do shift; done; shift; exec "$@"; }
      [ "$1 $3 $4" != 'report -f lcov' ] || : >"$6"
      """
    try Data(script.utf8).write(to: URL(filePath: copy.string))
    chmod(copy.string, 0o755)
    let outcome = try await execute(
      directory.appending("scripts/demo"), ["--command", copy.string],
      environment: Self.environment, directory: directory)
    #expect(outcome.status == .exit(1), "\(outcome.output)\(outcome.errors)")
    #expect(outcome.errors.contains("demo: not all of it is there."), "\(outcome.errors)")
    try? FileManager.default.removeItem(atPath: directory.string)
  }

  private func available(_ needs: [String], for what: String) -> Bool {
    let missing = Tools.missing(needs)
    if !missing.isEmpty { print("skipped: \(what): needs \(missing.joined(separator: ", "))") }
    return missing.isEmpty
  }
}
