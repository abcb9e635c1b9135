import Foundation
import SystemPackage

/// Pythons with coverage.py, pytest, pytest-cov and pytest-xdist from PyPI: a virtual environment for each, made once
/// under the build directory and kept.
actor PythonTools {
  static let shared = PythonTools()

  private var environments: [String: Task<FilePath?, Never>] = [:]

  /// The directory of its programs; nil, with a printed reason, where it can't be made.
  func programs(of python: Python) async -> FilePath? {
    if let known = environments[python.name] { return await known.value }
    let task = Task { await Self.make(python) }
    environments[python.name] = task
    return await task.value
  }

  private static func make(_ python: Python) async -> FilePath? {
    let root = Places.build.appending("pythons").appending(python.name)
    let programs = root.appending("bin")
    let done = root.appending("complete-2")
    if done.isThere { return programs }
    try? FileManager.default.removeItem(atPath: root.string)
    let steps: [(FilePath, [String])] = [
      (python.program, ["-m", "venv", root.string]),
      (
        programs.appending("pip"),
        [
          "install", "-q", "--disable-pip-version-check", "--retries", "1", "coverage", "pytest",
          "pytest-cov", "pytest-xdist",
        ]
      ),
    ]
    for (program, arguments) in steps {
      let environment = ProcessInfo.processInfo.environment
      let result = try? await execute(
        program, arguments, environment: environment, directory: "/", seconds: 300)
      guard let result, result.status == .exit(0) else {
        print("skipped: \(python) with coverage.py: \(result?.errors ?? "no answer")")
        return nil
      }
    }
    _ = FileManager.default.createFile(atPath: done.string, contents: nil)
    return programs
  }
}
