public import ArgumentParser
import Glibc
public import Salvage
import SalvageCoverage
import SalvageRecord
import SalvageReport
import SystemPackage

extension ReportFormat: ExpressibleByArgument {}

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "The lines, functions and branches that ran in all processes of a recording.",
    discussion: """
      salvage report
      salvage report -f lcov -o coverage.info --exclude '*/Tests/*'
      salvage report --path-map /build=. --fail-under 80 --fail-on-loss

      Exit status: 0; 2 if a gate was not passed; 1 for an error.
      """)

  @OptionGroup var recording: RecordingArgument

  @Option(name: .shortAndLong, help: "text, lcov, json or llvm-json.")
  var format = ReportFormat.text

  @Option(name: .shortAndLong, help: "Write here instead of stdout.", completion: .file())
  var output: String?

  @OptionGroup var filter: FilterOptions

  @Option(help: "Exit with 2 below this percentage: 80, or functions=80, branches=80.")
  var failUnder: [String] = []

  @Flag(help: "Exit with 2 if anything was lost.")
  var failOnLoss = false

  func validate() throws {
    _ = try gates()
  }

  private func gates() throws -> [Gate] {
    try failUnder.map { text in
      guard let gate = Gate(text) else {
        throw ValidationError(
          "--fail-under \(text): a percentage, or lines=, functions=, branches=")
      }
      return gate
    }
  }

  func run() async throws {
    let opened = try recording.open()
    let exporter = format.exporter()
    let report = try await opened.coverage(content: exporter.requires, tools: filter.tools)
      .filtered(filter.filter)
    for note in report.notes { complain(note) }
    let bytes = try report.bytes(format, width: output == nil ? terminalWidth() : nil)
    if let output {
      try write(bytes, to: FilePath(output), mode: 0o644)
    } else {
      try write(bytes, to: STDOUT_FILENO, path: "stdout")
    }
    // The text tells of losses itself.
    if format != .text || output != nil { complainOfLosses(report) }
    try check(report)
  }

  private func complainOfLosses(_ report: CoverageReport) {
    for problem in report.problems { complain("not in the report: \(problem)") }
    if !report.losses.isEmpty {
      complain(
        "\(counted(report.losses.count, "loss", "losses")): see `salvage ledger \(recording.path)`")
    }
  }

  private func check(_ report: CoverageReport) throws {
    var failed = false
    for failure in try gates().compactMap({ $0.failure(report.coverage.totals) }) {
      complain(failure.description)
      failed = true
    }
    if failOnLoss && !report.isComplete {
      complain("something was lost, and --fail-on-loss was given")
      failed = true
    }
    if failed { throw ExitCode(2) }
  }
}

/// What is reported, under which names, with which tools.
struct FilterOptions: ParsableArguments {
  @Option(help: "Only files whose path matches; may be repeated.")
  var include: [String] = []

  @Option(help: "No files whose path matches; may be repeated.")
  var exclude: [String] = []

  @Option(help: "A=B: report paths that begin with A under B; may be repeated.")
  var pathMap: [String] = []

  @OptionGroup var toolOptions: ToolOptions

  func validate() throws {
    for text in pathMap where Filter.PathMap(text) == nil {
      throw ValidationError("--path-map \(text): a path, =, and what stands for it")
    }
  }

  var filter: Filter {
    Filter(
      include: include.map { Glob($0) }, exclude: exclude.map { Glob($0) },
      pathMaps: pathMap.compactMap { Filter.PathMap($0) })
  }

  var tools: ToolSearch { toolOptions.search }
}

/// Where the compilers' tools are.
struct ToolOptions: ParsableArguments {
  @Option(help: "The folder of llvm-cov and llvm-profdata.", completion: .directory)
  var llvmBin: String?

  @Option(help: "The folder of gcov, for programs of gcc --coverage.", completion: .directory)
  var gcovBin: String?

  var search: ToolSearch {
    ToolSearch(
      llvm: LLVMToolSearch(folder: llvmBin.map { FilePath($0) }),
      gcov: GcovToolSearch(folder: gcovBin.map { FilePath($0) }))
  }
}
