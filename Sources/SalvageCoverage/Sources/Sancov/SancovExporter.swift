package import SalvageRecord
import SalvageSystem
import SystemPackage

/// The blocks that ran, as a sanitizer's runtime writes them with `coverage=1`: for the `sancov` tool.
///
/// Format: sanitizer_coverage_libcdep_new.cpp of compiler-rt: a magic number, then the addresses of the
/// blocks, 8 bytes each, relative to where the object was loaded.
package struct SancovExporter: CounterExporter {
  package static let name = "sancov"
  package static let summary =
    "what sanitizers write with coverage=1, one file for each program or library"
  package static let source = Source.sancov

  package init() {}

  private static let magic: UInt64 = 0xc0bf_ffff_ffff_ff64

  package func files(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> ExportedFiles {
    var result = ExportedFiles()
    for counters in objects {
      do {
        let blocks = try SancovObject(counters).blocks.blocks
        let seen = blocks.filter(\.isSeen).map(\.address).sorted()
        // The tool finds the program by what stands before a number.
        let name = counters.origin?.lastComponent?.string ?? "object"
        result.files.append(
          ExportedFile(
            path: FilePath("\(name).\(counters.identity).sancov"), bytes: Self.bytes(of: seen),
            adding: { try Self.bytes(of: Set(Self.addresses(in: $0)).union(seen).sorted()) }))
      } catch {
        result.problems.append(error)
      }
    }
    return result
  }

  static func bytes(of addresses: [UInt64]) -> [UInt8] {
    var out = LittleEndianBuilder()
    out.append(magic)
    for address in addresses { out.append(address) }
    return out.bytes
  }

  static func addresses(in bytes: [UInt8]) throws(FormatError) -> [UInt64] {
    let words = LittleEndian(bytes)
    guard bytes.count >= 8, bytes.count % 8 == 0, words.u64(0) == magic else {
      throw FormatError(format: "sancov", offset: 0, expected: "64-bit addresses")
    }
    return stride(from: 8, to: bytes.count, by: 8).map(words.u64)
  }
}
