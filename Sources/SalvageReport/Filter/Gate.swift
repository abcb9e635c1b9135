public import SalvageCoverage

/// A condition on the report: `--fail-under`, `--fail-uncovered-lines`.
public struct Gate: Sendable, Hashable {
  /// What is counted. Later versions may count more.
  public struct Measure: RawRepresentable, Sendable, Hashable, CaseIterable {
    /// As `--fail-under` names it.
    public let rawValue: String
    /// What is counted, in messages.
    let noun: String
    /// Where that is in totals.
    fileprivate let place: Place

    fileprivate enum Place { case lines, functions, branches }

    private init(_ rawValue: String, noun: String? = nil, _ place: Place) {
      self.rawValue = rawValue
      self.noun = noun ?? rawValue
      self.place = place
    }

    /// Nil where nothing of that name is counted.
    public init?(rawValue: String) {
      guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
      self = known
    }

    /// Lines of all files together.
    public static let lines = Measure("lines", .lines)
    /// Functions, by their places in the source.
    public static let functions = Measure("functions", .functions)
    /// Outcomes of decisions.
    public static let branches = Measure("branches", .branches)
    /// The lines of each file by itself.
    public static let fileLines = Measure("file-lines", noun: "lines", .lines)

    public static let allCases = [lines, functions, branches, fileLines]

    func tally(_ totals: Totals) -> Tally {
      switch place {
      case .lines: totals.lines
      case .functions: totals.functions
      case .branches: totals.branches
      }
    }
  }

  /// What is counted.
  public var measure: Measure
  /// Percent, 0 to 100.
  public var minimum: Double
  /// Instead of a percentage: how many may be uncovered.
  public var maximumUncovered: Int?

  /// At least so many percent.
  public init(measure: Measure = .lines, minimum: Double) {
    self.measure = measure
    self.minimum = minimum
  }

  /// At most so many that did not run.
  public init(measure: Measure, maximumUncovered: Int) {
    self.measure = measure
    self.minimum = 0
    self.maximumUncovered = maximumUncovered
  }

  /// `80` (lines), or `branches=80`; nil where the number is not one of 0 to 100.
  public init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let measure = parts.count == 2 ? Measure(rawValue: String(parts[0])) : .lines
    guard let measure, let number = Double(parts[parts.count - 1]), (0...100).contains(number)
    else { return nil }
    self.init(measure: measure, minimum: number)
  }

  /// A gate that was not passed.
  public struct Failure: Sendable, Hashable, CustomStringConvertible {
    /// The condition.
    public var gate: Gate
    /// Where nothing is found there is nothing to cover, which passes no gate above 0.
    public var tally: Tally
    /// Files and their lines that would have to be covered, the worst first, and how many more there are.
    public var places: [String] = []

    public var description: String {
      let measure = gate.measure
      if let maximum = gate.maximumUncovered {
        return "\(tally.found - tally.hit) \(measure.noun) did not run, at most \(maximum) may"
      }
      let minimum = Percent(gate.minimum).text
      guard tally.found > 0 else {
        return "no \(measure.noun) to cover, \(minimum) needed; was anything recorded?"
      }
      if measure == .fileLines {
        return "files with less than \(minimum) of their lines:"
      }
      return "\(measure.noun): \(Percent(tally).text), \(minimum) needed"
    }
  }

  /// Nil where the coverage passes.
  public func failure(_ totals: Totals) -> Failure? {
    let tally = measure.tally(totals)
    if let maximumUncovered {
      return tally.found - tally.hit <= maximumUncovered ? nil : Failure(gate: self, tally: tally)
    }
    // Products, not the quotient: 29 / 100 * 100 is less than 29.
    let passes =
      tally.found > 0
      ? Double(tally.hit) * 100 >= minimum * Double(tally.found) : minimum <= 0
    return passes ? nil : Failure(gate: self, tally: tally)
  }

  /// The same with the files that are to blame.
  package func failure(in report: Report) -> Failure? {
    let files = report.coverage.files
    var blamed = files.filter { measure.tally($0.totals).hit < measure.tally($0.totals).found }
    var failure = failure(report.coverage.totals)
    if measure == .fileLines {
      blamed = blamed.filter { self.failure($0.totals) != nil }
      failure =
        blamed.isEmpty
        ? failure.flatMap { $0.tally.found == 0 ? $0 : nil }
        : Failure(
          gate: self, tally: report.coverage.totals.lines)
    }
    guard var failure else { return nil }
    func missed(_ file: SourceFile) -> Int {
      let tally = measure.tally(file.totals)
      return tally.found - tally.hit
    }
    blamed.sort { missed($0) > missed($1) }
    failure.places = blamed.prefix(Self.shown).map { place($0, report) }
    if blamed.count > Self.shown {
      failure.places.append("and \(blamed.count - Self.shown) more files")
    }
    return failure
  }

  private static let shown = 10

  private func place(_ file: SourceFile, _ report: Report) -> String {
    let path = report.relative(file.path)
    switch measure.place {
    case .lines:
      let runs = MissedRun.runs(of: file.lines)
      return "\(path):\(runs.prefix(8).map(\.text).joined(separator: ","))"
        + (runs.count > 8 ? ",…" : "") + "  \(Percent(file.totals.lines).text)"
    case .functions:
      let names = file.functions.filter { $0.count == 0 }
      return names.prefix(4).map { "\(path):\($0.line) \($0.name)" }.joined(
        separator: ", ")
        + (names.count > 4 ? ", …" : "")
    case .branches:
      var lines: [UInt32] = []
      for branch in file.branches where branch.count == 0 && lines.last != branch.line {
        lines.append(branch.line)
      }
      return "\(path):\(lines.prefix(12).map(String.init).joined(separator: ","))"
        + (lines.count > 12 ? ",…" : "")
    }
  }
}

/// A percentage for people: two decimals, rounded down, so that 100.00 % is everything and 0.00 %
/// of something is never more than it.
struct Percent {
  /// Without the sign.
  var number: String
  var text: String { number == "-" ? number : number + " %" }

  init(_ value: Double) {
    number = formatC((value * 100).rounded(.down) / 100, decimals: 2)
  }

  init(_ tally: Tally) {
    guard tally.found > 0 else {
      number = "-"
      return
    }
    // In whole numbers: 29 of 100 must not become 28.99 %.
    let hundredths = tally.hit.multipliedFullWidth(by: 10_000)
    let quotient = tally.found.dividingFullWidth(hundredths).quotient
    let decimals = quotient % 100
    number = "\(quotient / 100).\(decimals < 10 ? "0" : "")\(decimals)"
  }
}
