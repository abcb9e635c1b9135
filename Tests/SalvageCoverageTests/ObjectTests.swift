import SalvageRecord
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage

/// What is wrong with one object is said, and costs nothing else.
@Suite struct ObjectTests {
  private func problem(_ counters: ObjectCounters) -> ObjectProblem.Kind? {
    do throws(ObjectProblem) {
      _ = try LLVMObject(counters)
      return nil
    } catch {
      #expect(error.description.hasPrefix(error.subject + ": "))
      #expect(!error.description.contains("\n"))
      return error.kind
    }
  }

  @Test func readsWhatWasKept() throws {
    let (folder, counters) = try SampleObject.make()
    let object = try LLVMObject(counters)
    #expect(object.mappingVersion == 7 && object.file == counters.keptObject)
    #expect(try object.profile().records.count == 2)
    withExtendedLifetime(folder) {}
  }

  @Test func namesWhatIsMissing() throws {
    let (folder, whole) = try SampleObject.make()
    var counters = whole
    counters.keptObject = nil
    #expect(problem(counters) == .missing)
    counters.keptObject = "/proc/nonexistent.obj"
    #expect(problem(counters) == .missing)
    // Something else is where the program was.
    counters.origin = try folder.write(Array("#!/bin/sh\n".utf8), to: "script")
    #expect(problem(counters) == .missing)
    counters.origin = whole.keptObject
    #expect(problem(counters) == .changed)
    counters = whole
    counters.regions[0].bytes.removeLast()
    #expect(problem(counters) == .foreignCounters)
    counters.regions = []
    #expect(problem(counters) == .foreignCounters)
  }

  /// The program is used where the kept sections are not enough, if it is the recorded one by all
  /// that its counters mean.
  @Test func fallsBackToTheProgram() throws {
    let (folder, whole) = try SampleObject.make()
    var counters = whole
    counters.origin = whole.keptObject
    counters.keptObject = nil
    counters.identity = LLVMIdentity.of(
      records: ProfileTests.records(.v10), stride: 64, names: [1, 0, 65],
      counters: (ProfileTests.counters, 40), mapping: SampleObject.mapping())
    #expect(try LLVMObject(counters).file == counters.origin)
    // Damaged sections in the recording.
    counters.keptObject = try folder.write(
      Array(SampleObject.file()[..<200]), to: "damaged.obj")
    #expect(try LLVMObject(counters).file == counters.origin)
    // Sections without mapping: then their names and records are compared.
    let bare = ELFBuilder.file([
      (ELFBuilder.section("__llvm_prf_names", type: 1, address: 0x500, size: 3), [1, 0, 65]),
      (
        ELFBuilder.section(
          "__llvm_prf_data", type: 1, address: ProfileTests.data, size: 128),
        ProfileTests.records(.v10)
      ),
      (
        ELFBuilder.section(
          "__llvm_prf_cnts", type: 8, address: ProfileTests.counters, size: 40), []
      ),
    ])
    counters.keptObject = try folder.write(bare, to: "bare.obj")
    counters.identity = 1
    #expect(try LLVMObject(counters).file == counters.origin)
    // What was kept says more than what became of the program.
    for origin in ["/proc/nonexistent", "/", "/bin/sh"] as [FilePath] {
      counters.origin = origin
      #expect(problem(counters) == .noMapping)
    }
    counters.keptObject = nil
    counters.origin = "/"
    #expect(problem(counters) == .missing)
  }

  /// Cut at each byte: a problem, never a trap. Only the last bytes of the section table's padding
  /// could go unnoticed, and there is none.
  @Test func survivesTruncation() throws {
    let folder = try ScratchFolder()
    let whole = SampleObject.file()
    for length in stride(from: 0, to: whole.count, by: 3) {
      let cut = try folder.write(Array(whole[..<length]), to: "cut.obj")
      let counters = SampleObject.counters(kept: cut)
      #expect(problem(counters) != nil, "\(length) bytes")
    }
  }

  @Test(arguments: [0x00, 0x7f, 0xff] as [UInt8])
  func survivesDamage(_ value: UInt8) throws {
    let folder = try ScratchFolder()
    var outcomes: [Bool: Int] = [:]
    for index in SampleObject.file().indices {
      var bytes = SampleObject.file()
      bytes[index] = value
      let kept = try folder.write(bytes, to: "damaged.obj")
      guard let object = try? LLVMObject(SampleObject.counters(kept: kept)) else {
        outcomes[false, default: 0] += 1
        continue
      }
      outcomes[true, default: 0] += 1
      for layout in RecordLayout.allCases { _ = try? object.profile().bytes(layout: layout) }
      _ = try? object.image()
    }
    #expect(outcomes[true, default: 0] > 0 && outcomes[false, default: 0] > 0)
  }

  /// An object that the tools cannot read is named with the version, and the others are reported.
  @Test func tooNewMappingsCostThemselvesOnly() async throws {
    let tools = try ToolSearchTests.Folder(["": "17.0.0"])
    let (folder, new) = try SampleObject.make(mappingVersion: 7)
    var python = new
    python.source = .python
    python.identity = 5
    let collected = try await collectCoverage(
      of: [new, python], search: ToolSearch(llvm: ToolSearchTests.search(folder: tools, path: [])))
    #expect(collected.problems.first?.name == "mapping-too-new")
    #expect(collected.problems.map(\.identity) == [new.identity, 5])
    #expect(collected.coverage.files.isEmpty)
    let text = collected.problems[0].description
    #expect(text.contains("version 8") && text.contains("LLVM 17") && text.contains("LLVM 23"))
    withExtendedLifetime(folder) {}
  }

  @Test func nothingNeedsNoTools() async throws {
    let nowhere = try ToolSearchTests.Folder([:])
    let collected = try await collectCoverage(
      of: [], search: ToolSearch(llvm: ToolSearchTests.search(path: [nowhere])))
    #expect(collected.coverage.files.isEmpty)
  }
}
