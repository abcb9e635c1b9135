public import SystemPackage

/// Why a file of a recording could not be read. It names the file; the rest of the recording stands.
public struct RecordError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with the file.
  package enum Problem: Sendable, Hashable {
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
  package enum ArchiveProblem: Sendable, Hashable {
    /// Its end is not there; the number of bytes there are.
    case cut(Int)
    /// Its checksum is not that of its bytes.
    case altered
    case version(found: UInt32, known: UInt32)
  }

  /// The file.
  public package(set) var path: FilePath
  package var problem: Problem

  package init(_ path: FilePath, _ problem: Problem) {
    self.path = path
    self.problem = problem
  }

  /// What is wrong with a file, for programs that act on it. Later versions may have more.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The name of the constant.
    public let description: String

    /// A system call failed: ``RecordError/errno``.
    public static let systemCallFailed = Code(description: "systemCallFailed")
    /// Shorter than its own header says.
    public static let truncated = Code(description: "truncated")
    /// The bytes contradict themselves or the format.
    public static let malformed = Code(description: "malformed")
    /// Written by another version of the format.
    public static let unknownVersion = Code(description: "unknownVersion")
    /// Not a file of a recording at all.
    public static let foreign = Code(description: "foreign")
    /// It changed faster than it could be read.
    public static let unstable = Code(description: "unstable")
    /// Another input has a part of it, so adding both would count that twice.
    public static let overlapping = Code(description: "overlapping")
    /// The checksum of an archive is not that of its bytes.
    public static let altered = Code(description: "altered")
  }

  /// What is wrong with it.
  public var code: Code {
    switch problem {
    case .system: .systemCallFailed
    case .truncated, .archive(.cut): .truncated
    case .malformed: .malformed
    case .version, .archive(.version): .unknownVersion
    case .foreign: .foreign
    case .unstable: .unstable
    case .overlap: .overlapping
    case .archive(.altered): .altered
    }
  }

  /// What the system said.
  public var errno: Errno? {
    if case .system(_, let code) = problem { Errno(rawValue: code) } else { nil }
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
