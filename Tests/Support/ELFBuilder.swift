package import SalvageSystem

/// A minimal ELF file with the given sections.
package enum ELFBuilder {
  package static func section(
    _ name: String, type: UInt32, address: UInt64, size: UInt64
  ) -> ELFImage.Section {
    ELFImage.Section(name: name, type: type, flags: 2, address: address, offset: 0, size: size)
  }

  package static func file(
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
