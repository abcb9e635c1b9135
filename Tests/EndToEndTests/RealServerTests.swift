import Foundation
import SystemPackage
import Testing

/// A real C server, loaded over loopback, and killed under load.
@Suite(.serialized) struct RealServerTests {
  /// The functions of the command handlers (proto_text.c), and the requests that reach each once.
  private static let handlers = [
    "process_update_command": ["set"], "process_delete_command": ["delete"],
    "process_arithmetic_command": ["incr"], "process_touch_command": ["touch"],
  ]

  private struct Load: Sendable {
    var sent: [String: UInt64] = [:]
    var answered: [String: UInt64] = [:]
    var pid: pid_t = 0

    mutating func add(_ other: Load) {
      sent.merge(other.sent, uniquingKeysWith: +)
      answered.merge(other.answered, uniquingKeysWith: +)
    }
  }

  private func program(for test: String) async throws -> FilePath? {
    let needs = ["clang", "make", "tar", "apt-get", "/usr/include/event.h"]
    if skips("memcached \(test)", without: needs) { return nil }
    do {
      return try await RealServer.program()
    } catch let problem as Unavailable {
      print("skipped: memcached \(test): needs \(problem)")
      return nil
    }
  }

  /// Runs the server and a load until it has ended by `signal`.
  private func serve(
    _ program: FilePath, _ run: Recorded, threads: Int, user: String, signal: Int32,
    salvaged: Bool, profile: String?
  ) async throws -> (Outcome, Load) {
    let portFile = run.directory.appending("port")
    try? FileManager.default.removeItem(atPath: portFile.string)
    var environment = ["MEMCACHED_PORT_FILENAME": portFile.string]
    environment["LLVM_PROFILE_FILE"] = profile
    let command = [
      program.string, "-u", user, "-l", "127.0.0.1", "-p", "-1", "-U", "0", "-t", "\(threads)",
    ]
    let variables = environment
    async let outcome =
      salvaged
      ? run.run(command, environment: variables) : run.bare(command, environment: variables)
    let port = try await Self.port(in: portFile)
    let load = await Self.load(port: port, clients: 4, signal: signal)
    return (try await outcome, load)
  }

  /// memcached renames the file into place when it listens.
  private static func port(in file: FilePath) async throws -> UInt16 {
    for _ in 0..<1500 {
      if let text = try? String(contentsOfFile: file.string, encoding: .utf8),
        let number = text.split(whereSeparator: { !$0.isNumber }).first.flatMap({ UInt16($0) })
      {
        return number
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw BuildFailed(description: "memcached does not listen")
  }

  /// Clients at the same time. With SIGKILL the first kills the server in the middle, and the others
  /// go on until it is gone; else the server is ended when all have done their rounds.
  private static func load(port: UInt16, clients: Int, signal: Int32) async -> Load {
    var total = await withTaskGroup(of: Load.self) { group in
      for number in 0..<clients {
        group.addTask {
          await onThread { one(port, rounds: number == 0 ? 200 : 400, number, signal) }
        }
      }
      return await group.reduce(into: Load()) {
        $0.add($1)
        $0.pid = max($0.pid, $1.pid)
      }
    }
    if signal != SIGKILL, total.pid > 0 { kill(total.pid, signal) }
    total.pid = 0
    return total
  }

  private static func one(_ port: UInt16, rounds: Int, _ number: Int, _ signal: Int32) -> Load {
    guard var client = RealClient(port: port) else { return Load() }
    var load = Load()
    if number == 0 { load.pid = client.pid() ?? 0 }
    let endless = signal == SIGKILL && number > 0
    var done = 0
    while (endless || done < rounds) && client.round(number * 1000 + done) { done += 1 }
    if number == 0, signal == SIGKILL { kill(load.pid, SIGKILL) }
    load.sent = client.sent
    load.answered = client.answered
    return load
  }

  private static func onThread(_ body: @escaping @Sendable () -> Load) async -> Load {
    await withCheckedContinuation { continuation in
      Thread { continuation.resume(returning: body()) }.start()
    }
  }

  /// Without us nothing is left of a server that was killed; with us the counter of each handler
  /// is one that the clients' own numbers allow: at least the answers, at most the requests.
  @Test(arguments: [(1, "root"), (4, "nobody")])
  func killedUnderLoad(threads: Int, user: String) async throws {
    guard let program = try await program(for: "killed") else { return }
    let run = try Recorded("real-server-killed-\(threads)")
    let (bare, _) = try await serve(
      program, run, threads: threads, user: user, signal: SIGKILL, salvaged: false,
      profile: "bare-%p.profraw")
    #expect(bare.status == .signal(SIGKILL))
    for profile in try run.profiles("bare") {
      #expect(try Data(contentsOf: URL(filePath: profile.string)).isEmpty)
    }
    let (salvaged, load) = try await serve(
      program, run, threads: threads, user: user, signal: SIGKILL, salvaged: true, profile: nil)
    #expect(salvaged.status == .signal(SIGKILL))
    let ledger = try await run.ledger()
    #expect(ledger.ends == ["SIGKILL": 1])
    #expect(ledger.slugs == [])
    let source = RealServer.sources(of: program).appending("proto_text.c")
    let text = try String(contentsOfFile: source.string, encoding: .utf8)
    let lines = try await run.lines().files[source.string] ?? [:]
    for (function, requests) in Self.handlers {
      let line =
        1
        + (text.split(separator: "\n", omittingEmptySubsequences: false)
          .firstIndex { $0.hasPrefix("static void \(function)(conn *c, token_t") } ?? -1)
      let count = lines[line] ?? 0
      let sent = requests.reduce(0) { $0 + (load.sent[$1] ?? 0) }
      let answered = requests.reduce(0) { $0 + (load.answered[$1] ?? 0) }
      #expect(answered >= 200)
      // Threads that count at once lose counts, as with LLVM's own runtime; never a line.
      #expect(
        (threads == 1 ? answered : 1)...sent ~= count,
        "\(function): \(count) counted, \(answered) answered, \(sent) sent")
    }
  }

  /// Ended by SIGTERM it leaves main by itself: our report of that very process is what llvm-cov
  /// makes of the profile that the server wrote, byte for byte.
  @Test func sameBytesAfterSIGTERM() async throws {
    // Few threads, but several: counts that they lose make derived ones negative, which llvm-cov shows as
    // more than 2^63 and our report as 1.
    guard let program = try await program(for: "ended by SIGTERM") else { return }
    let run = try Recorded("real-server-term")
    let (outcome, load) = try await serve(
      program, run, threads: 1, user: "root", signal: SIGTERM, salvaged: true,
      profile: "own-%p.profraw")
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
    #expect(load.sent == load.answered)
    #expect(try run.profiles("own").count == 1)
    try await run.expectReports(of: program, equal: run.profiles("own"), whereThreadsRace: true)
  }
}
