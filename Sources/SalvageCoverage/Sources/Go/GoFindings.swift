import SalvageRecord
import SalvageSystem

/// What `salvage doctor` says of a Go program.
enum GoFindings {
  /// What registers the counters at start; strip leaves the names of functions.
  private static let sign = Array("runtime/coverage.initHook".utf8)
  /// Where they are, by version and linker.
  private static let tables = [".gopclntab", ".data.rel.ro.gopclntab", ".data.rel.ro"]

  static func of(_ image: ELFImage) -> [Finding] {
    guard image.section(".go.buildinfo") != nil else { return [] }
    let counts = tables.contains { name in
      guard let section = image.section(name), let bytes = try? image.bytes(of: section) else {
        return false
      }
      return bytes.split(separator: 0).contains { $0.elementsEqual(sign) }
    }
    guard counts else {
      return [
        Finding(
          "counters", .warning,
          "a Go program without counters: build it with go build -cover -buildmode=pie")
      ]
    }
    return [Finding("counters", .good, "Go's -cover")]
  }
}
