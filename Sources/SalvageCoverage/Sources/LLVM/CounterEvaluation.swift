/// Evaluates the expressions of a function's mapping, each once.
///
/// 64 bits, wrapping, as llvm-cov does. Expressions may be as deep as the mapping is long, so the stack is
/// one of our own.
struct CounterEvaluation {
  private var values: [UInt64] = []
  /// 0 not yet, 1 begun, 2 done.
  private var states: [UInt8] = []
  private var stack: [UInt32] = []
  /// For each region its count and its false count.
  private(set) var counts: [(UInt64, UInt64)] = []

  /// False: a region has a counter that the function does not have, and llvm-cov leaves out such a function.
  mutating func evaluate(
    _ function: borrowing MappedFunction, _ counters: [UInt64]?
  ) throws(MappingError) -> Bool {
    let expressions = function.expressions.count
    if values.count < expressions {
      values = [UInt64](repeating: 0, count: expressions)
      states = [UInt8](repeating: 0, count: expressions)
    }
    for index in 0..<expressions { states[index] = 0 }
    counts.removeAll(keepingCapacity: true)
    for region in function.regions {
      guard let count = try value(region.counter, function, counters),
        let falseCount = try value(region.falseCounter, function, counters)
      else { return false }
      counts.append((count, falseCount))
    }
    return true
  }

  @inline(__always)
  private mutating func value(
    _ counter: UInt32, _ function: borrowing MappedFunction, _ counters: [UInt64]?
  ) throws(MappingError) -> UInt64? {
    let number = Int(counter >> 2)
    switch counter & 3 {
    case 0: return 0
    case 1:
      // A function that no profile knows was never entered.
      guard let counters else { return 0 }
      return number < counters.count ? counters[number] : nil
    default:
      if states[number] != 2, try !derive(UInt32(number), function, counters) { return nil }
      let value = values[number]
      return value > UInt64(Int64.max) ? DerivedCount.belowZero : value
    }
  }

  private mutating func derive(
    _ expression: UInt32, _ function: borrowing MappedFunction, _ counters: [UInt64]?
  ) throws(MappingError) -> Bool {
    stack.removeAll(keepingCapacity: true)
    stack.append(expression)
    while let top = stack.last {
      let at = Int(top)
      let (left, right) = function.expressions[at]
      states[at] = 1
      if let next = pending(left) ?? pending(right) {
        guard states[Int(next)] == 0 else { throw .invalid("counts are derived in a circle") }
        stack.append(next)
        continue
      }
      guard let a = operand(left, counters), let b = operand(right, counters) else { return false }
      values[at] = function.isSum[at] ? a &+ b : a &- b
      states[at] = 2
      stack.removeLast()
    }
    return true
  }

  @inline(__always)
  private func pending(_ counter: UInt32) -> UInt32? {
    counter & 2 != 0 && states[Int(counter >> 2)] != 2 ? counter >> 2 : nil
  }

  @inline(__always)
  private func operand(_ counter: UInt32, _ counters: [UInt64]?) -> UInt64? {
    let number = Int(counter >> 2)
    switch counter & 3 {
    case 0: return 0
    case 1:
      guard let counters else { return 0 }
      return number < counters.count ? counters[number] : nil
    default: return values[number]
    }
  }
}
