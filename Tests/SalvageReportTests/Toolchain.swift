import SalvageSystem
import Subprocess
import SystemPackage
import Testing

@testable import SalvageCoverage

#if canImport(Glibc)
  import Glibc
#endif

/// The compilers and LLVM tools that the tests need, found as the command finds them.
enum Toolchain {
  /// The folder of the tools that `collectCoverage` uses.
  static let tools: LLVMTools? = {
    try? LLVMToolSearch().candidates().first.map {
      LLVMTools(profdata: $0.profdata, cov: $0.cov, majorVersion: 21)
    }
  }()

  /// clang and swiftc of the same toolchain: the tools surely read what they write.
  static func compiler(_ name: String) -> FilePath? {
    if let beside = tools?.cov.removingLastComponent().appending(name), exists(beside) {
      return beside
    }
    return find(name)
  }

  static let hasClang = tools != nil && compiler("clang") != nil
  static let hasSwift = tools != nil && compiler("swiftc") != nil
  static let rustc: FilePath? = find("rustc")

  /// An older LLVM, as Debian installs it beside others: compiler and tools.
  static let clang14 = find("clang-14")
  static let oldTools: LLVMTools? = {
    guard let profdata = find("llvm-profdata-14"), let cov = find("llvm-cov-14") else { return nil }
    return LLVMTools(profdata: profdata, cov: cov, majorVersion: 14)
  }()

  static func find(_ name: String) -> FilePath? {
    var folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
      .map(String.init)
    if let home = getenv("HOME") { folders.append(String(cString: home) + "/.cargo/bin") }
    return folders.map { FilePath($0).appending(name) }.first(where: exists)
  }

  static func exists(_ path: FilePath) -> Bool {
    path.withPlatformString { access($0, X_OK) == 0 }
  }

  /// Runs a program in a folder and answers its stdout; anything but exit 0 fails the test.
  @discardableResult
  static func run(
    _ tool: FilePath, _ arguments: [String], in folder: FilePath, profile: String = "/dev/null"
  ) async throws -> [UInt8] {
    let result = try await Subprocess.run(
      .path(tool), arguments: Arguments(arguments),
      environment: .inherit.updating(["LLVM_PROFILE_FILE": profile]), workingDirectory: folder,
      output: .bytes(limit: 1 << 28), error: .string(limit: 1 << 20))
    try #require(
      result.terminationStatus == .exited(0), "\(tool) \(arguments): \(result.standardError)")
    return result.standardOutput
  }
}

/// A folder for files, gone after the test.
struct TemporaryFolder: Sendable {
  private let scratch: ScratchFolder
  var path: FilePath { scratch.path }

  init() throws {
    scratch = try ScratchFolder()
  }

  func write(_ text: String, to name: String) throws -> FilePath {
    try scratch.write(Array(text.utf8), to: name)
  }

  func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
    try scratch.write(bytes, to: name)
  }

  static func read(_ path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
      let size = Int(try file.seek(offset: 0, from: .end))
      return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = try file.read(
          fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }
}
