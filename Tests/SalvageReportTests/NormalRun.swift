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
  func toolsOwn(_ format: String, in folder: FilePath) async throws -> [UInt8] {
    let tools = try #require(Toolchain.tools)
    let merged = profile.string + ".profdata"
    try await Toolchain.run(
      tools.profdata, ["merge", profile.string, "-o", merged], in: folder)
    return try await Toolchain.run(
      tools.cov,
      ["export", program.string, "-instr-profile=" + merged, "-format=" + format], in: folder)
  }

  /// Reads a raw profile of version 10 (InstrProfData.inc of LLVM 19 and later).
  private static func counters(
    _ raw: LittleEndian, _ image: ELFImage, _ program: FilePath
  ) throws -> ObjectCounters {
    try #require(raw.u64(0) == 0xff6c_7072_6f66_7281 && raw.u64(8) & 0xff == 10)
    let isByteCoverage = raw.u64(8) & 1 << 60 != 0
    let words = (0..<16).map { Int(truncatingIfNeeded: raw.u64($0 * 8)) }
    let start = 128 + words[2] + words[3] * 64 + words[4]
    let size = words[5] * (isByteCoverage ? 1 : 8)
    let bitmapStart = start + size + words[6]
    var regions = [
      Region(
        address: try #require(image.section("__llvm_prf_cnts")).address,
        kind: isByteCoverage ? .and8 : .add64, bytes: Array(raw.bytes[start..<start + size]))
    ]
    if let bits = image.section("__llvm_prf_bits"), bits.size > 0 {
      regions.append(
        Region(
          address: bits.address, kind: .or8,
          bytes: Array(raw.bytes[bitmapStart..<bitmapStart + words[7]])))
    }
    let names = try #require(image.section("__llvm_prf_names"))
    let data = try #require(image.section("__llvm_prf_data"))
    let counters = try #require(image.section("__llvm_prf_cnts"))
    let identity = LLVMIdentity.of(
      records: try image.bytes(of: data), stride: 64, names: try image.bytes(of: names),
      counterBytes: counters.size)
    return ObjectCounters(
      identity: identity, source: .llvm, regions: regions, lives: 1, origin: program)
  }
}

/// Writes what the injected library keeps of an object: sections, a table, nothing else.
enum KeptObject {
  static let sections = [
    "__llvm_prf_names", "__llvm_prf_data", "__llvm_prf_cnts", "__llvm_prf_bits", "__llvm_covmap",
    "__llvm_covfun", ".note.gnu.build-id",
  ]

  static func bytes(of program: FilePath, keeping names: [String] = sections) throws -> [UInt8] {
    let image = try ELFImage(path: program)
    var bodies: [(section: ELFImage.Section, bytes: [UInt8])] = []
    for name in names {
      guard let section = image.section(name) else { continue }
      bodies.append((section, try image.bytes(of: section)))
    }
    return ELFBuilder.file(machine: image.machine, bodies)
  }
}

/// A minimal ELF file with the given sections.
enum ELFBuilder {
  static func file(
    machine: UInt16 = 62, _ bodies: [(section: ELFImage.Section, bytes: [UInt8])]
  ) -> [UInt8] {
    var out = LittleEndianBuilder()
    var table = LittleEndianBuilder()
    var names: [UInt8] = [0]
    table.append([UInt8](repeating: 0, count: 64))
    out.append([UInt8](repeating: 0, count: 64))
    let namesSection = ELFImage.Section(
      name: ".shstrtab", type: 3, flags: 0, address: 0, offset: 0, size: 0)
    for (section, bytes) in bodies + [(namesSection, [])] {
      out.pad(to: 8)
      let name = UInt32(names.count)
      names += Array(section.name.utf8) + [0]
      let body = section.type == 3 ? names : bytes
      table.append(name)
      table.append(section.type)
      table.append(section.flags)
      table.append(section.address)
      table.append(UInt64(out.bytes.count))
      table.append(section.type == ELFImage.noBits ? section.size : UInt64(body.count))
      for word in [0, 8, 0] as [UInt64] { table.append(word) }
      if section.type != ELFImage.noBits { out.append(body) }
    }
    out.pad(to: 8)
    let tableOffset = out.bytes.count
    out.append(table.bytes)
    var header = LittleEndianBuilder()
    header.append([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9))
    header.append(1 as UInt16)
    header.append(machine)
    header.append(1 as UInt32)
    for word in [0, 0, UInt64(tableOffset)] as [UInt64] { header.append(word) }
    header.append(0 as UInt32)
    let count = UInt16(bodies.count + 2)
    for half in [64, 0, 0, 64, count, count - 1] as [UInt16] { header.append(half) }
    return header.bytes + out.bytes[64...]
  }
}
