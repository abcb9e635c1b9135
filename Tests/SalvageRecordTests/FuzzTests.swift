import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

/// The reader meets every kind of damage and comes back with values or errors: no trap, no hang.
/// Seeds are fixed, so that a failure can be had again; SALVAGE_FUZZ_ROUNDS asks for more.
@Suite struct FuzzTests {
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  private func readAll(_ sample: SampleRecording) {
    _ = try? sample.reader.contents()
    _ = try? sample.reader.counters()
    for name in SampleRecording.files {
      _ = try? FileDescription(sample.directory.path.appending(name)).text
    }
  }

  /// Bytes that the parsers look at: the headers, not the padding.
  private func position(in bytes: [UInt8], _ random: inout Generator) -> Int {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: Int.random(in: 0..<bytes.count, using: &random)
    case 1 where bytes.count > 69_632: Int.random(in: 69_632..<bytes.count, using: &random)
    default: Int.random(in: 0..<min(bytes.count, 400), using: &random)
    }
  }

  private func damaged(_ original: [UInt8], _ random: inout Generator) -> [UInt8] {
    var bytes = original
    let extremes: [UInt8] = [0, 1, 0x7f, 0x80, 0xff]
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      let at = position(in: bytes, &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = extremes.randomElement(using: &random) ?? 0
      case 2:
        let end = min(bytes.count, at + 8)
        for index in at..<end { bytes[index] = 0xff }
      case 3: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      default: bytes[at] = UInt8.random(in: 0...255, using: &random)
      }
      if bytes.isEmpty { break }
    }
    return bytes
  }

  @Test(arguments: SampleRecording.files)
  func damage(_ name: String) throws {
    let sample = try SampleRecording()
    let original = try sample.bytes(name)
    var random = Generator(state: 0x9e37_79b9_7f4a_7c15)
    for _ in 0..<fuzzRounds() {
      try sample.directory.write(damaged(original, &random), name)
      readAll(sample)
    }
    try sample.directory.write(original, name)
    #expect(try sample.reader.counters().losses == [])
  }

  @Test(arguments: SampleRecording.files)
  func truncation(_ name: String) throws {
    let sample = try SampleRecording()
    let original = try sample.bytes(name)
    for count in stride(from: 0, to: original.count, by: max(1, original.count / 25)) {
      try sample.directory.write(Array(original.prefix(count)), name)
      readAll(sample)
    }
    try sample.directory.write(original, name)
    #expect(try sample.reader.contents().lives.count == 2)
  }
}

func fuzzRounds() -> Int {
  getenv("SALVAGE_FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 40
}
