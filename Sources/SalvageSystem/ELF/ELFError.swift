package import SystemPackage

/// Why bytes are not an ELF file that we can read.
package enum ELFError: Error, Sendable, Hashable {
  /// The file could not be opened or read.
  case io(FilePath, Errno)
  /// The first bytes are not the ELF magic.
  case notELF
  /// 32-bit, big-endian, or an unknown version; the word names the field.
  case unsupported(String)
  /// A table or section reaches past the end of the file; the words say which.
  case truncated(String)
  /// A section is larger than the limit that the caller set.
  case tooLarge(section: String, size: UInt64)
}

extension ELFError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .io(let path, let errno): "\(path): \(errno)"
    case .notELF: "not an ELF file"
    case .unsupported(let what): "an ELF file with \(what), which is not supported"
    case .truncated(let what): "the \(what) reaches past the end of the file"
    case .tooLarge(let section, let size): "section \(section) claims \(size) bytes"
    }
  }
}
