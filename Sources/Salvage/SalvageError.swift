import Glibc
public import SystemPackage

/// Why a recording could not be made, used or read. `description` is one line that names the thing
/// and the cure.
public enum SalvageError: Error, Sendable, Hashable, CustomStringConvertible {
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
  case unreadable(String)
  /// The report could not be made.
  case report(String)

  public var description: String {
    switch self {
    case .noRecording(let path):
      "there is no recording at \(path): make one with `salvage run -o \(path) -- CMD`"
    case .notARecording(let path):
      "\(path) is not a recording, and is left alone: choose another place with -o"
    case .isArchive(let path):
      "\(path) is an archive: it can be read and merged, and not be recorded into or changed"
    case .inUse(let path, let pids) where pids.contains(getpid()):
      "the recording \(path) is where this shell's commands are recorded: leave it first with "
        + "`unset LD_PRELOAD SALVAGE_RECORDING`"
    case .inUse(let path, let pids):
      "the recording \(path) is in use"
        + (pids.isEmpty ? "" : " by process \(pids.map(String.init).joined(separator: ", "))")
        + ": wait for it, add to it with --append, or choose another place with -o"
    case .busy(let path):
      "another command is replacing or removing the recording \(path): try again when it has ended"
    case .otherBoot(let path):
      "the recording \(path) is from before this machine was started: what runs now cannot be told "
        + "from what ran then, so nothing is added; choose another place with -o, or replace it (`salvage run` without "
        + "--append, `salvage env --fresh`)"
    case .libraryNotFound(let places):
      "libsalvage.so was not found; looked for " + places.map(\.string).joined(separator: ", ")
        + ": build the package again, or name the file in SALVAGE_LIBRARY"
    case .noDirectory(let path, let code):
      "cannot make a recording in \(path): \(code); make that directory first, or choose another place with -o"
    case .placeRefused(let path, let code):
      "cannot write in \(path): \(code); choose another place for the recording with -o"
    case .noPlace(let path, let what):
      "neither \(path) nor /dev/shm, /var/tmp or /tmp can \(what): choose another place with -o, on a file"
        + " system that is not mounted noexec"
    case .pathTooLong(let path):
      "the path is too long for a recording: \(path); choose another place with -o"
    case .noPythonSource(let path, let near):
      "--python-source \(path): there is no such directory or file"
        + (near.map { "; did you mean \($0)?" } ?? "")
    case .tooManyPythonSources(let limit):
      "--python-source: more paths and names than a recording holds (\(limit) bytes); name a directory above them"
    case .system(let what, let path, let code):
      "cannot \(what) \(path): \(code)"
    case .commandNotFound(let name):
      "\(name): command not found"
    case .notExecutable(let name, let code):
      "\(name): \(code)"
    case .unreadable(let what), .report(let what):
      what
    }
  }
}
