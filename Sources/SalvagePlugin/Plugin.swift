import Foundation
import PackagePlugin

/// `swift package salvage test`: the tests of a package under `salvage run`, and a report.
///
/// They are built in a folder of their own: `swift package` holds the lock of the usual one while a plugin runs.
@main
struct SalvagePlugin: CommandPlugin {
  private static let usage = """
    usage: swift package salvage test [OPTIONS OF salvage run] [-- OPTIONS OF swift test]
           swift package salvage COMMAND [ARGUMENTS]     report, open, uncovered, … of salvage
    """

  func performCommand(context: PluginContext, arguments: [String]) throws {
    guard let command = arguments.first, !["-h", "--help", "help"].contains(command) else {
      print(Self.usage)
      return
    }
    let root = context.package.directoryURL
    let scratch = root.appending(path: ".build/salvage")
    let salvage = try installed() ?? build(in: scratch.appending(path: "command"))
    guard command == "test" else { return try run(salvage, arguments, in: root) }
    let parts = arguments.dropFirst().split(
      separator: "--", maxSplits: 1, omittingEmptySubsequences: false)
    let swift = ["swift", "test", "--package-path", root.path, "--scratch-path", scratch.path]
    try run(
      salvage,
      ["run"] + parts[0] + ["--"] + swift + ["--enable-code-coverage"] + parts.dropFirst().joined(),
      in: root)
    try run(salvage, ["report"], in: root)
  }

  /// The command on PATH.
  private func installed() -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map { URL(filePath: String($0)).appending(path: "salvage") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// That of this very package, built once.
  private func build(in scratch: URL) throws -> URL {
    var package = URL(filePath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    print("salvage is not on PATH: it is built in \(scratch.path), once")
    let words = ["swift", "build", "--package-path", package.path, "--scratch-path", scratch.path]
    try run(URL(filePath: "/usr/bin/env"), words + ["-c", "release", "--product", "salvage"])
    return scratch.appending(path: "release/salvage")
  }

  private func run(_ program: URL, _ arguments: [String], in folder: URL? = nil) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    try process.run()
    process.waitUntilExit()
    let status = process.terminationStatus
    guard process.terminationReason != .exit || status != 0 else { return }
    // What it was has been told by the program itself.
    exit(process.terminationReason == .exit ? status : 128 + status)
  }
}
