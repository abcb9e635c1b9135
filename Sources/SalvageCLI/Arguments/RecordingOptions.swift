import ArgumentParser
import Salvage
import SalvageRecord
import SalvageSystem
import SystemPackage

/// Where and how to record: the options that `run` and `env` share.
struct RecordingOptions: ParsableArguments {
  @Option(name: [.short, .customLong("output")], help: "The recording (default: .salvage).")
  var output: String?

  /// What the configuration names.
  @Option(help: .hidden)
  var defaultRecording: String?

  @OptionGroup var configurationFile: ConfigurationOptions

  @Flag(
    name: .customLong("private"),
    help: "Share no page: counters are copied at death, and lost at SIGKILL.")
  var isPrivate = false

  @Flag(
    name: .customLong("per-process"),
    help: "Fresh counters for each process: for programs that read or reset their own.")
  var perProcess = false

  @Flag(
    name: .customLong("leave-gcov"),
    help: "Leave the counters of gcc's --coverage to libgcov, which writes .gcda files.")
  var leaveGcov = false

  @Option(
    name: .customLong("save-before"),
    help: "Save or mark counters before the program's own handlers of these signals.")
  var saveBefore: String?

  @Flag(
    name: .customLong("note-signals"), help: "Install handlers so that the ledger names the signal."
  )
  var noteSignals = false

  @Flag(
    name: .customLong("hide-environment"),
    help: "Programs do not see LD_PRELOAD and SALVAGE_RECORDING; what they start gets them.")
  var hideEnvironment = false

  @Option(
    name: .customLong("python-source"),
    help: """
      Record this Python code alone: a directory, or a package by its name; may be repeated. Default: \
      all but the standard library and what is installed.
      """)
  var pythonSources: [String] = []

  @Flag(name: .customLong("no-python"), help: "Leave Python interpreters alone.")
  var noPython = false

  func validate() throws {
    _ = try signals()
  }

  private func signals() throws -> Set<Int32> {
    let names = (saveBefore ?? "").split { $0 == "," || $0 == " " }
    return Set(
      try names.map { name in
        guard let number = signalNumber(String(name)) else {
          throw ValidationError("--save-before: there is no signal \(name)")
        }
        return number
      })
  }

  var path: FilePath { FilePath(output ?? defaultRecording ?? ".salvage") }

  func configuration(_ existing: Configuration.Existing) throws -> Configuration {
    Configuration(
      existing: existing, isPrivate: isPrivate, isPerProcess: perProcess,
      recordsGcov: !leaveGcov, notesSignals: noteSignals, saveBefore: try signals(),
      hidesEnvironment: hideEnvironment, recordsPython: !noPython, pythonSources: pythonSources)
  }
}
