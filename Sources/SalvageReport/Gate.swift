public import SalvageCoverage

/// A condition on the report: `--fail-under`.
public struct Gate: Sendable, Hashable {
  /// What is counted.
  public enum Measure: String, Sendable, Hashable, CaseIterable {
    case lines, functions, branches
  }

  public var measure: Measure
  /// Percent, 0 to 100.
  public var minimum: Double

  public init(measure: Measure = .lines, minimum: Double) {
    self.measure = measure
    self.minimum = minimum
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
    public var gate: Gate
    /// Where nothing is found there is nothing to cover, which passes no gate above 0.
    public var tally: Tally

    public var description: String {
      let minimum = Percent(gate.minimum).text
      guard tally.found > 0 else {
        return "no \(gate.measure.rawValue) to cover, \(minimum) needed; was anything recorded?"
      }
      return "\(gate.measure.rawValue): \(Percent(tally).text), \(minimum) needed"
    }
  }

  /// Nil where the coverage passes.
  public func failure(_ totals: Totals) -> Failure? {
    let tally =
      switch measure {
      case .lines: totals.lines
      case .functions: totals.functions
      case .branches: totals.branches
      }
    // Products, not the quotient: 29 / 100 * 100 is less than 29.
    let passes =
      tally.found > 0
      ? Double(tally.hit) * 100 >= minimum * Double(tally.found) : minimum <= 0
    return passes ? nil : Failure(gate: self, tally: tally)
  }
}

/// A percentage for people: two decimals, rounded down, so that 100.00 % is everything and 0.00 %
/// of something is never more than it.
struct Percent {
  var text: String

  init(_ value: Double) {
    text = formatC((value * 100).rounded(.down) / 100, decimals: 2) + " %"
  }

  init(_ tally: Tally) {
    guard tally.found > 0 else {
      text = "-"
      return
    }
    // In whole numbers: 29 of 100 must not become 28.99 %.
    let hundredths = tally.hit.multipliedFullWidth(by: 10_000)
    let quotient = tally.found.dividingFullWidth(hundredths).quotient
    let decimals = quotient % 100
    text = "\(quotient / 100).\(decimals < 10 ? "0" : "")\(decimals) %"
  }
}
