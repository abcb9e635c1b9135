import ArgumentParser
import Glibc
import Salvage
import SalvageCoverage
import SalvageRecord
import SalvageReport
import SalvageSystem
import SystemPackage

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract:
      "The lines, functions and branches that ran in all processes of a recording, or of several.",
    discussion: """
      salvage report
      salvage report -f lcov -o lcov.info --exclude '*/Tests/*'
      salvage report -f html=coverage -f cobertura=coverage.xml -f total
      salvage report unit.archive integration.archive
      salvage report --path-map /build=. --fail-under 80 --fail-on-loss

      Formats:
      \(formatList)
      Exit status: 0; 1 for an error, or if there is nothing to report; 2 if a
      gate was not passed; 64 for a wrong command line.
      """)

  @OptionGroup var recording: RecordingArguments

  @Option(
    name: .shortAndLong,
    help: "FORMAT or FORMAT=PATH; may be repeated. A PATH that ends in .gz is compressed.",
    completion: .list(ReportFormat.allCases.map(\.name)))
  var format: [String] = []

  @Option(
    name: .shortAndLong, help: "Write here instead of stdout: a file, or a folder.",
    completion: .file())
  var output: String?

  @OptionGroup var filter: FilterOptions
  @OptionGroup(title: "Arrangement") var style: ReportStyle
  @OptionGroup(title: "Gates") var gates: GateOptions

  private static var formatList: String {
    ReportFormat.allCases.map { format in
      "  " + format.name.padded(to: 20) + format.summary + "\n"
    }.joined()
  }

  private func plan() throws(ValidationError) -> ReportPlan {
    try ReportPlan(format.isEmpty ? ["text"] : format, output: output, hasStdout: true)
  }

  func validate() throws { _ = try plan() }

  func run() async throws {
    let plan = try plan()
    let opened = try recording.open()
    try plan.check()
    let report = try await opened.coverage(
      content: plan.content, tools: filter.tools, builds: filter.builds)
    let selected = report.selected(filter.selection)
    selected.tellSelection()
    try plan.write(selected, style)
    if !plan.tellsLosses { complainOfLosses(selected) }
    let hasTools = filter.toolOptions.check(report.problems)
    let passes = try gates.check(selected)
    if selected.coverage.files.isEmpty { complain(report.reasonForNothing) }
    if !passes { throw ExitCode(2) }
    if selected.coverage.files.isEmpty || !hasTools { throw ExitCode(1) }
  }

  private func complainOfLosses(_ report: CoverageReport) {
    for problem in report.problems { complain("not in the report: \(problem)") }
    if !report.losses.isEmpty {
      complain(
        "\(counted(report.losses.count, "loss", "losses")): see `salvage ledger \(recording.text)`")
    }
  }
}

extension CoverageReport {
  /// A report of nothing is a mistake somewhere: it says where.
  var reasonForNothing: String {
    if !coverage.files.isEmpty {
      return "no file is left by --include, --exclude and what is left out without --all"
    }
    if lives.isEmpty { return "nothing to report: no process was recorded" }
    if !isComplete { return "nothing to report: what was counted was lost, see above" }
    return
      "nothing to report: no program was built with coverage; `salvage doctor -- CMD` says what to do"
  }

  /// What the selection left out, and markers that do not fit what ran.
  func tellSelection() {
    for note in notes { remark(note) }
    guard foreignFiles > 0 else { return }
    remark(
      "\(counted(foreignFiles, "file", "files")) of the system and of packages left out; --all shows them"
    )
  }

  /// The selected part; ends the command where nothing is in it.
  func checked(_ filter: FilterOptions) throws -> CoverageReport {
    let result = selected(filter.selection)
    for note in result.notes { remark(note) }
    let hasTools = filter.toolOptions.check(problems)
    if !hasTools {
      for problem in problems { complain("not in the report: \(problem)") }
      throw ExitCode(1)
    }
    guard !result.coverage.files.isEmpty else {
      for problem in problems { complain("not in the report: \(problem)") }
      complain(reasonForNothing)
      throw ExitCode(1)
    }
    return result
  }
}

extension String {
  /// With spaces at its end up to `width`, at least one.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
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

  @Flag(help: "Also files of the system and of packages, and what markers in sources exclude.")
  var all = false

  @Option(help: "Exclude lines that hold this text, as LCOV_EXCL_LINE does; may be repeated.")
  var excludeMarker: [String] = []

  @OptionGroup var buildOption: BuildOption
  @OptionGroup var toolOptions: ToolOptions

  func validate() throws {
    for text in pathMap where Filter.PathMap(text) == nil {
      throw ValidationError("--path-map \(text): a path, =, and what stands for it")
    }
  }

  var selection: Selection {
    Selection(
      filter: Filter(
        include: include.map { Glob($0) }, exclude: exclude.map { Glob($0) },
        pathMaps: pathMap.compactMap { Filter.PathMap($0) }),
      isAll: all, markers: excludeMarker, isFile: { FilePath($0).isRegularFile })
  }

  var tools: ToolSearch { toolOptions.search }
  var builds: BuildChoice { buildOption.choice }
}

/// Of programs that were built again between their runs.
struct BuildOption: ParsableArguments {
  @Option(
    help: """
      Of a program that was built again between its runs: newest (the default), all, or the beginning of \
      a build's id.
      """,
    completion: .list(["newest", "all"]))
  var build = "newest"

  func validate() throws {
    guard BuildChoice(build) != nil else {
      throw ValidationError(
        "--build \(build): newest, all, or 4 hexadecimal digits or more of a build's id")
    }
  }

  var choice: BuildChoice { BuildChoice(build) ?? .newest }
}

/// Where the compilers' tools are.
struct ToolOptions: ParsableArguments {
  @Option(help: "The folder of llvm-cov and llvm-profdata.", completion: .directory)
  var llvmBin: String?

  @Option(help: "The folder of gcov, for a gcc later than 15.", completion: .directory)
  var gcovBin: String?

  /// False where a folder that was named lacks a tool that was needed. One that lacks what was not is told.
  func check(_ problems: [ObjectProblem]) -> Bool {
    let lacks = problems.contains { if case .noTool = $0.kind { true } else { false } }
    if lacks && (llvmBin != nil || gcovBin != nil) { return false }
    tell(llvmBin, "--llvm-bin", ["llvm-cov", "llvm-profdata", "llvm-symbolizer"])
    tell(gcovBin, "--gcov-bin", ["gcov"])
    return true
  }

  private func tell(_ folder: String?, _ option: String, _ tools: [String]) {
    guard let folder, !tools.contains(where: { Self.has($0, FilePath(folder)) }) else { return }
    complain(
      "\(option) \(folder): there is no \(tools.joined(separator: ", ")); nothing here needed it")
  }

  private static func has(_ tool: String, _ folder: FilePath) -> Bool {
    access(folder.appending(tool).string, X_OK) == 0
  }

  var search: ToolSearch {
    ToolSearch(
      llvm: LLVMToolSearch(folder: llvmBin.map { FilePath($0) }),
      gcov: GcovToolSearch(folder: gcovBin.map { FilePath($0) }))
  }
}
