public import SystemPackage

/// Why a file of a recording could not be read. It names the file; the rest of the recording stands.
public struct RecordError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with the file.
  public enum Problem: Sendable, Hashable {
    /// A system call failed with this errno.
    case system(String, Int32)
    /// Shorter than its own header says; the number of bytes there are.
    case truncated(Int)
    /// The bytes contradict themselves or the format, in a few words.
    case malformed(String)
    /// Written by another version of the format.
    case version(found: UInt32, known: UInt32)
    /// Not a file of this kind at all.
    case foreign
    /// It changed faster than it could be read.
    case unstable
  }

  public var path: FilePath
  public var problem: Problem

  public init(_ path: FilePath, _ problem: Problem) {
    self.path = path
    self.problem = problem
  }

  public var description: String {
    "\(path): \(problem.sentence)"
  }
}

extension RecordError.Problem {
  var sentence: String {
    switch self {
    case .system(let call, let code):
      "\(call) failed: \(Errno(rawValue: code))"
    case .truncated(let bytes):
      "the file is cut short (\(bytes) bytes); what is left of it was read"
    case .malformed(let what):
      "damaged: \(what)"
    case .version(let found, let known):
      "written in version \(found) of the format, this command reads version \(known);"
        + " use the salvage command that made the recording"
    case .foreign:
      "not a file of a recording"
    case .unstable:
      "it kept changing while it was read; read it again when the processes have ended"
    }
  }
}
