import ArgumentParser
import Glibc
import Salvage

@main
enum Entry {
  static func main() async {
    InheritedSignals.note()
    var arguments = Array(CommandLine.arguments.dropFirst())
    // Short form: `salvage -- CMD…`.
    if arguments.first == "--" { arguments.insert("run", at: 0) }
    let isRun = arguments.first == "run"
    do {
      var command = try SalvageCommand.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as SalvageError {
      complain(error.description)
      exit(isRun ? RunCommand.ownFailure : 1)
    } catch {
      let code = SalvageCommand.exitCode(for: error)
      guard isRun, code != .success, !(error is ExitCode) else {
        SalvageCommand.exit(withError: error)
      }
      complain(SalvageCommand.message(for: error))
      exit(RunCommand.ownFailure)
    }
  }
}

/// The command line of Salvage.
struct SalvageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Coverage of every process of a tree, however it ends.",
    discussion: """
      salvage run -- make test          record everything that `make test` starts
      salvage report                    a table of the files and the lines that did not run
      salvage report -f lcov -o a.info  for other tools
      salvage ledger                    every process, how it ended, what was kept or lost
      eval "$(salvage env)"             record what this shell starts from now on

      `salvage -- CMD` is short for `salvage run -- CMD`.
      """,
    version: salvageVersion,
    subcommands: [
      RunCommand.self, ReportCommand.self, LedgerCommand.self, EnvCommand.self, CollectCommand.self,
      DoctorCommand.self, InspectCommand.self, CleanCommand.self,
    ])
}

/// Writes one line for the user to stderr.
func complain(_ message: String) {
  let line = "salvage: " + message + "\n"
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
