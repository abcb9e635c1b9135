import SalvageRecord
import SalvageSystem
import SystemPackage

/// What `salvage doctor` says of a program built with clang's `-fsanitize-coverage`.
enum SancovFindings {
  /// A way of counting, and the bytes that it has for a block.
  private struct Way {
    var name: String
    var section: String
    var width: UInt64

    func size(in image: ELFImage) -> UInt64 { image.section(section)?.size ?? 0 }
  }

  static func of(_ image: ELFImage, at path: FilePath) -> [Finding] {
    let blocks = (image.section("__sancov_pcs")?.size ?? 0) / 16
    var ways = [
      Way(name: "8-bit counters", section: "__sancov_cntrs", width: 1),
      Way(name: "flags", section: "__sancov_bools", width: 1),
      Way(name: "guards", section: "__sancov_guards", width: 4),
    ].filter { $0.size(in: image) > 0 }
    guard !ways.isEmpty else { return [] }
    let names = image.dynamicNames()
    // Where there are counters of another way, guards that go elsewhere cost nothing.
    if !mayBeOurs(image, names) { ways.removeAll { $0.name == "guards" } }
    if ways.isEmpty { return [bad(.foreignGuards)] }
    guard ways.allSatisfy({ $0.size(in: image) == blocks * $0.width }) else {
      return [bad(.noPCTable)]
    }
    let what = ways.map(\.name).joined(separator: " and ")
    var result = [
      Finding(
        "counters", .good,
        "-fsanitize-coverage: \(what) of \(blocks) block\(blocks == 1 ? "" : "s"), with table")
    ]
    // Source-based counters beside them are not cleared.
    if names.all.contains("LLVMFuzzerCustomMutator"), image.section("__llvm_prf_cnts") == nil {
      result.append(Finding("counters", .warning, text(.cleared)))
    }
    if ways.map(\.name) == ["8-bit counters"] {
      result.append(
        Finding(
          "counters", .warning,
          "8-bit counters are 0 after 256 calls, so a function of one block may look as if it had not run;"
            + " inline-bool-flag has no such limit"))
    }
    if DebugFile.of(path, image) == nil {
      result.append(
        Finding(
          "lines", .bad,
          "no debug information in it, nor a debug file with its build id: build it with -g or"
            + " -gline-tables-only, or put the debug file beside it as \(path).debug"))
    }
    return result
  }

  private static func text(_ reason: LossReason) -> String { reason.sentence + " " + reason.cure }

  private static func bad(_ reason: LossReason) -> Finding {
    Finding("counters", .bad, text(reason))
  }

  /// The guards' callback is that of CShim/Cooperate/sancov.c, or is asked for from outside.
  private static func mayBeOurs(
    _ image: ELFImage, _ names: (all: Set<String>, wanted: Set<String>)
  ) -> Bool {
    image.section("salvage_sancov") != nil
      || names.wanted.contains("__sanitizer_cov_trace_pc_guard")
  }
}

extension ELFImage {
  /// The dynamic symbols, and those of them that come from outside.
  fileprivate func dynamicNames() -> (all: Set<String>, wanted: Set<String>) {
    var all: Set<String> = []
    var wanted: Set<String> = []
    _ = try? forEachSymbol(of: .dynamic) {
      let name = String(decoding: $0.name, as: UTF8.self)
      all.insert(name)
      if $0.isUndefined { wanted.insert(name) }
    }
    return (all, wanted)
  }
}
