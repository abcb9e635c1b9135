import ArgumentParser
import Salvage
import SalvageCoverage
import SalvageRecord
import SalvageReport

/// Conditions on a report, which decide the exit status.
struct GateOptions: ParsableArguments {
  @Option(help: "Exit with 2 below this percentage: 80, or functions=80, branches=80.")
  var failUnder: [String] = []

  @Option(help: "The same for lines.")
  var failUnderLines: Double?

  @Option(help: "The same for functions.")
  var failUnderFunctions: Double?

  @Option(help: "The same for branches.")
  var failUnderBranches: Double?

  @Option(help: "The same for the lines of each file by itself.")
  var failUnderFileLines: Double?

  @Option(help: "Exit with 2 if more lines than this did not run.")
  var failUncoveredLines: Int?

  @Option(help: "The same for functions.")
  var failUncoveredFunctions: Int?

  @Option(help: "The same for branches.")
  var failUncoveredBranches: Int?

  @Flag(help: "Exit with 2 if anything was lost; --fail-on-loss=REASON: only for this reason.")
  var failOnLoss = false

  /// What `--fail-on-loss=REASON` becomes before the command line is parsed: a flag has no value.
  @Option(help: .hidden)
  var failOnLossOf: [String] = []

  func validate() throws {
    _ = try gates()
    let known = LossReason.allCases.map(\.slug)
    for reason in failOnLossOf where !known.contains(reason) {
      let hint =
        nearestName(to: reason, among: known).map { "did you mean \($0)?" }
        ?? "docs/Messages.md lists the reasons"
      throw ValidationError("--fail-on-loss=\(reason): there is no such reason; \(hint)")
    }
  }

  private func gates() throws(ValidationError) -> [Gate] {
    var gates: [Gate] = []
    for text in failUnder {
      guard let gate = Gate(text) else {
        throw ValidationError(
          "--fail-under \(text): a percentage from 0 to 100, alone or behind lines=, functions=,"
            + " branches= or file-lines=")
      }
      gates.append(gate)
    }
    let minima: [(Gate.Measure, Double?)] = [
      (.lines, failUnderLines), (.functions, failUnderFunctions), (.branches, failUnderBranches),
      (.fileLines, failUnderFileLines),
    ]
    for (measure, minimum) in minima {
      guard let minimum else { continue }
      guard (0...100).contains(minimum) else {
        throw ValidationError("--fail-under-\(measure.rawValue) \(minimum): a percentage")
      }
      gates.append(Gate(measure: measure, minimum: minimum))
    }
    let maxima: [(Gate.Measure, Int?)] = [
      (.lines, failUncoveredLines), (.functions, failUncoveredFunctions),
      (.branches, failUncoveredBranches),
    ]
    for (measure, maximum) in maxima {
      guard let maximum else { continue }
      guard maximum >= 0 else {
        throw ValidationError("--fail-uncovered-\(measure.rawValue) \(maximum): a number from 0 on")
      }
      gates.append(Gate(measure: measure, maximumUncovered: maximum))
    }
    return gates
  }

  /// True where a report is needed only for these.
  var isEmpty: Bool { !failOnLoss && failOnLossOf.isEmpty && ((try? gates().isEmpty) ?? true) }

  /// Says which gates were not passed, and where; answers whether all were.
  func check(_ report: CoverageReport) throws -> Bool {
    var passes = true
    let whole = report.report
    for gate in try gates() {
      guard let failure = gate.failure(in: whole) else { continue }
      complain(failure.description)
      for place in failure.places { complain("  " + place) }
      passes = false
    }
    let reasons = Set(report.losses.lazy.map(\.reason.slug))
      .union(report.problems.map(\.name))
    if failOnLoss && !report.isComplete {
      complain(
        "something was lost, and --fail-on-loss was given: \(reasons.sorted().joined(separator: ", "))"
      )
      passes = false
    }
    for reason in failOnLossOf where reasons.contains(reason) {
      complain("something was lost, and --fail-on-loss=\(reason) was given")
      passes = false
    }
    return passes
  }
}
