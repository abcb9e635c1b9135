import SalvageRecord
import SalvageSystem

/// What `salvage doctor` says of a program with LLVM's counters.
enum LLVMFindings {
  static func of(_ image: ELFImage) -> [Finding] {
    guard image.section("__llvm_prf_cnts") != nil else { return [] }
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
