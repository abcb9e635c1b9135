import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@Suite struct ELFImageTests {
  static let sample = ELFBuilder.file([
    (ELFBuilder.section("one", type: 1, address: 0x1000, size: 5), [1, 2, 3, 4, 5]),
    (ELFBuilder.section("zeros", type: 8, address: 0x2000, size: 16), []),
    (ELFBuilder.section(".note.gnu.build-id", type: 7, address: 0, size: 20), note),
  ])
  /// name size 4, id size 4, type 3, "GNU", the id
  static let note: [UInt8] = [4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 0x47, 0x4e, 0x55, 0, 9, 8, 7, 6]

  @Test func readsWhatWasWritten() throws {
    let image = try ELFImage(bytes: Self.sample)
    #expect(image.type == 1 && image.machine == 62)
    #expect(
      image.sections.map(\.name) == ["", "one", "zeros", ".note.gnu.build-id", ".shstrtab"])
    let one = try #require(image.section("one"))
    #expect(one.address == 0x1000 && one.flags == 2)
    #expect(try image.bytes(of: one) == [1, 2, 3, 4, 5])
    #expect(try image.prefix(of: one, 2) == [1, 2])
    #expect(try image.bytes(of: #require(image.section("zeros"))) == Array(repeating: 0, count: 16))
    #expect(try image.buildID() == [9, 8, 7, 6])
    #expect(try image.interpreter() == nil)
    #expect(throws: ELFError.tooLarge(section: "one", size: 5)) {
      try image.bytes(of: one, limit: 4)
    }
  }

  @Test func readsOurOwnProgram() throws {
    let image = try ELFImage(path: "/proc/self/exe")
    #expect(try #require(try image.interpreter()).hasPrefix("/lib"))
    #expect(image.segments.contains { $0.type == 1 })
    let text = try #require(image.section(".text"))
    #expect(try image.prefix(of: text, 16).count == 16)
  }

  @Test(arguments: [
    ("/proc/nonexistent", ELFError.io("/proc/nonexistent", .noSuchFileOrDirectory)),
    ("/", .notELF), ("/dev/null", .notELF), ("/etc/passwd", .notELF),
  ])
  func refuses(_ path: String, _ error: ELFError) {
    #expect(throws: error) { try ELFImage(path: FilePath(path)) }
  }

  @Test func refusesOtherClassesAndByteOrders() {
    var bytes = Self.sample
    bytes[4] = 1
    #expect(throws: ELFError.unsupported("class 1")) { try ELFImage(bytes: bytes) }
    bytes = Self.sample
    bytes[5] = 2
    #expect(throws: ELFError.unsupported("byte order 2")) { try ELFImage(bytes: bytes) }
  }

  /// Cut at each byte: an error, or sections that are not read past the end.
  @Test func survivesTruncation() {
    for length in 0..<Self.sample.count {
      #expect(throws: ELFError.self) {
        let image = try ELFImage(bytes: Array(Self.sample[..<length]))
        for section in image.sections { _ = try image.bytes(of: section) }
      }
    }
  }

  /// Each byte set to values that overflow sizes and offsets: no trap, whatever comes out.
  @Test(arguments: [0x00, 0x7f, 0x80, 0xff] as [UInt8])
  func survivesDamage(_ value: UInt8) {
    var parsed = 0
    for index in Self.sample.indices {
      var bytes = Self.sample
      bytes[index] = value
      guard let image = try? ELFImage(bytes: bytes) else { continue }
      parsed += 1
      for section in image.sections { _ = try? image.bytes(of: section, limit: 1 << 20) }
      _ = try? image.buildID()
      _ = try? image.interpreter()
    }
    #expect(parsed > Self.sample.count / 2)
  }

  /// More than 65,279 sections: the numbers are in section 0 (`e_shnum` 0, `SHN_XINDEX`).
  @Test func readsExtendedNumbers() throws {
    var bytes = Self.sample
    let table = Int(LittleEndian(bytes).u64(40))
    bytes[table + 32] = bytes[60]
    bytes[table + 40] = bytes[62]
    bytes.replaceSubrange(60..<64, with: [0, 0, 0xff, 0xff])
    #expect(try ELFImage(bytes: bytes).section("one") != nil)
  }
}
