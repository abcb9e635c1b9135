import Glibc
public import SystemPackage

/// Why a recording could not be made, used or read. `description` is one line that names the thing
/// and the cure.
public enum SalvageError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no recording at this path.
  case noRecording(FilePath)
  /// Something that is no recording is there, and will not be replaced.
  case notARecording(FilePath)
  /// Processes still count in it: their pids, as far as they are known.
  case inUse(FilePath, pids: [Int32])
  /// It was recorded before this machine was last started: nothing can be added.
  case otherBoot(FilePath)
  /// libsalvage.so is in none of these places.
  case libraryNotFound([FilePath])
  /// A path is longer than the contract holds.
  case pathTooLong(FilePath)
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
    case .inUse(let path, let pids) where pids.contains(getpid()):
      "the recording \(path) is where this shell's commands are recorded: leave it first with "
        + "`unset LD_PRELOAD SALVAGE_RECORDING`"
    case .inUse(let path, let pids):
      "the recording \(path) is in use"
        + (pids.isEmpty ? "" : " by process \(pids.map(String.init).joined(separator: ", "))")
        + ": wait for it, add to it with --append, or choose another place with -o"
    case .otherBoot(let path):
      "the recording \(path) is from before this machine was started: what runs now cannot be told "
        + "from what ran then, so nothing is added; choose another place with -o, or replace it (`salvage run` without "
        + "--append, `salvage env --fresh`)"
    case .libraryNotFound(let places):
      "libsalvage.so was not found; looked for " + places.map(\.string).joined(separator: ", ")
        + ": build the package again, or name the file in SALVAGE_LIBRARY"
    case .pathTooLong(let path):
      "the path is too long for a recording: \(path)"
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
