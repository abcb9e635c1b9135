import Glibc
import SalvageSystem
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
    let opened: FileDescriptor?
    do throws(Errno) {
      opened = try openRegularFile(path, following: false)
    } catch {
      throw RecordError(path, .system("open", error.rawValue))
    }
    guard let opened else { throw RecordError(path, .foreign) }
    var status = stat()
    guard fstat(opened.rawValue, &status) == 0 else {
      let code = errno
      close(opened.rawValue)
      throw RecordError(path, .system("open", code))
    }
    self.path = path
    self.descriptor = opened
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
