import SystemPackage

/// Random access to the bytes of a file, in memory or on disk.
///
/// Files are read with pread(2), never mapped: somebody may truncate a program that we look at, and
/// a mapping would then answer with SIGBUS.
enum ELFBytes: Sendable {
  case memory([UInt8])
  case file(OpenFile)

  /// Bytes that are read at once: four times what the library keeps of a section.
  private static let largest = 2 << 30

  var count: UInt64 {
    switch self {
    case .memory(let bytes): UInt64(bytes.count)
    case .file(let file): file.size
    }
  }

  /// The bytes of a range, or an error that names it where the file does not have them all.
  func read(_ offset: UInt64, _ size: UInt64, _ what: @autoclosure () -> String)
    throws(ELFError) -> [UInt8]
  {
    let (end, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, end <= count, let length = Int(exactly: size) else {
      throw .truncated(what())
    }
    // A file with a hole can claim any size without holding it.
    guard length <= Self.largest else { throw .tooLarge(section: what(), size: size) }
    switch self {
    case .memory(let bytes):
      return Array(bytes[Int(offset)..<Int(end)])
    case .file(let file):
      let bytes = try file.read(at: Int64(offset), count: length)
      guard bytes.count == length else { throw .truncated(what()) }
      return bytes
    }
  }

  /// An open file, closed with the last value that refers to it.
  final class OpenFile: Sendable {
    let path: FilePath
    let descriptor: FileDescriptor
    let size: UInt64

    init(_ path: FilePath) throws(ELFError) {
      let file: FileDescriptor?
      do throws(Errno) {
        file = try openRegularFile(path)
      } catch {
        throw .io(path, error)
      }
      guard let file else { throw .notELF }
      descriptor = file
      self.path = path
      do {
        size = UInt64(try descriptor.seek(offset: 0, from: .end))
      } catch {
        try? descriptor.close()
        throw .io(path, error as? Errno ?? .ioError)
      }
    }

    deinit {
      try? descriptor.close()
    }

    func read(at offset: Int64, count: Int) throws(ELFError) -> [UInt8] {
      var failure: Errno?
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        do {
          while filled < count {
            let whole = UnsafeMutableRawBufferPointer(buffer)
            let rest = UnsafeMutableRawBufferPointer(rebasing: whole[filled...])
            let got = try descriptor.read(fromAbsoluteOffset: offset + Int64(filled), into: rest)
            if got == 0 { break }
            filled += got
          }
        } catch {
          failure = error as? Errno ?? .ioError
        }
      }
      if let failure { throw .io(path, failure) }
      return bytes
    }
  }
}
