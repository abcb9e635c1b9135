import SalvageRecord

/// The content hash by which the injected library names an LLVM object.
///
/// The same as `identity` of sources/llvm.c over `slv_hash` of objects/index.c: over the place of the counters,
/// the names, of each record everything but its pointers, and the coverage mapping. It decides only
/// whether a file outside of the recording is still the recorded one.
enum LLVMIdentity {
  private static let chunk = 2048

  static func of(
    records: [UInt8], stride: Int, names: [UInt8], counters: (address: UInt64, bytes: UInt64),
    mapping: [[UInt8]]
  ) -> UInt64 {
    // Behind the pointers: the numbers of counters, value sites and bitmap bytes.
    let tail = stride == 64 ? 48 : 40
    let place = [counters.address.littleEndian, counters.bytes.littleEndian]
    var value = place.withUnsafeBytes { hash(0, $0) }
    value = names.withUnsafeBytes { hash(value, $0) }
    records.withUnsafeBytes { records in
      var at = 0
      while at + stride <= records.count {
        value = hash(value, UnsafeRawBufferPointer(rebasing: records[at..<at + 24]))
        value = hash(value, UnsafeRawBufferPointer(rebasing: records[at + tail..<at + stride]))
        at += stride
      }
    }
    for section in mapping {
      section.withUnsafeBytes { bytes in
        for at in Swift.stride(from: 0, to: bytes.count, by: chunk) {
          let end = min(at + chunk, bytes.count)
          value = hash(value, UnsafeRawBufferPointer(rebasing: bytes[at..<end]))
        }
      }
    }
    return value | 1
  }

  private static func hash(_ seed: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var value = seed ^ UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15
    var at = 0
    while at + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      value = (value ^ word) &* 0xff51_afd7_ed55_8ccd
      value ^= value >> 32
      at += 8
    }
    let rest = bytes[at...].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    value = (value ^ rest) &* 0xc4ce_b9fe_1a85_ec53
    return value ^ value >> 33
  }
}
