import SystemPackage

/// One run of a machine's kernel. Boot times and process ids of two say nothing about each other.
package struct BootID: Sendable, Hashable {
  package let high: UInt64
  package let low: UInt64

  /// Nil for two zeros, which stand for none.
  package init?(_ words: (UInt64, UInt64)) {
    guard words != (0, 0) else { return nil }
    (high, low) = words
  }

  /// From the text of /proc/sys/kernel/random/boot_id: 32 hexadecimal digits with dashes.
  package init?(text: String) {
    let digits = text.filter(\.isHexDigit)
    guard digits.count == 32, let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    self.init((high, low))
  }

  /// The one that runs now; nil without /proc.
  package static var current: BootID? {
    guard let file = try? FileDescriptor.open("/proc/sys/kernel/random/boot_id", .readOnly)
    else { return nil }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 64)
    guard let count = try? bytes.withUnsafeMutableBytes({ try file.read(into: $0) }) else {
      return nil
    }
    return BootID(text: String(decoding: bytes.prefix(count), as: UTF8.self))
  }
}
