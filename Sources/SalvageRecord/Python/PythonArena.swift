import CSalvageABI
import SalvageSystem
package import SystemPackage

/// Reads the file that the Python processes of a user share, `u<uid>/python-<ctx>`, while they may
/// still write to it.
package struct PythonArena {
  /// One compiled source.
  package struct Block: Sendable {
    /// Of path and code: unique in the recording.
    package var key: UInt64
    /// Where it is in the file: ascends with the moment at which it was met.
    package var place: UInt64
    package var path: String
    package var code: PythonCode
    package var lines: [UInt8]
    package var entered: [UInt8]
    package var taken: [UInt8]
  }

  package var blocks: [Block] = []
  /// What of it could not be read.
  package var problems: [RecordError] = []

  /// The context of a file of that name; nil if it is another kind of file.
  package static func context(ofName name: String) -> UInt32? {
    guard name.hasPrefix("python-"), name.utf8.count == 15 else { return nil }
    return UInt32(name.dropFirst(7), radix: 16)
  }

  /// Looks at the header alone.
  package static func check(_ path: FilePath) throws(RecordError) {
    let file = try RecordFile(path)
    if try !isUnused(file) { try checkHeader(file) }
  }

  /// Whoever made it could not go on: a full disk, a file size limit. The life that tried has the loss.
  private static func isUnused(_ file: borrowing RecordFile) throws(RecordError) -> Bool {
    try file.bytes(0..<MemoryLayout<slv_python_header>.size).allSatisfy { $0 == 0 }
  }

  package init(_ path: FilePath) throws(RecordError) {
    var claims = Claims()
    try self.init(path, &claims)
  }

  /// Of many files, whose `claims` are bounded together.
  package init(_ path: FilePath, _ claims: inout Claims) throws(RecordError) {
    let file = try RecordFile(path)
    if try Self.isUnused(file) { return }
    try Self.checkHeader(file)
    let directory = try file.bytes(
      Int(SLV_PYTHON_DIRECTORY_OFFSET)..<Int(SLV_PYTHON_DATA_OFFSET))
    var slots: [slv_python_slot] = []
    for number in 0..<Int(SLV_PYTHON_SLOTS) {
      let at = number * MemoryLayout<slv_python_slot>.size
      guard let slot = directory.structure(slv_python_slot.self, at: at) else { break }
      // A key without a block: its writer died, and what it had begun was of nobody.
      if slot.key != 0 && slot.block != 0 { slots.append(slot) }
    }
    slots.sort { $0.block < $1.block }
    let size = file.currentSize
    var end = UInt64(SLV_PYTHON_DATA_OFFSET)
    var claim = 0  // what the blocks take in memory
    for slot in slots {
      do throws(RecordError) {
        // Blocks that overlapped could make a small file say endlessly much.
        guard slot.block >= end, slot.block < UInt64(size) else {
          throw RecordError(path, .malformed("a block of Python code is at no place for one"))
        }
        guard claim <= file.stored() + Claims.most else { break }
        let block = try Self.block(slot, of: file)
        end = slot.block + UInt64(block.size)
        claim += block.size
        blocks.append(block.block)
      } catch {
        problems.append(error)
      }
    }
    try claims.add(claim, of: file)
    blocks.sort { ($0.path, $0.key) < ($1.path, $1.key) }
  }

  private static func checkHeader(_ file: borrowing RecordFile) throws(RecordError) {
    let path = file.path
    let bytes = try file.bytes(0..<MemoryLayout<slv_python_header>.size)
    guard let header = bytes.structure(slv_python_header.self, at: 0),
      header.magic == SLV_PYTHON_MAGIC
    else { throw RecordError(path, .foreign) }
    guard header.version == UInt32(SLV_ABI_VERSION) else {
      throw RecordError(
        path, .version(found: header.version, known: UInt32(SLV_ABI_VERSION)))
    }
    guard header.slots == SLV_PYTHON_SLOTS,
      header.directory_offset == UInt64(SLV_PYTHON_DIRECTORY_OFFSET),
      header.data_offset == UInt64(SLV_PYTHON_DATA_OFFSET)
    else { throw RecordError(path, .malformed("its directory is not where it should be")) }
    guard file.size >= Int(SLV_PYTHON_DATA_OFFSET) else {
      throw RecordError(path, .truncated(file.size))
    }
  }

  private static func block(
    _ slot: slv_python_slot, of file: borrowing RecordFile
  ) throws(RecordError) -> (block: Block, size: Int) {
    let path = file.path
    let fixed = MemoryLayout<slv_python_block>.size
    let start = Int(clamping: slot.block)
    func read(_ count: Int) throws(RecordError) -> [UInt8] {
      // The file may have grown since it was opened: `bytes` would cut at its old end.
      var result = [UInt8](repeating: 0, count: count)
      var failure: RecordError?
      let got = result.withUnsafeMutableBytes { room -> Int in
        do throws(RecordError) {
          return try file.read(into: room, at: start)
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      guard got == count else { throw RecordError(path, .truncated(file.currentSize)) }
      return result
    }
    guard let header = try read(fixed).structure(slv_python_block.self, at: 0),
      Int(header.size) >= fixed, header.size <= SLV_PYTHON_WINDOW
    else { throw RecordError(path, .malformed("a block of Python code has no size")) }
    let bytes = try read(Int(header.size))
    func part(_ offset: UInt32, _ count: UInt32) -> ArraySlice<UInt8>? {
      guard Int(offset) <= bytes.count, Int(count) <= bytes.count - Int(offset) else { return nil }
      return bytes[Int(offset)..<Int(offset) + Int(count)]
    }
    func text(_ offset: UInt32, _ extra: UInt32) -> String? {
      let (start, overflow) = offset.addingReportingOverflow(extra)
      guard !overflow, Int(start) < bytes.count,
        let end = bytes[Int(start)...].firstIndex(of: 0)
      else { return nil }
      return String(name: bytes[Int(start)..<end])
    }
    let record = MemoryLayout<slv_python_function>.size
    let branch = MemoryLayout<slv_python_branch>.size
    guard let lines = part(header.lines_offset, header.lines),
      let entered = part(header.entered_offset, header.functions),
      part(header.functions_offset, 0) != nil,
      Int(header.functions) <= (bytes.count - Int(header.functions_offset)) / record,
      part(header.branches_offset, 0) != nil,
      Int(header.branches) <= (bytes.count - Int(header.branches_offset)) / branch,
      let taken = part(header.taken_offset, header.branches &* 2),
      let source = text(header.path_offset, 0), source.hasPrefix("/")
    else { throw RecordError(path, .malformed("a block of Python code does not fit its size")) }
    var code = PythonCode(minor: header.minor, source: header.source, functions: [])
    var called: [UInt8] = []
    for number in 0..<Int(header.functions) {
      let at = Int(header.functions_offset) + number * record
      let function = bytes.structure(slv_python_function.self, at: at)
      if function?.name == SLV_PYTHON_NO_NAME { continue }
      guard let function, let name = text(header.names_offset, function.name)
      else { throw RecordError(path, .malformed("a Python function has no name")) }
      code.functions.append(PythonCode.Function(name: name, line: function.line))
      called.append(entered[entered.startIndex + number])
    }
    for number in 0..<Int(header.branches) {
      let at = Int(header.branches_offset) + number * branch
      code.branches.append(bytes.structure(slv_python_branch.self, at: at)?.line ?? 0)
    }
    let block = Block(
      key: slot.key, place: slot.block, path: source, code: code, lines: Array(lines),
      entered: called,
      taken: Array(taken))
    return (block, bytes.count)
  }
}
