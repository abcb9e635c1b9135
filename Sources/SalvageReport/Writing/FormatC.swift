#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What printf(3) makes of `%.{digits}g`: the shortest forms of Swift would differ from LLVM's.
func formatC(_ value: Double, significantDigits digits: Int32) -> String {
  format("%.*g", [digits, value])
}

/// What printf(3) makes of `%.{decimals}f`.
func formatC(_ value: Double, decimals: Int32) -> String {
  format("%.*f", [decimals, value])
}

private func format(_ format: String, _ arguments: [any CVarArg]) -> String {
  withVaList(arguments) { list in
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      let length = Int(vsnprintf(buffer.baseAddress, buffer.count, format, list))
      let text = buffer[..<min(max(length, 0), buffer.count - 1)]
      return String(decoding: text.lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
