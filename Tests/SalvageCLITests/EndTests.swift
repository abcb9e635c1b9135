import Subprocess
import Testing

/// `salvage run` ends as its command ended.
@Suite(.serialized) struct EndTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var command: String
    var expected: TerminationStatus
    var testDescription: String { command }
  }

  static let cases = [
    Case(command: "$S run -q -- true", expected: .exited(0)),
    Case(command: "$S run -q -- sh -c 'exit 3'", expected: .exited(3)),
    Case(command: "$S run -q -- sh -c 'exit 255'", expected: .exited(255)),
    Case(command: "$S -- sh -c 'exit 4'", expected: .exited(4)),
    Case(command: "$S run -q sh -c 'exit 5'", expected: .exited(5)),
    Case(command: "$S run -q -- sh -c 'kill -TERM $$'", expected: .signaled(15)),
    Case(command: "$S run -q -- sh -c 'kill -KILL $$'", expected: .signaled(9)),
    Case(
      command: "ulimit -c unlimited; $S run -q -- sh -c 'kill -SEGV $$'", expected: .signaled(11)),
    Case(command: "$S run -q -- sh -c 'kill -RTMIN $$'", expected: .signaled(34)),
    Case(command: "$S run -q -- ./no-such-program", expected: .exited(127)),
    Case(command: "$S run -q -- no-such-program", expected: .exited(127)),
    Case(command: "PATH= $S run -q -- true", expected: .exited(127)),
    Case(command: "$S run -q -- /etc/passwd", expected: .exited(126)),
    Case(command: "$S run -q -- /tmp", expected: .exited(126)),
    Case(
      command: "echo 'exit 6' > script; chmod +x script; $S run -q -- ./script",
      expected: .exited(6)),
    Case(command: "$S run --no-such-option -- true", expected: .exited(125)),
    Case(command: "$S run -q --report text=no/such/x -- true", expected: .exited(125)),
    Case(command: "$S run -q --report nonsense=x -- true", expected: .exited(125)),
    Case(command: "$S run -q -o no/such/x -- true", expected: .exited(125)),
    Case(command: "$S run -q --save-before NOSUCH -- true", expected: .exited(125)),
    Case(command: "mkdir x; touch x/y; $S run -q -o x -- true", expected: .exited(125)),
    Case(command: "$S run", expected: .exited(125)),
    Case(command: "$S report", expected: .exited(1)),
    Case(command: "$S report --format nonsense", expected: .exited(64)),
    Case(command: "$S nonsense", expected: .exited(64)),
    Case(command: "$S help", expected: .exited(0)),
    Case(command: "$S --generate-completion-script fish", expected: .exited(0)),
  ]

  @Test(arguments: cases)
  func status(_ one: Case) async throws {
    let shell = try Shell()
    // exec: the shell must not turn the signal into a number.
    let parts = one.command.split(separator: "; ")
    let script = parts.dropLast().map { $0 + "\n" }.joined()
    let last = parts.last.map(String.init) ?? ""
    let result = try await shell.run(
      script
        + (last.hasPrefix("PATH=") ? "export PATH=\nexec " + last.dropFirst(6) : "exec " + last))
    #expect(result.status == one.expected, "\(result.errors)")
    if case .exited(let code) = one.expected, code >= 125 || code == 1 {
      #expect(result.errors.hasPrefix("salvage: ") || code == 255)
      #expect(!result.errors.contains("\n\n"))
    }
    await shell.remove()
  }

  @Test func oneLineTellsWhatHappened() async throws {
    let shell = try Shell()
    let result = try await shell.run("$S run -o a -- sh -c '(exit 1); kill -9 $$'")
    #expect(result.errors.contains("salvage: 2 processes ("))
    #expect(result.errors.contains("1 by SIGKILL"))
    #expect(
      result.errors.contains(
        "nothing lost and nothing counted: see `salvage ledger a`; recorded in a"))
    #expect(result.errors.split(separator: "\n").count { $0.hasPrefix("salvage:") } == 1)
    await shell.remove()
  }

  @Test func aCommandThatIsNotThereCostsNoRecording() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      "$S run -q -- sh -c 'exit 0'; $S run -q -- no-such-program; $S ledger | grep -c 'exit 0'")
    #expect(result.output == "1\n")
    await shell.remove()
  }

  @Test func noCoreOfOursIsWritten() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      """
      ulimit -c unlimited 2>/dev/null
      $S run -q -- sh -c 'ulimit -c 0; kill -SEGV $$'
      ls | grep -c core
      """)
    #expect(result.output == "0\n")
    await shell.remove()
  }
}
