import SalvageSystem
import SystemPackage
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord

/// Real objects with damaged bytes: a report is made, or a problem is named; nothing else.
@Suite(.enabled("needs clang and llvm-cov of one toolchain") { Toolchain.hasClang })
struct MappingDamageTests {
  /// The same numbers each time.
  private struct Dice {
    var state: UInt64
    mutating func roll(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
  }

  @Test(arguments: ["c-mcdc", "c-byte", "cxx"])
  func damaged(_ name: String) async throws {
    let folder = try TemporaryFolder()
    let program = try #require(TestProgram.clang.first { $0.name == name })
    let run = try await NormalRun(try await program.build(in: folder), in: folder.path)
    let kept = try await KeptObject.make(of: run.program, as: "kept.obj", in: folder.path)
    var counters = run.counters
    counters.origin = nil
    let bytes = try TemporaryFolder.read(kept)
    let image = try ELFImage(path: kept)
    let sections = KeptObject.sections.compactMap { image.section($0) }
      .filter { $0.type != ELFImage.noBits && $0.size > 0 && $0.name != "__llvm_prf_cnts" }
    var dice = Dice(state: 42)
    var (whole, problems) = (0, 0)
    for _ in 0..<400 {
      var damaged = bytes
      let section = sections[dice.roll(sections.count)]
      for _ in 0...dice.roll(3) {
        let at = Int(section.offset) + dice.roll(Int(section.size))
        let values: [UInt8] = [0, 0xff, 0x80, 0x7f, damaged[at] ^ 1, damaged[at] &+ 4, 5, 0x84]
        damaged[at] = values[dice.roll(values.count)]
      }
      counters.keptObject = try folder.write(damaged, to: "damaged.obj")
      do {
        let collected = try await collectCoverage(
          of: [counters], content: [.lines, .regions], search: HeaderTests.noTools)
        if collected.problems.isEmpty { whole += 1 } else { problems += 1 }
      } catch is any ToolsError {
        // Of a version that only tools could read.
        problems += 1
      }
    }
    // Many a byte matters, and many an other one does not.
    #expect(whole > 20 && problems > 20, "\(whole) \(problems)")
  }
}
