import Glibc
import Subprocess
import SystemPackage

/// Running a tool of the toolchain.
enum ToolRun {
  /// How a tool ended, and the beginning of what it said on stderr.
  struct Outcome {
    var succeeded: Bool
    var messages: String
  }

  /// Runs a tool with stdout and stderr in files: both may be large, and a tool that waits for us to
  /// read would take longer. `input` is its stdin.
  static func run(
    _ tool: FilePath, _ arguments: [String], input: FilePath = "/dev/null", output: FilePath,
    messages: FilePath
  ) async throws -> Outcome {
    let standardInput = try FileDescriptor.open(input, .readOnly, options: [.closeOnExec])
    defer { try? standardInput.close() }
    let out = try create(output)
    defer { try? out.close() }
    let err = try create(messages)
    defer { try? err.close() }
    let result = try await Subprocess.run(
      .path(tool), arguments: Arguments(arguments), environment: environment,
      input: .fileDescriptor(standardInput, closeAfterSpawningProcess: false),
      output: .fileDescriptor(out, closeAfterSpawningProcess: false),
      error: .fileDescriptor(err, closeAfterSpawningProcess: false))
    let text = String(decoding: try prefix(of: err, 1 << 16), as: UTF8.self)
    return Outcome(succeeded: result.terminationStatus == .exited(0), messages: text)
  }

  /// What a tool with a short answer says.
  static func output(of tool: FilePath, _ arguments: [String]) async throws -> String? {
    let result = try await Subprocess.run(
      .path(tool), arguments: Arguments(arguments), environment: environment,
      output: .string(limit: 1 << 16), error: .discarded)
    guard result.terminationStatus == .exited(0) else { return nil }
    return result.standardOutput
  }

  /// Ours without what would make a tool part of a recording, or write a profile of its own; messages are
  /// looked into, so they are in English.
  private static let environment = Environment.inherit.updating([
    "LD_PRELOAD": nil, "SALVAGE_RECORDING": nil, "LLVM_PROFILE_FILE": "/dev/null", "LC_ALL": "C",
    "GLIBC_TUNABLES": getenv("GLIBC_TUNABLES").map { String(cString: $0) } ?? malloc,
  ])

  /// The tools build large tables once and end: memory in large steps, and none given back on the way,
  /// spares them a tenth of their time (llvm-cov 21 on 25,000 functions, glibc 2.36). glibc.malloc of
  /// its manual's "Memory Allocation Tunables"; other names are ignored.
  private static let malloc = [
    "hugetlb=1", "mmap_threshold=1073741824", "trim_threshold=4294967296", "top_pad=67108864",
  ].map { "glibc.malloc." + $0 }.joined(separator: ":")

  private static func create(_ path: FilePath) throws -> FileDescriptor {
    try FileDescriptor.open(
      path, .readWrite, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
  }

  private static func prefix(of file: FileDescriptor, _ limit: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = try file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}
