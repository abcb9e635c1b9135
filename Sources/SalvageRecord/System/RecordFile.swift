import Glibc
package import SystemPackage

/// A regular file, open for reading. Nothing is mapped: a file that shrinks meanwhile is a short
/// read, not a SIGBUS.
package struct RecordFile: ~Copyable {
  package let path: FilePath
  package let descriptor: FileDescriptor
  /// Bytes when it was opened.
  package let size: Int

  /// Opens `path`, which must be a regular file; a symbolic link is not followed.
  package init(_ path: FilePath) throws(RecordError) {
    // O_NONBLOCK: a fifo in a hostile recording must not stop the reader.
    let number = path.withPlatformString {
      open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    }
    guard number >= 0 else { throw RecordError(path, .system("open", errno)) }
    var status = stat()
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(number)
      throw RecordError(path, .foreign)
    }
    self.path = path
    self.descriptor = FileDescriptor(rawValue: number)
    self.size = Int(status.st_size)
  }

  /// Takes over an open descriptor of a regular file.
  package init?(adopting number: Int32, _ path: FilePath) {
    var status = stat()
    guard fstat(number, &status) == 0 else {
      close(number)
      return nil
    }
    self.path = path
    self.descriptor = FileDescriptor(rawValue: number)
    self.size = Int(status.st_size)
  }

  deinit { try? descriptor.close() }

  /// The user that it belongs to.
  package var owner: UInt32? {
    var status = stat()
    return fstat(descriptor.rawValue, &status) == 0 ? status.st_uid : nil
  }

  /// Bytes now: it may have grown since it was opened.
  package var currentSize: Int {
    var status = stat()
    return fstat(descriptor.rawValue, &status) == 0 ? Int(status.st_size) : size
  }

  /// Fills `buffer` from `offset` on. Returns the bytes there were: fewer at the end of the file.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(RecordError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor.rawValue, buffer.baseAddress! + done, buffer.count - done, offset + done)
      if count < 0 {
        if errno == EINTR { continue }
        throw RecordError(path, .system("read", errno))
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// The bytes of `range`, cut at the end of the file.
  package func bytes(_ range: Range<Int>) throws(RecordError) -> [UInt8] {
    let count = max(0, min(range.upperBound, size) - range.lowerBound)
    var result = [UInt8](repeating: 0, count: count)
    var failure: RecordError?
    let got = result.withUnsafeMutableBytes { buffer -> Int in
      do throws(RecordError) {
        return try read(into: buffer, at: range.lowerBound)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    if got < count { result.removeLast(count - got) }
    return result
  }
}

extension [UInt8] {
  /// The C structure at `offset`, of which `size` bytes are there: a newer writer's is longer (the
  /// rest is passed over), an older one's is shorter (the rest is zero).
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
package func bytes<T: BitwiseCopyable>(of value: T) -> [UInt8] {
  withUnsafeBytes(of: value) { Array($0) }
}

/// The text of a fixed C array up to its NUL.
package func text<T: BitwiseCopyable>(ofArray array: T) -> String {
  withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// Copies `text` into a fixed C array with a NUL behind it; false if it does not fit.
package func store<T: BitwiseCopyable>(_ text: String, inArray array: inout T) -> Bool {
  withUnsafeMutableBytes(of: &array) { room in
    guard text.utf8.count < room.count else { return false }
    room.initializeMemory(as: UInt8.self, repeating: 0)
    room.copyBytes(from: text.utf8)
    return true
  }
}

/// The names in a directory, sorted; empty if it cannot be listed.
package func names(in directory: FilePath) -> [String] {
  guard let stream = directory.withPlatformString({ opendir($0) }) else { return [] }
  defer { closedir(stream) }
  return names(of: stream)
}

/// The names that an open directory has, sorted.
package func names(of stream: OpaquePointer) -> [String] {
  var result: [String] = []
  while let entry = readdir(stream) {
    let name = name(of: entry)
    if name != "." && name != ".." { result.append(name) }
  }
  return result.sorted()
}

/// A directory entry ends with its name (readdir(3)): all 256 bytes of `d_name` may reach past it.
private func name(of entry: UnsafePointer<dirent>) -> String {
  let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
  return String(cString: start.assumingMemoryBound(to: UInt8.self))
}

/// `value` as `digits` hex digits, for file names.
package func hex(_ value: UInt64, digits: Int = 16) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
