import Subprocess
import SystemPackage

/// How a process ended, as wait(2) says it.
enum Status: Sendable, Hashable, CustomStringConvertible {
  case exit(Int32)
  case signal(Int32)

  var description: String {
    switch self {
    case .exit(let code): "exit \(code)"
    case .signal(let number): "signal \(number)"
    }
  }
}

/// What a command left: its status and all that it wrote.
struct Outcome: Sendable {
  var status: Status
  var output: String
  var errors: String
}

struct TimedOut: Error, CustomStringConvertible {
  var command: String
  /// What was still running, and what it waited for.
  var processes: String
  var description: String { "timed out: \(command)\n\(processes)" }
}

private func processes(mentioning text: String) async -> String {
  let listing = try? await run(
    .name("ps"), arguments: ["-ewwo", "pid,ppid,pgid,stat,wchan:20,args"],
    output: .string(limit: 4 << 20), error: .discarded)
  return (listing?.standardOutput ?? "").split(separator: "\n")
    .filter { $0.contains(text) }.joined(separator: "\n")
}

/// Runs a program and waits until it and everybody who holds its output have ended.
///
/// - Throws: `TimedOut` after `seconds`; the program is killed then.
func execute(
  _ program: FilePath, _ arguments: [String] = [], environment: [String: String],
  directory: FilePath, seconds: Int = 300
) async throws -> Outcome {
  var options = PlatformOptions()
  options.processGroupID = 0
  options.teardownSequence = [
    .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
  ]
  let variables = Dictionary(
    uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
  let settings = Subprocess.Configuration(
    executable: .path(program), arguments: Arguments(arguments),
    environment: .custom(variables), workingDirectory: directory, platformOptions: options)
  return try await withThrowingTaskGroup(of: Outcome.self) { group in
    group.addTask {
      let result = try await run(
        settings, input: .none, output: .string(limit: 512 << 20), error: .string(limit: 4 << 20))
      let status: Status =
        switch result.terminationStatus {
        case .exited(let code): .exit(Int32(code))
        case .signaled(let number): .signal(Int32(number))
        }
      return Outcome(
        status: status, output: result.standardOutput, errors: result.standardError)
    }
    group.addTask {
      try await Task.sleep(for: .seconds(seconds))
      throw TimedOut(
        command: "\(program) \(arguments.joined(separator: " "))",
        processes: await processes(mentioning: directory.string))
    }
    defer { group.cancelAll() }
    return try await group.next()!
  }
}

/// Lets a few rows run at a time: Swift Testing would start all of them at once.
actor Gate {
  static let rows = Gate(permits: 3)

  private var permits: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(permits: Int) { self.permits = permits }

  func enter() async {
    if permits > 0 {
      permits -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    if waiting.isEmpty {
      permits += 1
    } else {
      waiting.removeFirst().resume()
    }
  }

  static func pass<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
    await rows.enter()
    do {
      let result = try await body()
      await rows.leave()
      return result
    } catch {
      await rows.leave()
      throw error
    }
  }
}
