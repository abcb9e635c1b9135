extension ELFImage {
  /// A row of a symbol table (`Elf64_Sym`, elf(5)).
  package struct Symbol: Sendable {
    /// Its bytes, without the NUL.
    package let name: ArraySlice<UInt8>
    /// `STT_FUNC`.
    package let isFunction: Bool
    /// It comes from another object.
    package let isUndefined: Bool
    package let address: UInt64
    /// Bytes.
    package let size: UInt64
  }

  /// The tables of symbols that a file may have.
  package enum SymbolTable: Sendable {
    /// `.symtab`, which strip(1) removes.
    case all
    /// `.dynsym`, which the loader uses.
    case dynamic

    fileprivate var sections: (table: String, names: String) {
      switch self {
      case .all: (".symtab", ".strtab")
      case .dynamic: (".dynsym", ".dynstr")
      }
    }
  }

  /// Calls with each symbol of a table whose name is inside the file; false where there is no such table.
  package func forEachSymbol(of table: SymbolTable, _ body: (Symbol) -> Void) throws(ELFError)
    -> Bool
  {
    guard let rows = section(table.sections.table), let strings = section(table.sections.names)
    else { return false }
    let symbols = LittleEndian(try bytes(of: rows))
    let names = try bytes(of: strings)
    // u32 name, u8 type in the low half, u8 other, u16 section (0: undefined), u64 value, u64 size
    for at in stride(from: 0, to: symbols.count - 23, by: 24) {
      let start = Int(symbols.u32(at))
      guard start < names.count else { continue }
      body(
        Symbol(
          name: names[start...].prefix { $0 != 0 }, isFunction: symbols.bytes[at + 4] & 15 == 2,
          isUndefined: symbols.u16(at + 6) == 0, address: symbols.u64(at + 8),
          size: symbols.u64(at + 16)))
    }
    return true
  }
}
