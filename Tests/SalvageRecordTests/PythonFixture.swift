import CSalvageABI
import SalvageSystem

@testable import SalvageRecord

/// A file of Python lines, written with the structures of the contract.
struct PythonFixture {
  struct Source {
    var key: UInt64
    var path = "/a.py"
    var lines: [UInt8] = [0, 1, 3]
    /// A code object without a name is no function.
    var functions: [(name: String, line: UInt32, entered: UInt8)] = []
    var branches: [(line: UInt32, taken: [UInt8])] = []
    var change: (inout slv_python_block) -> Void = { _ in }
  }

  var header = slv_python_header()
  var sources: [Source]
  var slots: [slv_python_slot] = []

  init(_ sources: [Source]) {
    self.sources = sources
    header.magic = SLV_PYTHON_MAGIC
    header.version = UInt32(SLV_ABI_VERSION)
    header.slots = SLV_PYTHON_SLOTS
    header.directory_offset = UInt64(SLV_PYTHON_DIRECTORY_OFFSET)
    header.data_offset = UInt64(SLV_PYTHON_DATA_OFFSET)
    var at = UInt64(SLV_PYTHON_DATA_OFFSET)
    for source in sources {
      slots.append(slv_python_slot(key: source.key, block: at))
      at += UInt64(Self.block(source).count)
    }
  }

  static var sample: PythonFixture {
    PythonFixture([
      Source(
        key: 0x77, path: "/a.py", lines: [0, 1, 3, 0, 1],
        functions: [("", 1, 1), ("f", 2, 1), ("C.m", 4, 0)],
        branches: [(2, [1, 1]), (4, [0, 1])])
    ])
  }

  static func block(_ source: Source) -> [UInt8] {
    var head = slv_python_block()
    let record = MemoryLayout<slv_python_function>.size
    head.minor = 12
    head.identity = 5
    head.source = 9
    head.lines = UInt32(source.lines.count)
    head.functions = UInt32(source.functions.count)
    head.functions_offset = UInt32(MemoryLayout<slv_python_block>.size)
    head.branches = UInt32(source.branches.count)
    head.branches_offset = head.functions_offset + UInt32(record * source.functions.count)
    head.lines_offset =
      head.branches_offset + head.branches * UInt32(MemoryLayout<slv_python_branch>.size)
    head.entered_offset = head.lines_offset + head.lines
    head.taken_offset = head.entered_offset + head.functions
    head.path_offset = head.taken_offset + head.branches * 2
    head.names_offset = head.path_offset + UInt32(source.path.utf8.count) + 1
    var functions: [UInt8] = []
    var names: [UInt8] = []
    for function in source.functions {
      let name = function.name.isEmpty ? SLV_PYTHON_NO_NAME : UInt32(names.count)
      functions += SalvageSystem.bytes(
        of: slv_python_function(line: function.line, name: name, branch: 0))
      if !function.name.isEmpty { names += Array(function.name.utf8) + [0] }
    }
    for branch in source.branches {
      functions += SalvageSystem.bytes(of: slv_python_branch(line: branch.line, at: 0))
    }
    var rest = functions + source.lines + source.functions.map(\.entered)
    rest += source.branches.flatMap(\.taken)
    rest += Array(source.path.utf8) + [0] + names
    let size = MemoryLayout<slv_python_block>.size + rest.count
    rest += [UInt8](repeating: 0, count: (8 - size % 8) % 8)
    head.size = UInt32(MemoryLayout<slv_python_block>.size + rest.count)
    source.change(&head)
    return SalvageSystem.bytes(of: head) + rest
  }

  var bytes: [UInt8] {
    var result = SalvageSystem.bytes(of: header)
    result += [UInt8](repeating: 0, count: Int(SLV_PYTHON_DIRECTORY_OFFSET) - result.count)
    var directory = [slv_python_slot](repeating: slv_python_slot(), count: Int(SLV_PYTHON_SLOTS))
    for slot in slots { directory[Int(slot.key % UInt64(SLV_PYTHON_SLOTS))] = slot }
    for slot in directory { result += SalvageSystem.bytes(of: slot) }
    for source in sources { result += Self.block(source) }
    return result
  }
}
