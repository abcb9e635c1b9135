import Foundation
import SystemPackage

/// Where things are: our command beside the test bundle, the fixtures in the source tree, and a
/// scratch directory that other users can pass through (rows change their user id).
enum Places {
  static let build: FilePath = {
    let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return FilePath(executable ?? "/").removingLastComponent()
  }()

  /// The real command. `SALVAGE_TEST_COMMAND` names another one, for example an installed one.
  static let salvage: FilePath = {
    if let named = ProcessInfo.processInfo.environment["SALVAGE_TEST_COMMAND"] {
      return FilePath(named)
    }
    return build.appending("salvage")
  }()

  static let tests = FilePath(#filePath).removingLastComponent().removingLastComponent()
  static let fixtures = tests.appending("Fixtures")

  /// One directory a test run, removed by the next run once its process is gone.
  static let scratch: FilePath = {
    let manager = FileManager.default
    for name in (try? manager.contentsOfDirectory(atPath: "/tmp")) ?? [] {
      guard name.hasPrefix("salvage-e2e-"), let pid = Int32(name.dropFirst(12)),
        kill(pid, 0) != 0, errno == ESRCH
      else { continue }
      try? manager.removeItem(atPath: "/tmp/\(name)")
    }
    let path = FilePath("/tmp/salvage-e2e-\(getpid())")
    try? manager.createDirectory(
      atPath: path.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755]
    )
    return path
  }()

  /// A new directory that everybody may write to. Tests run at the same time: where another has taken
  /// the name, this one gets the name with a number.
  static func fresh(_ name: String) throws -> FilePath {
    let parent = scratch.appending(name).removingLastComponent()
    try FileManager.default.createDirectory(
      atPath: parent.string, withIntermediateDirectories: true)
    var path = scratch.appending(name)
    var number = 1
    while mkdir(path.string, 0o777) != 0 {
      guard errno == EEXIST else { throw BuildFailed(description: "mkdir \(path): errno \(errno)") }
      number += 1
      path = scratch.appending("\(name)-\(number)")
    }
    chmod(path.string, 0o777)
    return path
  }

  /// The same for every fixture, with and without the shim.
  static let environment: [String: String] = [
    "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "SWIFT_BACKTRACE": "enable=no",
  ]
}

extension FilePath {
  var isThere: Bool { access(string, F_OK) == 0 }
}
