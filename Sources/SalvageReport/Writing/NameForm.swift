package import SalvageCoverage
import SalvageRecord
import SalvageSystem

/// Which names of files a format has a form for. A name that it has none for would name another file in it, or
/// none: that file is left out of it, and told.
package enum NameForm: Sendable {
  /// All: it is for people, who are shown what is not text.
  case shown
  /// Bytes, up to the end of the line (lcov).
  case line
  /// Unicode, with escapes for control characters, or quotes (JSON, CSV).
  case unicode
  /// Unicode without control characters but tab and line ends (XML, GitHub's commands).
  case plain

  func holds(_ name: String) -> Bool {
    switch self {
    case .shown: true
    case .line: !name.utf8.contains { $0 == 0x0a || $0 == 0x0d }
    case .unicode: !name.hasForeignBytes
    case .plain: !name.hasForeignBytes && name.unicodeScalars.allSatisfy(Self.isPlain)
    }
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0a, 0x0d: true
    case 0..<0x20, 0x7f..<0xa0, 0xfffe, 0xffff: false
    default: true
    }
  }
}

extension Coverage {
  /// The files that a format has no form for the names of.
  package func unnamed(in format: ReportFormat) -> [String] {
    files.lazy.map(\.path).filter { !format.names.holds($0) }
  }

  /// Without those.
  package func named(in format: ReportFormat) -> Coverage {
    let left = Set(unnamed(in: format))
    guard !left.isEmpty else { return self }
    var result = self
    result.files.removeAll { left.contains($0.path) }
    result.functions.removeAll { $0.fileNames.contains(where: left.contains) }
    return result
  }
}
