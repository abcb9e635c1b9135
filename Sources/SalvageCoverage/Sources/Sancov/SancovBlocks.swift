import SalvageRecord
import SalvageSystem

/// The blocks of one object that -fsanitize-coverage watches, in the order of its pc table.
struct SancovBlocks: Sendable, Hashable {
  struct Block: Sendable, Hashable {
    /// Link-time address of its first instruction.
    var address: UInt64
    /// The first block of a function; the others of it follow.
    var isEntry: Bool
    var isSeen: Bool
  }

  var blocks: [Block]

  /// - Parameter table: `.salvage.sancov.pcs`: for each block its address and flags, 8 bytes each.
  /// - Returns: nil where table and counters are not of the same blocks.
  init?(table: [UInt8], regions: [Region]) {
    guard table.count % 16 == 0 else { return nil }
    blocks = table.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 16).map { at in
        func word(_ at: Int) -> UInt64 {
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        }
        return Block(address: word(at), isEntry: word(at + 8) & 1 != 0, isSeen: false)
      }
    }
    for region in regions {
      let width = region.kind == .flag32 ? 4 : 1
      guard region.bytes.count == blocks.count * width else { return nil }
      for index in blocks.indices {
        let bytes = region.bytes[index * width..<(index + 1) * width]
        if bytes.contains(where: { $0 != 0 }) { blocks[index].isSeen = true }
      }
    }
    implyEntries()
  }

  /// Nobody gets to a block but through its function's entry, whose own 8-bit counter may have
  /// wrapped to 0.
  private mutating func implyEntries() {
    var entry: Int?
    for index in blocks.indices {
      if blocks[index].isEntry { entry = index }
      if blocks[index].isSeen, let entry { blocks[entry].isSeen = true }
    }
  }

  /// What llvm-symbolizer is asked: each block's address, and for all but entries that of the byte
  /// before it.
  var queries: [UInt64] {
    blocks.flatMap { $0.isEntry ? [$0.address] : [$0.address, $0.address &- 1] }
  }

  /// The source files, from the answers to ``queries``.
  ///
  /// A line's count is 1 where a block that begins on it was seen, else 0. But a block that begins in
  /// the middle of a line (`if (a) return;`, `a && b`) tells nothing of the line when it was not seen:
  /// what stands before it belongs to another block, and the compiler does not watch every block. In a
  /// function that ran, such a line has no count.
  /// - Parameter symbol: the name of the function at an address, where `places` has none.
  func files(
    places: [SourcePlace], symbol: (UInt64) -> String? = { _ in nil }
  ) -> [SourceFile] {
    var files = SancovFiles()
    var next = places.startIndex
    var function = 0
    for index in blocks.indices {
      let block = blocks[index]
      if block.isEntry { function = index }
      let place = places[next]
      let before = block.isEntry ? nil : places[next + 1].frames.first
      next += block.isEntry ? 1 : 2
      if block.isEntry, var frame = place.frames.last {  // the others were inlined into it
        if frame.function.isEmpty { frame.function = symbol(block.address) ?? "" }
        files.add(functionAt: frame, isSeen: block.isSeen)
      }
      guard let frame = place.frames.first else { continue }
      let isMiddle = before?.line == frame.line && before?.file == frame.file
      if !block.isSeen && isMiddle && blocks[function].isSeen { continue }
      files.add(lineAt: frame, isSeen: block.isSeen)
    }
    return files.sorted
  }
}

/// Files that grow line by line.
private struct SancovFiles {
  private struct Entry {
    var lines: [UInt32: Bool] = [:]
    var functions: [Function] = []
    var places: [String: Int] = [:]
  }

  private var entries: [String: Entry] = [:]

  mutating func add(lineAt frame: SourcePlace.Frame, isSeen: Bool) {
    guard frame.line > 0, !frame.file.isEmpty else { return }
    let known = entries[frame.file]?.lines[frame.line] ?? false
    entries[frame.file, default: Entry()].lines[frame.line] = known || isSeen
  }

  mutating func add(functionAt frame: SourcePlace.Frame, isSeen: Bool) {
    guard !frame.function.isEmpty, !frame.file.isEmpty else { return }
    let line = frame.startLine > 0 ? frame.startLine : frame.line
    let count: UInt64 = isSeen ? 1 : 0
    var entry = entries[frame.file] ?? Entry()
    if let index = entry.places[frame.function] {  // a static one of a header, in several units
      entry.functions[index].count = max(entry.functions[index].count, count)
    } else {
      entry.places[frame.function] = entry.functions.count
      entry.functions.append(Function(name: frame.function, line: line, count: count))
    }
    entries[frame.file] = entry
  }

  var sorted: [SourceFile] {
    entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { path, entry in
      SourceFile(
        path: path,
        lines: entry.lines.sorted { $0.key < $1.key }.map {
          Line(number: $0.key, count: $0.value ? 1 : 0)
        },
        functions: entry.functions)
    }
  }
}
