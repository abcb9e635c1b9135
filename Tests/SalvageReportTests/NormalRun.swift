import SalvageSystem
import SystemPackage
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord

/// An instrumented program that ran normally with LLVM's own runtime, and what its profile says:
/// the same counters that a recording would have.
struct NormalRun {
  var program: FilePath
  var profile: FilePath
  var counters: ObjectCounters

  /// Runs the program once, and takes the counters from its raw profile.
  init(_ program: FilePath, _ arguments: [String] = [], in folder: FilePath) async throws {
    self.program = program
    profile = folder.appending((program.lastComponent?.string ?? "p") + ".profraw")
    try await Toolchain.run(program, arguments, in: folder, profile: profile.string)
    let image = try ELFImage(path: program)
    let raw = LittleEndian(try TemporaryFolder.read(profile))
    counters = try Self.counters(raw, image, program)
  }

  /// What llvm-profdata and llvm-cov say of the profile that the runtime wrote.
  func toolsOwn(
    _ format: String, in folder: FilePath, profdata: FilePath? = nil, cov: FilePath? = nil
  ) async throws -> [UInt8] {
    let tools = try #require(Toolchain.tools)
    let merged = profile.string + ".profdata"
    try await Toolchain.run(
      profdata ?? tools.profdata, ["merge", profile.string, "-o", merged], in: folder)
    return try await Toolchain.run(
      cov ?? tools.cov,
      ["export", program.string, "-instr-profile=" + merged, "-format=" + format], in: folder)
  }

  /// Reads a raw profile of version 8 or 10 (InstrProfData.inc of LLVM 14, and 19 and later).
  private static func counters(
    _ raw: LittleEndian, _ image: ELFImage, _ program: FilePath
  ) throws -> ObjectCounters {
    try #require(raw.u64(0) == 0xff6c_7072_6f66_7281)
    let layout = try #require(RecordLayout(rawVersion: Int(raw.u64(8) & 0xff)))
    try #require(layout != .v9)
    let isByteCoverage = raw.u64(8) & 1 << 60 != 0
    let words = (0..<11).map { Int(truncatingIfNeeded: raw.u64($0 * 8)) }
    let start = (layout == .v8 ? 88 : 128) + words[2] + words[3] * layout.stride + words[4]
    let size = words[5] * (isByteCoverage ? 1 : 8)
    let bitmapStart = start + size + words[6]
    var regions = [
      Region(
        address: try #require(image.section("__llvm_prf_cnts")).address,
        kind: isByteCoverage ? .and8 : .add64, bytes: Array(raw.bytes[start..<start + size]))
    ]
    if layout != .v8, let bits = image.section("__llvm_prf_bits"), bits.size > 0 {
      regions.append(
        Region(
          address: bits.address, kind: .or8,
          bytes: Array(raw.bytes[bitmapStart..<bitmapStart + words[7]])))
    }
    let names = try #require(image.section("__llvm_prf_names"))
    let data = try #require(image.section("__llvm_prf_data"))
    let counters = try #require(image.section("__llvm_prf_cnts"))
    let identity = LLVMIdentity.of(
      records: try image.bytes(of: data), stride: layout.stride, names: try image.bytes(of: names),
      counters: (counters.address, counters.size),
      mapping: try KeptObject.mapping.compactMap { image.section($0) }
        .filter { $0.type != ELFImage.noBits }.map { try image.bytes(of: $0) })
    return ObjectCounters(
      identity: identity, source: .llvm, regions: regions, lives: 1, origin: program)
  }
}

/// What the injected library keeps of an object, made by another tool: these sections and no code.
enum KeptObject {
  static let mapping = ["__llvm_covmap", "__llvm_covfun"]
  static let sections =
    ["__llvm_prf_names", "__llvm_prf_data", "__llvm_prf_cnts", "__llvm_prf_bits"] + mapping

  static func make(
    of program: FilePath, keeping names: [String] = sections, as name: String, in folder: FilePath
  ) async throws -> FilePath {
    let kept = folder.appending(name)
    let objcopy = try #require(Toolchain.compiler("llvm-objcopy"))
    try await Toolchain.run(
      objcopy, names.map { "--only-section=" + $0 } + [program.string, kept.string], in: folder)
    return kept
  }
}
