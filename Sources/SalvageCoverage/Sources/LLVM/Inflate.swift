import CZlib

/// What zlib packed: names of functions and files.
enum Inflate {
  /// Deflate makes nothing smaller than by this (zlib's documentation), so a claim beyond it is false.
  private static let mostPacked = 1032

  static func bytes(
    _ packed: UnsafeRawBufferPointer, unpacked size: UInt64
  ) throws(MappingError) -> [UInt8] {
    guard size <= UInt64(packed.count * mostPacked + 64), size <= 1 << 30 else {
      throw .tooLarge("what is packed in it")
    }
    var code = Z_OK
    let result = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, filled in
      var length = uLongf(size)
      let source = packed.baseAddress?.assumingMemoryBound(to: UInt8.self)
      code = uncompress(buffer.baseAddress, &length, source, uLong(packed.count))
      filled = code == Z_OK ? Int(length) : 0
    }
    guard code == Z_OK, result.count == Int(size) else { throw .packed(code) }
    return result
  }
}
