package import SalvageRecord
public import SystemPackage

/// Why a recording could not be made, used or read. `description` is one line that names the thing
/// and the cure.
///
///     do {
///       recording = try Recording.create(at: ".salvage")
///     } catch where error.code == .recordingInUse {
///       print("still running: \(error.processIdentifiers)")
///     }
public struct SalvageError: Error {
  /// What went wrong, for programs that act on it. Later versions may have more.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The name of the constant.
    public let description: String

    /// There is no recording at the path.
    public static let recordingNotFound = Code(description: "recordingNotFound")
    /// Something that is no recording is at the path, and will not be replaced.
    public static let notARecording = Code(description: "notARecording")
    /// An archive is at the path, where only a recording will do.
    public static let archiveNotAllowed = Code(description: "archiveNotAllowed")
    /// Processes still count in the recording: ``SalvageError/processIdentifiers``.
    public static let recordingInUse = Code(description: "recordingInUse")
    /// Another command is replacing or removing the recording.
    public static let recordingBusy = Code(description: "recordingBusy")
    /// It was recorded before this machine was last started: nothing can be added.
    public static let recordingOfOtherBoot = Code(description: "recordingOfOtherBoot")
    /// libsalvage.so was not found.
    public static let libraryNotFound = Code(description: "libraryNotFound")
    /// The directory that a recording is to be made in is not there, or is none.
    public static let directoryNotFound = Code(description: "directoryNotFound")
    /// Nothing can be written in the directory.
    public static let placeRefused = Code(description: "placeRefused")
    /// Neither the directory nor a temporary one can do what a recording needs.
    public static let placeUnsuitable = Code(description: "placeUnsuitable")
    /// A path is longer than the contract of the library holds.
    public static let pathTooLong = Code(description: "pathTooLong")
    /// A Python source that the configuration names is not there.
    public static let pythonSourceNotFound = Code(description: "pythonSourceNotFound")
    /// The configuration names more Python sources than a recording holds.
    public static let tooManyPythonSources = Code(description: "tooManyPythonSources")
    /// A system call failed: ``SalvageError/errno``.
    public static let systemCallFailed = Code(description: "systemCallFailed")
    /// The command is not there (a shell's 127).
    public static let commandNotFound = Code(description: "commandNotFound")
    /// The command is there and cannot be executed (a shell's 126).
    public static let commandNotExecutable = Code(description: "commandNotExecutable")
    /// A file of the recording cannot be used: ``SalvageError/underlyingError`` is a ``RecordError``.
    public static let fileUnreadable = Code(description: "fileUnreadable")
    /// A file is larger than what is read of such.
    public static let fileTooLarge = Code(description: "fileTooLarge")
    /// The report could not be made.
    public static let reportFailed = Code(description: "reportFailed")
  }

  package let problem: Problem
  /// What a lower layer met, where there is more to know than ``description`` says.
  public let underlyingError: (any Error)?

  init(_ problem: Problem, _ underlyingError: (any Error)? = nil) {
    self.problem = problem
    self.underlyingError = underlyingError
  }
}

extension SalvageError {
  /// All that there is to say of it.
  package enum Problem: Sendable, Hashable {
    /// There is no recording at this path.
    case noRecording(FilePath)
    /// Something that is no recording is there, and will not be replaced.
    case notARecording(FilePath)
    /// An archive, where only a recording will do.
    case isArchive(FilePath)
    /// Processes still count in it: their pids, as far as they are known.
    case inUse(FilePath, pids: [Int32])
    /// Another command is replacing or removing it.
    case busy(FilePath)
    /// It was recorded before this machine was last started: nothing can be added.
    case otherBoot(FilePath)
    /// libsalvage.so is in none of these places.
    case libraryNotFound([FilePath])
    /// The directory that a recording is to be made in is not there, or is none.
    case noDirectory(FilePath, Errno)
    /// Nothing can be written in this directory.
    case placeRefused(FilePath, Errno)
    /// Neither this directory nor a temporary one can do this.
    case noPlace(FilePath, String)
    /// A path is longer than the contract holds.
    case pathTooLong(FilePath)
    /// A --python-source that is not there, and what may have been meant.
    case noPythonSource(FilePath, near: FilePath?)
    /// More by --python-source than a recording holds, in bytes.
    case tooManyPythonSources(limit: Int)
    /// A system call failed.
    case system(String, FilePath, Errno)
    /// The command is not there (a shell's 127).
    case commandNotFound(String)
    /// The command is there and cannot be executed (a shell's 126).
    case notExecutable(String, Errno)
    /// A file of the recording cannot be used.
    case unreadable(RecordError)
    /// A file is larger than what is read of such.
    case tooLarge(FilePath, size: Int, limit: Int)
    /// The report could not be made.
    case report(String)
  }
}

// MARK: What callers ask

extension SalvageError {
  /// What went wrong.
  public var code: Code {
    switch problem {
    case .noRecording: .recordingNotFound
    case .notARecording: .notARecording
    case .isArchive: .archiveNotAllowed
    case .inUse: .recordingInUse
    case .busy: .recordingBusy
    case .otherBoot: .recordingOfOtherBoot
    case .libraryNotFound: .libraryNotFound
    case .noDirectory: .directoryNotFound
    case .placeRefused: .placeRefused
    case .noPlace: .placeUnsuitable
    case .pathTooLong: .pathTooLong
    case .noPythonSource: .pythonSourceNotFound
    case .tooManyPythonSources: .tooManyPythonSources
    case .system: .systemCallFailed
    case .commandNotFound: .commandNotFound
    case .notExecutable: .commandNotExecutable
    case .unreadable: .fileUnreadable
    case .tooLarge: .fileTooLarge
    case .report: .reportFailed
    }
  }

  /// The file or directory that it concerns.
  public var path: FilePath? {
    switch problem {
    case .noRecording(let path), .notARecording(let path), .isArchive(let path),
      .inUse(let path, _), .busy(let path), .otherBoot(let path), .noDirectory(let path, _),
      .placeRefused(let path, _), .noPlace(let path, _), .pathTooLong(let path),
      .noPythonSource(let path, _), .system(_, let path, _), .tooLarge(let path, _, _):
      path
    case .unreadable(let error): error.path
    case .commandNotFound(let name), .notExecutable(let name, _): FilePath(name)
    case .libraryNotFound, .tooManyPythonSources, .report: nil
    }
  }

  /// What the system said.
  public var errno: Errno? {
    switch problem {
    case .noDirectory(_, let code), .placeRefused(_, let code), .system(_, _, let code),
      .notExecutable(_, let code):
      code
    case .unreadable(let error): error.errno
    default: nil
    }
  }

  /// Of a recording in use: the processes that count in it, as far as they are known.
  public var processIdentifiers: [Int32] {
    if case .inUse(_, let pids) = problem { pids } else { [] }
  }
}

extension SalvageError: Hashable {
  public static func == (left: SalvageError, right: SalvageError) -> Bool {
    left.problem == right.problem
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(problem) }
}

extension SalvageError: CustomStringConvertible {
  public var description: String { problem.sentence }
}
