/// Little-endian numbers, one after the other.
package struct LittleEndianBuilder {
  package internal(set) var bytes: [UInt8] = []

  @inlinable
  package init() {}

  @inlinable
  package mutating func reserve(_ count: Int) {
    bytes.reserveCapacity(count)
  }

  @inlinable
  package mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  @inlinable
  package mutating func append(_ more: [UInt8]) {
    bytes.append(contentsOf: more)
  }

  @inlinable
  package mutating func pad(to alignment: Int) {
    while bytes.count % alignment != 0 { bytes.append(0) }
  }
}
