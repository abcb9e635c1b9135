/// Compilers count some blocks, and llvm-cov derives the others by sums and differences. A process that
/// forks inside of a function has a child that counts what it enters from there on, and never entered
/// the function: a difference may then be below 0, which llvm-cov prints as a huge number.
enum DerivedCount {
  /// What stands for a count below 0 until ``settled(_:_:lacking:)``.
  static let belowZero = UInt64.max

  /// As it stands in lcov: 64 bits for lines, 32 for branches.
  static func line(_ value: UInt64) -> UInt64 { value > UInt64(Int64.max) ? belowZero : value }

  static func branch(_ value: UInt64) -> UInt64 {
    let wrapped = UInt64(UInt32.max) - most..<UInt64(UInt32.max) + 1
    return wrapped.contains(value) ? belowZero : line(value)
  }

  /// In JSON, llvm-cov cuts it at the largest signed number.
  static func json(_ value: UInt64) -> UInt64 { value >= UInt64(Int64.max) ? belowZero : value }

  /// A count that was derived with a sign.
  static func signed(_ value: Int64) -> UInt64 { value < 0 ? belowZero : UInt64(value) }

  /// So many children of one block are believed.
  private static let most: UInt64 = 1 << 20

  /// The count of a block: `exact` where that can be.
  ///
  /// `whole` is the same with what led to each life that began by a fork (nil: not known), and says
  /// whether anybody was there, unless it is `lacking` some of these lives. A process that came out of a
  /// block which nobody was seen to enter ran it; how often, nobody counted.
  static func settled(_ exact: UInt64, _ whole: UInt64?, lacking: Bool) -> UInt64 {
    guard let whole, whole != belowZero else { return exact == belowZero ? 1 : exact }
    if whole == 0 { return lacking && exact != belowZero ? exact : 0 }
    return (1...whole).contains(exact) ? exact : whole
  }
}
