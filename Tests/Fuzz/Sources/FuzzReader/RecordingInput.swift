import CSalvageABI
import Glibc
import SalvageRecord
import SystemPackage

/// The files of the recording that is read: one of them holds the fuzzer's bytes, the others are good.
private let names = [
  "settings", "u0/ledger", "u0/programs", "u0/0000000000000abc-00000000.0.cnt",
  "u0/0000000000000abc.obj", "runs/00000077ffffffff.json", "folded.1/from",
  "u1/0000000000000def-00000000.forks",
]

/// A recording with one object that counted 5 in one life.
private struct Place {
  let path: FilePath

  init() {
    var template = Array("/tmp/salvage-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no directory to fuzz in") }
    path = FilePath(platformString: template)
    for name in ["u0", "u1", "runs", "folded.1"] {
      path.appending(name).withPlatformString { _ = mkdir($0, 0o700) }
    }
    writeSettings()
    write(counters(), "u1/0000000000000def-00000000.0.cnt")
  }

  func writeSettings() {
    var settings = slv_settings()
    settings.magic = SLV_SETTINGS_MAGIC
    settings.version = UInt32(SLV_ABI_VERSION)
    settings.size = UInt32(MemoryLayout<slv_settings>.size)
    withUnsafeMutableBytes(of: &settings.users) { $0.copyBytes(from: path.string.utf8) }
    write(bytes(of: settings), "settings")
  }

  func write(_ bytes: [UInt8], _ name: String) {
    let file = path.appending(name).withPlatformString {
      open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    close(file)
  }

  func remove(_ name: String) { path.appending(name).withPlatformString { _ = unlink($0) } }

  private func counters() -> [UInt8] {
    var header = slv_counters_header()
    header.magic = SLV_COUNTERS_MAGIC
    header.version = UInt32(SLV_ABI_VERSION)
    header.births = 0xc00
    header.identity = 0xdef
    header.slots_offset = 4096
    header.slot_size = 4096
    header.page_size = 4096
    header.max_slots = SLV_SLOTS_MAX
    header.run.0 = slv_run(low: 0x5000, high: 0x6000)
    header.region.0 = slv_region(
      address: 0x5040, size: 8, kind: UInt16(SLV_REGION_ADD64.rawValue),
      source: UInt16(SLV_SOURCE_LLVM.rawValue))
    var result = bytes(of: header)
    result += [UInt8](repeating: 0, count: 4 * 4096 + 4096 - result.count)
    result[Int(SLV_ATTACH_OFFSET) + 4 * 2] = 1
    result[4096 + 2 * 4096 + 0x40] = 5
    result[4096 + 2 * 4096 + 0xc08] = 2  // lives that began at place 1
    return result
  }
}

func bytes<T>(of value: T) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

private let place = Place()

/// The first byte says which file the others are. The reader must come back, whatever they are, and must
/// still count what the other user's files hold.
func readRecording(_ input: [UInt8]) {
  let name = names[Int(input[0]) % names.count]
  place.write(Array(input.dropFirst()), name)
  let reader = RecordingReader(place.path)
  _ = try? reader.contents()
  let reading = try? reader.counters()
  if name != "settings" {
    let good = reading?.objects.first { $0.identity == 0xdef }
    precondition(good?.regions.first?.bytes.first == 5, "one bad file cost another")
    place.remove(name)
  } else {
    place.writeSettings()
  }
}
