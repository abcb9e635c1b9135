import SalvageRecord
import SalvageSystem
import SystemPackage

/// What `salvage doctor` says of a program with gcov's counters.
enum GcovFindings {
  /// gcc and clang leave the names of the data files among the program's constants.
  static func of(_ image: ELFImage) -> [Finding] {
    if ClangGcovFindings.hasUnknown(image) {
      return [
        Finding("counters", .bad, LossReason.clangGcov.sentence + " " + LossReason.clangGcov.cure)
      ]
    }
    guard let constants = image.section(".rodata"), let bytes = try? image.bytes(of: constants)
    else { return [] }
    let names = dataFiles(in: bytes)
    guard !names.isEmpty else { return [] }
    let missing = names.filter { name in
      !GcovNotesFile.places(forData: name).contains { $0.status() != nil }
    }
    guard let first = missing.first else {
      return [Finding("counters", .good, "gcov counters of \(names.count) compiled files")]
        + execs(image)
    }
    return [
      Finding(
        "counters", .bad,
        "gcov counters, but \(missing.count) of \(names.count) .gcno files are not beside the"
          + " objects, that of \(first) for one: put them there before the program is recorded")
    ]
  }

  private static func execs(_ image: ELFImage) -> [Finding] {
    guard callsExec(image) else { return [] }
    return [Finding("exec", .warning, "the program " + aroundExec)]
  }

  static let aroundExec =
    "calls exec, around which gcc counts some lines wrongly in its GNU dialects, and so does gcov:"
    + " build with -std=c17 (or c11, c++17 …) for exact counts there"

  /// In its GNU dialects gcc takes exec for a call that returns, and puts libgcov's function before it.
  static func callsExec(_ image: ELFImage) -> Bool {
    guard let names = image.section(".strtab"), let bytes = try? image.bytes(of: names) else {
      return false
    }
    return bytes.split(separator: 0).contains { $0.starts(with: "__gcov_exec".utf8) }
  }

  private static func dataFiles(in bytes: [UInt8]) -> [FilePath] {
    let end = Array(".gcda".utf8)
    return bytes.split(separator: 0).filter { $0.count > end.count && $0.suffix(5) == end[...] }
      .map { FilePath(String(decoding: $0, as: UTF8.self)) }
  }
}
