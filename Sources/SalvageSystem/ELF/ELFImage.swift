package import SystemPackage

/// A 64-bit little-endian ELF file, as far as coverage needs it: header, segments, sections.
///
/// Only the tables are read when it is made; the bytes of a section are read when they are asked
/// for, so a program of some hundred megabytes costs no more than a small one. Every offset and
/// size in the file is checked before use. Format: System V ABI, chapter 4 (elf(5)).
package struct ELFImage: Sendable {
  /// A row of the section header table.
  package struct Section: Sendable, Hashable {
    package var name: String
    /// `sh_type`; 8 (`SHT_NOBITS`) has no bytes in the file.
    package var type: UInt32
    package var flags: UInt64
    /// Link-time address; 0 for a section that is not loaded.
    package var address: UInt64
    package var offset: UInt64
    /// Bytes.
    package var size: UInt64

    package init(
      name: String, type: UInt32, flags: UInt64, address: UInt64, offset: UInt64, size: UInt64
    ) {
      self.name = name
      self.type = type
      self.flags = flags
      self.address = address
      self.offset = offset
      self.size = size
    }
  }

  /// A row of the program header table.
  package struct Segment: Sendable, Hashable {
    /// `p_type`: 1 `PT_LOAD`, 3 `PT_INTERP`, 4 `PT_NOTE`, …
    package var type: UInt32
    package var flags: UInt32
    package var offset: UInt64
    package var address: UInt64
    package var fileSize: UInt64
    package var memorySize: UInt64
  }

  /// `e_type`: 1 relocatable, 2 executable, 3 shared or PIE.
  package let type: UInt16
  /// `e_machine`: 62 x86-64, 183 aarch64.
  package let machine: UInt16
  package let segments: [Segment]
  package let sections: [Section]
  /// Size of the file, bytes.
  package var fileSize: UInt64 { bytes.count }

  private let bytes: ELFBytes

  package static let noBits: UInt32 = 8

  /// Reads the tables of a file.
  package init(path: FilePath) throws(ELFError) {
    try self.init(.file(ELFBytes.OpenFile(path)))
  }

  /// Reads the tables of a file that is in memory.
  package init(bytes: [UInt8]) throws(ELFError) {
    try self.init(.memory(bytes))
  }

  private init(_ bytes: ELFBytes) throws(ELFError) {
    guard bytes.count >= 4 else { throw .notELF }
    let magic = try bytes.read(0, 4, "magic")
    guard magic == [0x7f, 0x45, 0x4c, 0x46] else { throw .notELF }
    let ident = try bytes.read(0, 16, "header")
    guard ident[4] == 2 else { throw .unsupported("class \(ident[4])") }
    guard ident[5] == 1 else { throw .unsupported("byte order \(ident[5])") }
    let header = LittleEndian(try bytes.read(0, 64, "header"))
    self.bytes = bytes
    type = header.u16(16)
    machine = header.u16(18)
    segments = try Self.readSegments(bytes, header)
    sections = try Self.readSections(bytes, header)
  }

  /// The first section of that name.
  package func section(_ name: String) -> Section? {
    sections.first { $0.name == name }
  }

  /// The bytes of a section; zeros for one without bytes in the file.
  /// - Parameter limit: the largest size that the caller is ready to hold, bytes.
  package func bytes(of section: Section, limit: UInt64 = 4 << 30) throws(ELFError) -> [UInt8] {
    guard section.size <= limit else {
      throw .tooLarge(section: section.name, size: section.size)
    }
    if section.type == Self.noBits {
      // Nothing in the file bounds this size, so a hostile one must not become an allocation.
      guard section.size <= 256 << 20 else {
        throw .tooLarge(section: section.name, size: section.size)
      }
      return [UInt8](repeating: 0, count: Int(section.size))
    }
    return try bytes.read(section.offset, section.size, "section \(section.name)")
  }

  /// The first bytes of a section, at most `count`.
  package func prefix(of section: Section, _ count: UInt64) throws(ELFError) -> [UInt8] {
    var part = section
    part.size = min(section.size, count)
    return try bytes(of: part)
  }

  /// The loader that `PT_INTERP` names; nil for a static program or a plain library.
  package func interpreter() throws(ELFError) -> String? {
    guard let segment = segments.first(where: { $0.type == 3 }) else { return nil }
    let text = try bytes.read(segment.offset, min(segment.fileSize, 4096), "interpreter")
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The identifier that the linker gave (`NT_GNU_BUILD_ID`), if it gave one.
  package func buildID() throws(ELFError) -> [UInt8]? {
    // By name too: in <identity>.obj of a recording it is a section like all others.
    for section in sections where section.type == 7 || section.name == ".note.gnu.build-id" {
      if let id = Self.buildID(inNotes: LittleEndian(try bytes(of: section, limit: 1 << 20))) {
        return id
      }
    }
    for segment in segments where segment.type == 4 && segment.fileSize <= 1 << 20 {
      let notes = try bytes.read(segment.offset, segment.fileSize, "note segment")
      if let id = Self.buildID(inNotes: LittleEndian(notes)) { return id }
    }
    return nil
  }

  private static func buildID(inNotes notes: LittleEndian) -> [UInt8]? {
    var offset = 0
    while offset + 12 <= notes.count {
      let nameSize = Int(notes.u32(offset))
      let size = Int(notes.u32(offset + 4))
      let name = offset + 12
      let body = name + (nameSize + 3) & ~3
      guard body + size <= notes.count else { return nil }
      let isGNU = nameSize == 4 && notes.u32(name) == 0x0055_4e47
      if isGNU && notes.u32(offset + 8) == 3 {
        return Array(notes.bytes[body..<body + size])
      }
      offset = body + (size + 3) & ~3
    }
    return nil
  }

  private static func readSegments(
    _ bytes: ELFBytes, _ header: LittleEndian
  ) throws(ELFError) -> [Segment] {
    let count = UInt64(header.u16(56))
    guard count > 0 else { return [] }
    guard header.u16(54) == 56 else { throw .unsupported("program headers of an unknown size") }
    let table = LittleEndian(try bytes.read(header.u64(32), count * 56, "program header table"))
    return (0..<Int(count)).map { index in
      let at = index * 56
      return Segment(
        type: table.u32(at), flags: table.u32(at + 4), offset: table.u64(at + 8),
        address: table.u64(at + 16), fileSize: table.u64(at + 32), memorySize: table.u64(at + 40))
    }
  }

  private static func readSections(
    _ bytes: ELFBytes, _ header: LittleEndian
  ) throws(ELFError) -> [Section] {
    let offset = header.u64(40)
    guard offset != 0 else { return [] }
    guard header.u16(58) == 64 else { throw .unsupported("section headers of an unknown size") }
    var count = UInt64(header.u16(60))
    var names = UInt64(header.u16(62))
    if count == 0 || names == 0xffff {
      // More sections than the 16-bit fields hold: the real numbers are in section 0.
      let first = LittleEndian(try bytes.read(offset, 64, "section header table"))
      if count == 0 { count = first.u64(32) }
      if names == 0xffff { names = UInt64(first.u32(40)) }
    }
    let (size, overflow) = count.multipliedReportingOverflow(by: 64)
    guard !overflow else { throw .truncated("section header table") }
    let table = LittleEndian(try bytes.read(offset, size, "section header table"))
    guard names < count else { return [] }
    let at = Int(names) * 64
    let strings = try bytes.read(table.u64(at + 24), table.u64(at + 32), "section name table")
    return (0..<Int(count)).map { section(table, $0 * 64, strings) }
  }

  private static func section(_ table: LittleEndian, _ at: Int, _ strings: [UInt8]) -> Section {
    let start = Int(table.u32(at))
    let name =
      start < strings.count
      ? String(decoding: strings[start...].prefix { $0 != 0 }, as: UTF8.self) : ""
    return Section(
      name: name, type: table.u32(at + 4), flags: table.u64(at + 8), address: table.u64(at + 16),
      offset: table.u64(at + 24), size: table.u64(at + 32))
  }
}
