/// Compilers count some blocks, and llvm-cov derives the others by sums and differences. A process that
/// forks inside of a function has a child that counts what it enters from there on, and never entered
/// the function: a difference may then be below 0, which llvm-cov prints as a huge number. More
/// processes came out of that block than were seen to go in, so it ran; how often nobody counted.
enum DerivedCount {
  /// As it stands in lcov: 64 bits for lines, 32 for branches.
  static func line(_ value: UInt64) -> UInt64 { value > UInt64(Int64.max) ? 1 : value }

  static func branch(_ value: UInt64) -> UInt64 {
    let wrapped = UInt64(UInt32.max) - most..<UInt64(UInt32.max) + 1
    return wrapped.contains(value) ? 1 : line(value)
  }

  /// In JSON, llvm-cov cuts it at the largest signed number.
  static func json(_ value: UInt64) -> UInt64 { value >= UInt64(Int64.max) ? 1 : value }

  /// So many children of one block are believed.
  private static let most: UInt64 = 1 << 20
}
