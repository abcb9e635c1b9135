import Glibc
import SystemPackage

/// Holes of files. What is read is bounded by what lies on the disk: whoever can write in a recording can make
/// files that claim terabytes and hold nothing.
extension RecordFile {
  private static let seekData: Int32 = 3  // lseek(2); not in the Glibc module
  private static let seekHole: Int32 = 4

  /// Where the next byte from `offset` on lies that is no hole: what is before reads as zeros. Nil: there is
  /// none. `offset` itself where the file system does not know of holes.
  package borrowing func data(from offset: Int) -> Int? {
    let found = lseek(descriptor.rawValue, off_t(offset), Self.seekData)
    if found >= 0 { return Int(found) }
    return errno == ENXIO ? nil : offset
  }

  /// Bytes that the file has blocks for.
  package borrowing func stored() -> Int {
    var status = stat()
    return fstat(descriptor.rawValue, &status) == 0 ? Int(status.st_blocks) * 512 : size
  }

  /// True if all of the range is a hole, or lies behind the end.
  package borrowing func isHole(_ range: Range<Int>) -> Bool {
    guard let next = data(from: range.lowerBound) else { return true }
    return next >= range.upperBound
  }

  /// All bytes that lie on the disk, one stretch after the other, at most `limit`.
  package borrowing func storedBytes(limit: Int) throws(RecordError) -> [UInt8] {
    var result: [UInt8] = []
    try forEachStored(limit: limit) { result += $0 }
    return result
  }

  /// The same in pieces.
  package borrowing func forEachStored(
    limit: Int, _ body: ([UInt8]) -> Void
  ) throws(RecordError) {
    var offset = 0
    var sum = 0
    let piece = 1 << 20
    let end = currentSize
    while offset < end, let start = data(from: offset), start < end {
      let hole = lseek(descriptor.rawValue, off_t(start), Self.seekHole)
      let stop = hole > start ? min(Int(hole), end) : end
      guard sum + stop - start <= limit else {
        throw RecordError(
          path, .malformed("it is larger than \(limit >> 20) MiB, which is all that is read"))
      }
      sum += stop - start
      for at in stride(from: start, to: stop, by: piece) {
        body(try bytes(at..<min(stop, at + piece)))
      }
      offset = stop
    }
  }
}

/// What files of a user may claim beyond what they hold. A copy that leaves out blocks of zeros (cp --sparse,
/// tar -S) has some of it; a file that was made to exhaust whoever reads it has nothing else.
package struct Claims {
  /// For all files of one user, in one reading.
  package static let most = 256 << 20
  private var claimed: [UInt32: Int] = [:]

  package init() {}

  /// Notes that `bytes` of a file are to be kept in memory.
  package mutating func add(
    _ bytes: Int, of file: borrowing RecordFile
  ) throws(RecordError) {
    let stored = file.stored()
    guard bytes > stored else { return }
    let sum = claimed[file.owner ?? 0, default: 0] + bytes - stored
    guard sum <= Self.most else {
      throw RecordError(
        file.path,
        .malformed(
          "it claims \(bytes >> 20) MiB of counters, and \(stored >> 10) KiB lie on the disk"
            + " (\(Self.most >> 20) MiB are believed of all files of one user)"))
    }
    claimed[file.owner ?? 0] = sum
  }
}
