import Glibc

/// How glibc's malloc (2.36) hands out large arrays.
enum Memory {
  /// Gives arrays of 1 MiB and more back to the system when they end.
  ///
  /// Without it the first that ends raises that limit, up to 32 MiB: those that follow lie in the heaps of the
  /// threads that made them, whose gaps nobody uses. Pages of 100,000 processes took between 252 and 322 bytes for
  /// each, by which threads ran them; now 229 to 234. It costs 2 to 5 % of the processor's time.
  static func returnLargeArrays() {
    // mallopt(3) is not in the Glibc module.
    typealias SetOption = @convention(c) (Int32, Int32) -> Int32
    guard let symbol = dlsym(nil, "mallopt") else { return }
    let threshold: Int32 = -3  // M_MMAP_THRESHOLD
    _ = unsafeBitCast(symbol, to: SetOption.self)(threshold, 1 << 20)
  }
}
