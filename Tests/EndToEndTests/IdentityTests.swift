import Foundation
import SystemPackage
import Testing

/// Programs that become other users, in every order, and then fork, exec, or shut themselves in: what they count
/// is exact, and their own data, which lies beside counters, is never another process's.
@Suite struct IdentityTests {
  static let changes = [
    "end", "setuid", "seteuid", "setreuid", "setresuid", "setfsuid", "setgid setuid",
    "initgroups setgid setuid", "seteuid back", "seteuid back setuid", "capset setgid setuid",
  ]
  /// In a user namespace root has no rights over the other user's directory, so these are on their own.
  static let namespaces = ["newuser", "end newuser"]
  static let ends = [
    "fork", "fork fork fork fork", "vfork", "exec end", "seccomp", "seccomp fork fork",
    "chroot fork fork", "landlock fork fork", "fork seccomp fork",
  ]

  struct Way: Sendable, CustomStringConvertible {
    var compiler: [String]
    var options: [String]
    var description: String { ([compiler[0]] + options).joined(separator: " ") }
  }

  static let ways = [
    ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"], ["gcc", "--coverage"],
    ["clang", "-fsanitize-coverage=inline-bool-flag,pc-table", "-g"],
  ].flatMap { compiler in
    [[], ["--private"], ["--per-process"]].map { Way(compiler: compiler, options: $0) }
  }

  @Test(arguments: ways) func inAnyOrder(_ way: Way) async throws {
    try await check(way, Self.changes, name: "identities")
  }

  @Test(arguments: ways) func inNamespaces(_ way: Way) async throws {
    try await check(way, Self.namespaces, name: "namespaces")
  }

  private func check(_ way: Way, _ changes: [String], name: String) async throws {
    if skips("IdentityTests", without: ["root", way.compiler[0]]) { return }
    try await Gate.pass {
      let run = try Recorded("\(name)-\(way)".replacing(" ", with: ""))
      let source = Places.fixtures.appending("other/identities.c")
      let program = run.directory.appending("identities").string
      try await Tools.run(way.compiler + [source.string, "-o", program], in: run.directory)
      // A child that is killed keeps what it counted where it has, or shares, pages of a recording.
      let ends = Self.ends + (way.options == ["--private"] ? [] : ["kill"])
      let rows = changes.flatMap { change in ends.map { "\(change) \($0)" } }
      let script = rows.map {
        "'\(program)' '\(run.tally)' \($0); s=$?; [ $s = 0 ] || echo \"$s: \($0)\"\n"
      }.joined()
      chmod(run.tally.string, 0o666)
      let outcome = try await run.run(
        ["sh", "-c", script + "exit 0"], options: way.options,
        environment: ["LLVM_PROFILE_FILE": "/dev/null"], seconds: 300)
      #expect(outcome.status == .exit(0))
      #expect(outcome.output == "", "the program's data changed (3), or a step failed (4)")
      let bytes = try Data(contentsOf: URL(filePath: run.tally.string))
      let worked = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
      let counted = try await run.lines().files[source.string]?[
        try markedLine("work", of: source)]
      // An exec with two user ids is one in which the loader takes no preload: each such image worked once.
      let ledger = try await run.ledger()
      let secure = UInt64(ledger.losses.count { $0.reason == "secure" })
      if way.compiler[1].contains("sanitize") {
        #expect(counted ?? 0 > 0)
      } else {
        #expect((counted ?? 0) + secure == worked)
      }
      #expect(ledger.slugs.subtracting(["secure"]) == [])
    }
  }
}
