import Foundation
import SalvageSystem
import SystemPackage
import Testing

/// Children that cannot be entered: they run as if we were not there, and the ledger says why they
/// count nothing. Their instrumented parent loses nothing.
@Suite struct ForeignTests {
  struct Child: Sendable, CustomStringConvertible {
    var name: String
    var command: [String]
    var loss: String?
    var needs: [String] = []
    var description: String { name }

    /// Of one that a hook starts: the hook looks into its file, and these have no counters to lose.
    var lossAsChild: String? { loss == "static" || loss == "secure" ? nil : loss }
  }

  static let children: [Child] = [
    Child(name: "plain", command: ["gcc"], loss: nil, needs: ["gcc"]),
    Child(name: "static", command: ["gcc", "-static"], loss: "static", needs: ["gcc"]),
    Child(name: "static-pie", command: ["gcc", "-static-pie"], loss: "static", needs: ["gcc"]),
    Child(name: "musl", command: ["musl-gcc"], loss: nil, needs: ["musl-gcc"]),
    Child(
      name: "musl-static", command: ["musl-gcc", "-static"], loss: "static", needs: ["musl-gcc"]),
    Child(
      name: "32-bit",
      command: ["gcc", "-m32", "-I/usr/include/x86_64-linux-gnu"], loss: "other-architecture",
      needs: ["gcc", "/usr/lib32/crt1.o"]),
    Child(name: "set-user-id", command: ["gcc"], loss: "secure", needs: ["gcc", "root"]),
    Child(
      name: "shared-asan", command: ["gcc", "-fsanitize=address"], loss: nil, needs: ["gcc"]),
  ]

  @Test(arguments: children) func runsUndisturbed(_ child: Child) async throws {
    if skips("\(child) child", without: child.needs) { return }
    let parent = try await FixtureBuilder.shared.program(.c)
    try await Gate.pass {
      let run = try Recorded("foreign-\(child)")
      let program = run.directory.appending("child").string
      let source = Places.fixtures.appending("other/hello.c").string
      try await Tools.run(child.command + [source, "-o", program], in: run.directory)
      if child.name == "set-user-id" {
        chown(program, 65534, 65534)
        chmod(program, 0o4755)
      }
      let command = [parent.string, run.tally.string, "foreign", program]
      let bare = try await run.bare(command, environment: ["LLVM_PROFILE_FILE": "/dev/null"])
      #expect(bare.status == .exit(77))
      try Tally.create(at: run.tally)
      let salvaged = try await run.run(command)
      #expect(salvaged.status == bare.status)
      #expect(salvaged.output == bare.output)
      let complaints = salvaged.errors.split(separator: "\n").filter { !$0.hasPrefix("salvage: ") }
      #expect(complaints.isEmpty, "\(complaints)")
      // Twice: spawned, and become by exec.
      let tally = try Tally(readingFrom: run.tally)
      #expect(tally.counts[100] == (child.loss == "secure" ? tally.counts[100] : 2))
      let ledger = try await run.ledger()
      #expect(ledger.slugs == Set(child.lossAsChild.map { [$0] } ?? []))
      #expect(ledger.lives.count == 3, "\(ledger.lives)")
      try await run.expectExactCounts(of: .c)
    }
  }

  /// CMD itself, started by the command and not by a hook.
  @Test(arguments: children.filter { ["static", "32-bit"].contains($0.name) })
  func asTheCommand(_ child: Child) async throws {
    if skips("\(child) command", without: child.needs) { return }
    let run = try Recorded("foreign-command-\(child)")
    let program = run.directory.appending("child").string
    let source = Places.fixtures.appending("other/hello.c").string
    try await Tools.run(child.command + [source, "-o", program], in: run.directory)
    let outcome = try await run.run([program, run.tally.string])
    #expect(outcome.status == .exit(77))
    #expect(outcome.output == "hello\n")
    let ledger = try await run.ledger()
    #expect(ledger.slugs == Set(child.loss.map { [$0] } ?? []))
    #expect(ledger.lives.map(\.words) == ["ended with 77"])
  }
}
