import SalvageCoverage
package import SalvageReport
import SystemPackage

/// A form of the coverage report.
public enum ReportFormat: String, Sendable, Hashable, CaseIterable, Codable {
  /// A table by file, with the lines that did not run.
  case text
  /// LCOV's tracefile, as genhtml and most services read it.
  case lcov
  /// Our own documented schema.
  case json
  /// As `llvm-cov export` writes it.
  case llvmJSON = "llvm-json"

  /// Formats are given by these names on the command line.
  public var name: String { rawValue }

  /// Who writes it. `width` is that of the reader's terminal.
  package func exporter(width: Int? = nil) -> any Exporter {
    switch self {
    case .text: TextExporter(width: width, base: absolute(".").string)
    case .lcov: LCOVExporter()
    case .json: JSONExporter()
    case .llvmJSON: LLVMJSONExporter()
    }
  }
}
