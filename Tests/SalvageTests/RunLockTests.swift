import Glibc
import Salvage
import SystemPackage
import Testing

@Suite struct RunLockTests {
  /// A child that another thread forks has our descriptors until it execs: it must not keep a recording in
  /// use that nobody uses.
  @Test func aCopyOfTheDescriptorKeepsNothing() async throws {
    let place = try Workplace()
    let lock = try #require(RunLock(place.path, exclusive: false))
    #expect(RunLock(place.path, exclusive: true) == nil)
    let number = try #require((0..<1024).first { target(ofDescriptor: $0) == place.path.string })
    let copy = dup(number)
    defer { close(copy) }
    lock.release()
    let alone = RunLock(place.path, exclusive: true)
    #expect(alone != nil)
    alone?.release()
    await place.remove()
  }

  private func target(ofDescriptor number: Int32) -> String {
    var room = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/fd/\(number)", &room, room.count)
    return String(decoding: room.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
