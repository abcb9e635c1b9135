/// Little-endian numbers at byte offsets.
package struct LittleEndian: Sendable {
  package let bytes: [UInt8]

  @inlinable
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  @inlinable
  package var count: Int { bytes.count }

  /// The caller has checked that the offset is inside.
  @inlinable
  package func u16(_ offset: Int) -> UInt16 { load(offset) }
  @inlinable
  package func u32(_ offset: Int) -> UInt32 { load(offset) }
  @inlinable
  package func u64(_ offset: Int) -> UInt64 { load(offset) }

  @inlinable
  func load<T: FixedWidthInteger>(_ offset: Int) -> T {
    precondition(offset >= 0 && offset + MemoryLayout<T>.size <= bytes.count)
    return bytes.withUnsafeBytes {
      T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
  }
}
