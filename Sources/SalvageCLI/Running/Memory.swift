import Glibc
import SalvageSystem
import SystemPackage

/// How glibc's malloc (2.36) hands out large arrays.
enum Memory {
  /// For large ledgers, gives arrays of 1 MiB and more back to the system when they end.
  ///
  /// Without it the first that ends raises that limit, up to 32 MiB: those that follow lie in the heaps of the
  /// threads that made them, whose gaps nobody uses. Pages of 100,000 processes took between 252 and 322 bytes for
  /// each, by which threads ran them; now at most 260. It costs up to an eighth of the processor's time where
  /// a report is of many lines, so other recordings are left to glibc.
  static func prepare(for recordings: [FilePath]) {
    guard recordings.contains(where: { ledgerBytes($0) > 4 << 20 }) else { return }
    // mallopt(3) is not in the Glibc module.
    typealias SetOption = @convention(c) (Int32, Int32) -> Int32
    guard let symbol = dlsym(nil, "mallopt") else { return }
    let threshold: Int32 = -3  // M_MMAP_THRESHOLD
    _ = unsafeBitCast(symbol, to: SetOption.self)(threshold, 1 << 20)
  }

  /// Of the ledgers in a recording's folder; an archive is one file.
  private static func ledgerBytes(_ recording: FilePath) -> Int {
    guard recording.isDirectory else { return size(recording) }
    return recording.childNames.filter { $0.hasPrefix("u") }
      .reduce(0) { $0 + size(recording.appending($1).appending("ledger")) }
  }

  private static func size(_ file: FilePath) -> Int { file.status().map { Int($0.st_size) } ?? 0 }
}
