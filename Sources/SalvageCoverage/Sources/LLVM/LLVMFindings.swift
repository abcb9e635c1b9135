import SalvageRecord
import SalvageSystem

/// What `salvage doctor` says of a program with LLVM's counters.
enum LLVMFindings {
  static func of(_ image: ELFImage) -> [Finding] {
    guard image.section("__llvm_prf_cnts") != nil else {
      guard image.section("__llvm_prf_names") != nil, image.section("__llvm_covfun") != nil else {
        return []
      }
      return [
        Finding(
          "counters", .good,
          "LLVM's mapping and no counters, for none of its functions is in use: reported with 0")
      ]
    }
    guard image.section("__llvm_prf_data") != nil else {
      return [
        Finding("counters", .bad, LossReason.correlated.sentence + " " + LossReason.correlated.cure)
      ]
    }
    guard image.section("__llvm_covmap") != nil else {
      return [
        Finding("counters", .bad, LossReason.noMapping.sentence + " " + LossReason.noMapping.cure)
      ]
    }
    return [Finding("counters", .good, "LLVM counters with their mapping")]
  }
}
