import SalvageSystem

/// Why a `.gcno` file is not read.
enum GcovGraphError: Error, Sendable, Hashable, CustomStringConvertible {
  case notNotes
  /// Of a compiler whose format is not known.
  case unknownVersion(UInt32)
  case truncated(offset: Int)
  /// It contradicts itself; the words say how.
  case damaged(String)
  /// A function's counters are of another build.
  case otherBuild(function: String)

  var description: String {
    switch self {
    case .notNotes: "is no .gcno file"
    case .unknownVersion(let word): "has the unknown version \(hex(UInt64(word)).suffix(8))"
    case .truncated(let offset): "ends in the middle of a record, at byte \(offset)"
    case .damaged(let what): "is damaged: \(what)"
    case .otherBuild(let function): "is of another build: the counters of \(function) do not fit"
    }
  }
}
