import Glibc
import Subprocess
package import SystemPackage

/// Running a tool of the toolchain.
enum ToolRun {
  /// How a tool ended, and the beginning of what it said on stderr.
  struct Outcome {
    var succeeded: Bool
    var messages: String
  }

  /// Runs a tool with stdout and stderr in files: both may be large, and a tool that waits for us to
  /// read would take longer. `input` is its stdin, which is empty without.
  static func run(
    _ tool: FilePath, _ arguments: [String], input: FilePath? = nil, output: FilePath,
    messages: FilePath
  ) async throws -> Outcome {
    let standardInput =
      try input.map { try FileDescriptor.open($0, .readOnly, options: [.closeOnExec]) }
      ?? emptyInput()
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

  /// What a tool says on stdout; nil where it fails.
  static func output(
    of tool: FilePath, _ arguments: [String], limit: Int = 1 << 16
  ) async throws -> String? {
    let standardInput = try emptyInput()
    defer { try? standardInput.close() }
    let result = try await Subprocess.run(
      .path(tool), arguments: Arguments(arguments), environment: environment,
      input: .fileDescriptor(standardInput, closeAfterSpawningProcess: false),
      output: .string(limit: limit), error: .string(limit: max(limit, 1 << 20)))
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

  /// A pipe that nothing writes to. Not /dev/null, which a chroot may lack: swift-subprocess 1.0.2 ends
  /// the whole process by SIGILL where it cannot open it.
  private static func emptyInput() throws -> FileDescriptor {
    let (input, writer) = try FileDescriptor.pipe(options: [.closeOnExec])
    try writer.close()
    return input
  }

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

/// What a tool says on stdout; nil where it fails.
package func toolOutput(
  _ tool: FilePath, _ arguments: [String], limit: Int
) async throws -> String? {
  try await ToolRun.output(of: tool, arguments, limit: limit)
}
