import CZlib
import Glibc
import SalvageRecord
import SystemPackage

/// Bytes of a file on a file system in memory.
struct ScratchFile {
  let path: FilePath

  init(_ name: String) {
    var template = Array("/dev/shm/salvage-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no directory to fuzz in") }
    path = FilePath(platformString: template).appending(name)
  }

  func write(_ bytes: some Collection<UInt8>) {
    let file = path.withPlatformString { open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o600) }
    precondition(file >= 0)
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      precondition(count > 0)
      rest = rest.dropFirst(count)
    }
    close(file)
  }
}

private let file = ScratchFile("archive")
private let extracted = ScratchFile("object")

/// The first byte says what the others are: 0 an archive, whatever its checksum says; 1 one whose checksum is made
/// good; 2 sections, of which an archive is made: kind, two words of name, size (u32), bytes.
func readArchive(_ input: [UInt8]) {
  let content = input.dropFirst()
  switch input[0] % 3 {
  case 0:
    file.write(content)
    guard let archive = try? Archive(file.path) else { return }
    precondition(hasGoodSum(Array(content)), "an archive that was altered is accepted")
    readAll(archive)
  case 1:
    file.write(summed(Array(content)))
    if let archive = try? Archive(file.path) { readAll(archive) }
  default:
    file.write(built(content))
    if let archive = try? Archive(file.path) { readAll(archive) }
  }
}

/// What every command does with an archive. It comes back, with values or an error.
private func readAll(_ archive: Archive) {
  let all = (try? archive.contained()) ?? []
  _ = try? JoinedLedgers(all.map { JoinedLedgers.Part($0, of: archive) })?.contents.losses.count
  var totals = CounterTotals()
  try? archive.add(to: &totals)
  for object in totals.sorted { _ = object.withHistory }
  for entry in archive.entries(.object) {
    extracted.path.withPlatformString { _ = unlink($0) }
    try? archive.extract(entry, to: extracted.path)
  }
  for entry in archive.entries(.source) { _ = try? archive.source(entry) }
  if let merge = try? ArchiveMerge([archive.path]) { try? merge.write { _ in } }
}

private func sum(_ bytes: some Collection<UInt8>) -> UInt32 {
  let bytes = Array(bytes)
  return UInt32(crc32(crc32(0, nil, 0), bytes, UInt32(bytes.count)))
}

private func hasGoodSum(_ archive: [UInt8]) -> Bool {
  guard archive.count >= 48 else { return false }
  let noted = archive.suffix(16).prefix(4).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
  return noted == sum(archive.dropLast(16))
}

private func summed(_ archive: [UInt8]) -> [UInt8] {
  guard archive.count >= 48 else { return archive }
  return archive.dropLast(16) + bytes(of: sum(archive.dropLast(16)).littleEndian)
    + archive.suffix(12)
}

private func built(_ sections: ArraySlice<UInt8>) -> [UInt8] {
  var result = Array("VSDRAVS1".utf8) + bytes(of: 1 as UInt32) + bytes(of: 16 as UInt32)
  var table: [UInt8] = []
  var count: UInt64 = 0
  var rest = sections
  while rest.count >= 21, count < 64 {
    let head = Array(rest.prefix(21))
    let size = head[17..<21].reversed().reduce(0) { $0 << 8 | Int($1) }
    let content = rest.dropFirst(21).prefix(size)
    rest = rest.dropFirst(21 + content.count)
    var packed = [UInt8](repeating: 0, count: Int(compressBound(uLong(content.count))))
    var length = uLongf(packed.count)
    compress2(&packed, &length, Array(content), uLong(content.count), 1)
    table += [head[0] % 6] + [UInt8](repeating: 0, count: 7) + head[1..<17]
    table += [result.count, Int(length), content.count].flatMap { bytes(of: UInt64($0)) }
    table += bytes(of: UInt64(sum(content))) + bytes(of: 0 as UInt64)
    result += packed.prefix(Int(length))
    count += 1
  }
  let start = UInt64(result.count)
  result += table + bytes(of: start) + bytes(of: count)
  result += bytes(of: sum(result)) + bytes(of: 0 as UInt32)
  return result + Array("SLVDEND1".utf8)
}
