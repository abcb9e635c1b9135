// Generic, and inlined into their callers: what is not costs a report of a hundred libraries a fifth more time.

extension [UInt8] {
  /// The C structure at `offset`, of which `size` bytes are there: a newer writer's is longer (the
  /// rest is passed over), an older one's is shorter (the rest is zero).
  @inlinable
  package func structure<T: BitwiseCopyable>(
    _ type: T.Type, at offset: Int, size: Int = MemoryLayout<T>.size
  ) -> T? {
    guard offset >= 0, size >= 0, offset <= count, size <= count - offset else { return nil }
    return withUnsafeTemporaryAllocation(of: T.self, capacity: 1) { room -> T in
      let raw = UnsafeMutableRawBufferPointer(room)
      raw.initializeMemory(as: UInt8.self, repeating: 0)
      self.withUnsafeBytes { bytes in
        let part = bytes[offset..<(offset + Swift.min(size, MemoryLayout<T>.size))]
        raw.copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
      }
      return room[0]
    }
  }
}

/// The bytes of a C value, for writers.
@inlinable
package func bytes<T: BitwiseCopyable>(of value: T) -> [UInt8] {
  withUnsafeBytes(of: value) { Array($0) }
}

/// The text of a fixed C array up to its NUL.
@inlinable
package func text<T: BitwiseCopyable>(ofArray array: T) -> String {
  withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// Copies `text` into a fixed C array with a NUL behind it; false if it does not fit.
@inlinable
package func store<T: BitwiseCopyable>(_ text: String, inArray array: inout T) -> Bool {
  withUnsafeMutableBytes(of: &array) { room in
    guard text.utf8.count < room.count else { return false }
    room.initializeMemory(as: UInt8.self, repeating: 0)
    room.copyBytes(from: text.utf8)
    return true
  }
}
