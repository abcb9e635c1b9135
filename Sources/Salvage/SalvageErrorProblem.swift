import Glibc
package import SalvageRecord
package import SystemPackage

// How errors are made, and what they say.

extension SalvageError {
  package static func noRecording(_ path: FilePath) -> Self { Self(.noRecording(path)) }
  package static func notARecording(_ path: FilePath) -> Self { Self(.notARecording(path)) }
  package static func isArchive(_ path: FilePath) -> Self { Self(.isArchive(path)) }
  package static func inUse(_ path: FilePath, pids: [Int32]) -> Self {
    Self(.inUse(path, pids: pids))
  }
  package static func busy(_ path: FilePath) -> Self { Self(.busy(path)) }
  package static func otherBoot(_ path: FilePath) -> Self { Self(.otherBoot(path)) }
  package static func libraryNotFound(_ places: [FilePath]) -> Self {
    Self(.libraryNotFound(places))
  }
  package static func noDirectory(_ path: FilePath, _ errno: Errno) -> Self {
    Self(.noDirectory(path, errno))
  }
  package static func placeRefused(_ path: FilePath, _ errno: Errno) -> Self {
    Self(.placeRefused(path, errno))
  }
  package static func noPlace(_ path: FilePath, _ what: String) -> Self {
    Self(.noPlace(path, what))
  }
  package static func pathTooLong(_ path: FilePath) -> Self { Self(.pathTooLong(path)) }
  package static func noPythonSource(_ path: FilePath, near: FilePath?) -> Self {
    Self(.noPythonSource(path, near: near))
  }
  package static func tooManyPythonSources(limit: Int) -> Self {
    Self(.tooManyPythonSources(limit: limit))
  }
  package static func system(_ what: String, _ path: FilePath, _ errno: Errno) -> Self {
    Self(.system(what, path, errno))
  }
  package static func commandNotFound(_ what: String) -> Self { Self(.commandNotFound(what)) }
  package static func notExecutable(_ what: String, _ errno: Errno) -> Self {
    Self(.notExecutable(what, errno))
  }
  package static func tooLarge(_ path: FilePath, size: Int, limit: Int) -> Self {
    Self(.tooLarge(path, size: size, limit: limit))
  }
  package static func unreadable(_ error: RecordError) -> Self { Self(.unreadable(error), error) }
  package static func unreadable(_ error: any Error) -> Self {
    if let error = error as? RecordError { .unreadable(error) } else { .report(error) }
  }
  package static func report(_ what: String) -> Self { Self(.report(what)) }
  package static func report(_ error: any Error) -> Self { Self(.report("\(error)"), error) }
}

extension SalvageError.Problem {
  var sentence: String {
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
    case .unreadable(let error): error.description
    case .tooLarge(let path, let size, let limit):
      "\(path): it has \(size) bytes, at most \(limit) are read"
    case .report(let what): what
    }
  }
}
