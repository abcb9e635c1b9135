import ArgumentParser
import Dispatch
import Glibc
import Salvage

@main
enum Entry {
  /// Not asynchronous: `run` needs a process with one thread, so that the signals it blocks are blocked
  /// in all of it.
  static func main() {
    InheritedSignals.note()
    var arguments = Array(CommandLine.arguments.dropFirst())
    // Short form: `salvage -- CMD…`.
    if arguments.first == "--" { arguments.insert("run", at: 0) }
    // These two take the words behind them for a command's, help's too.
    if arguments.count > 1, ["run", "doctor"].contains(arguments[0]),
      ["-h", "--help"].contains(arguments[1])
    {
      arguments = ["help", arguments[0]]
    }
    let isRun = arguments.first == "run"
    do {
      var command = try parse(arguments)
      if let asynchronous = command as? any AsyncParsableCommand {
        nonisolated(unsafe) var asynchronous = asynchronous
        try waitFor { try await asynchronous.run() }
      } else {
        try command.run()
      }
    } catch {
      fail(error, isRun: isRun)
    }
  }

  /// `run` alone, where that can be: to go through all of the command line first would cost a short
  /// command more than its recording. What it does not take gets its message, or help, from the whole.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    if arguments.first == "run",
      let run = try? RunCommand.parseAsRoot(Array(arguments.dropFirst())) as? RunCommand
    {
      return run
    }
    return try SalvageCommand.parseAsRoot(arguments)
  }

  private static func fail(_ error: any Error, isRun: Bool) -> Never {
    if let error = error as? SalvageError {
      complain(error.description)
      exit(isRun ? RunCommand.ownFailure : 1)
    }
    let code = SalvageCommand.exitCode(for: error)
    guard isRun, code != .success, !(error is ExitCode) else {
      SalvageCommand.exit(withError: error)
    }
    complain(SalvageCommand.message(for: error))
    exit(RunCommand.ownFailure)
  }
}

/// Runs asynchronous work while this thread waits.
func waitFor(_ work: @Sendable @escaping () async throws -> Void) throws {
  let done = DispatchSemaphore(value: 0)
  nonisolated(unsafe) var failure: (any Error)?
  Task {
    do {
      try await work()
    } catch {
      failure = error
    }
    done.signal()
  }
  done.wait()
  if let failure { throw failure }
}

/// The command line of Salvage.
struct SalvageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Coverage of every process of a tree, however it ends.",
    discussion: """
      salvage run -- make test          record everything that `make test` starts
      salvage report                    a table of files and the lines not run
      salvage report -f lcov -o a.info  for other tools
      salvage ledger                    every process, how it ended, what was lost
      eval "$(salvage env)"             record what this shell starts from now on

      `salvage -- CMD` is short for `salvage run -- CMD`.
      """,
    version: salvageVersion,
    subcommands: [
      RunCommand.self, ReportCommand.self, LedgerCommand.self, ExportCommand.self, EnvCommand.self,
      CollectCommand.self, DoctorCommand.self, InspectCommand.self, CleanCommand.self,
    ])
}

/// Writes one line for the user to stderr.
func complain(_ message: String) {
  let line = "salvage: " + message + "\n"
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
