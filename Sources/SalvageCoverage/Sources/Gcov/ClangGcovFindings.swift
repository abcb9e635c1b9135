import SalvageRecord
import SalvageSystem

/// Whether the injected library will find the counters of clang's `--coverage`, as far as symbols tell.
enum ClangGcovFindings {
  private struct Function {
    var address: UInt64
    var size: UInt64
  }

  /// Each unit has a constructor that calls its runtime directly, where the code is as it is known.
  static func hasUnknown(_ image: ELFImage) -> Bool {
    guard let (constructors, runtime) = functions(in: image), !constructors.isEmpty else {
      return false
    }
    guard image.machine == x86, let code = image.section(".text"),
      let bytes = try? image.bytes(of: code)
    else { return true }
    return !constructors.allSatisfy { function in
      guard function.address >= code.address, function.size <= UInt64(bytes.count),
        function.address - code.address <= UInt64(bytes.count) - function.size
      else { return false }
      let start = Int(function.address - code.address)
      return calls(runtime, in: bytes[start..<start + Int(function.size)], at: function.address)
    }
  }

  /// `EM_X86_64`
  private static let x86: UInt16 = 62

  /// A call, or a jump at the end, with a relative target.
  private static func calls(_ target: UInt64, in code: ArraySlice<UInt8>, at address: UInt64)
    -> Bool
  {
    code.indices.dropLast(4).contains { index in
      guard code[index] == 0xe8 || code[index] == 0xe9 else { return false }
      let word = (1...4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(code[index + $1]) }
      let next = address &+ UInt64(index - code.startIndex) &+ 5
      return next &+ UInt64(bitPattern: Int64(Int32(bitPattern: word))) == target
    }
  }

  /// The constructors of its units, and what they call.
  private static func functions(in image: ELFImage) -> ([Function], UInt64)? {
    var constructors: [Function] = []
    var runtime: UInt64 = 0
    let hasTable = try? image.forEachSymbol(of: .all) { symbol in
      guard symbol.isFunction else { return }
      if symbol.name.starts(with: "__llvm_gcov_init".utf8) {
        constructors.append(Function(address: symbol.address, size: symbol.size))
      } else if symbol.name.elementsEqual("llvm_gcov_init".utf8) {
        runtime = symbol.address
      }
    }
    guard hasTable == true else { return nil }
    return (constructors, runtime)
  }
}
