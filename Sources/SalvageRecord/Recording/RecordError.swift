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
    /// Another input has a part of it, so adding both would count that twice.
    case overlap(with: FilePath, recording: String)
    /// An archive that is not read at all.
    case archive(ArchiveProblem)
  }

  /// Why nothing of an archive is believed.
  public enum ArchiveProblem: Sendable, Hashable {
    /// Its end is not there; the number of bytes there are.
    case cut(Int)
    /// Its checksum is not that of its bytes.
    case altered
    case version(found: UInt32, known: UInt32)
  }

  public var path: FilePath
  public var problem: Problem

  public init(_ path: FilePath, _ problem: Problem) {
    self.path = path
    self.problem = problem
  }

  var isMissingFile: Bool {
    if case .system(_, Errno.noSuchFileOrDirectory.rawValue) = problem { true } else { false }
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
    case .overlap(let other, let recording):
      "\(other) has a part of it (recording \(recording)), and each has what the other lacks: what both have would"
        + " count twice; give what they were made of, or one of the two"
    case .archive(.cut(let bytes)):
      "the archive is cut off (\(bytes) bytes), and nothing of it is used; copy it again, or make it again"
    case .archive(.altered):
      "the archive was altered: its checksum is not that of its bytes, and nothing of it is used; copy it again,"
        + " or make it again"
    case .archive(.version(let found, let known)):
      "an archive in version \(found) of its form, and this command reads version \(known); upgrade the salvage"
        + " that is the older of the two"
    case .foreign:
      "not a file of a recording"
    case .unstable:
      "it kept changing while it was read; read it again when the processes have ended"
    }
  }
}
