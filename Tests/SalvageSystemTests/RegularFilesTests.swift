import Glibc
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

/// What somebody else may have put under a name is looked at before it is opened.
@Suite struct RegularFilesTests {
  private let folder: TemporaryDirectory
  private var file: FilePath { folder.path.appending("file") }
  private var link: FilePath { folder.path.appending("link") }
  private var fifo: FilePath { folder.path.appending("fifo") }

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(Array("text".utf8), "file")
    try #require(symlink("file", link.string) == 0 && mkfifo(fifo.string, 0o600) == 0)
  }

  private func text(_ path: FilePath, following: Bool = true) throws -> String? {
    guard let file = try openRegularFile(path, following: following) else { return nil }
    return try file.closeAfter {
      var room = [UInt8](repeating: 0, count: 16)
      let count = try room.withUnsafeMutableBytes { try file.read(into: $0) }
      return String(decoding: room[..<count], as: UTF8.self)
    }
  }

  @Test func onlyRegularFilesAreOpened() throws {
    #expect(try text(file) == "text" && text(file, following: false) == "text")
    #expect(try text(link) == "text" && text(link, following: false) == nil)
    for other in [folder.path, fifo, "/dev/zero", "/proc/self"] as [FilePath] {
      #expect(try text(other) == nil, "\(other)")
    }
    #expect(throws: Errno.noSuchFileOrDirectory) {
      try openRegularFile(folder.path.appending("no"))
    }
  }

  /// A writer that waits for a reader goes on waiting; a driver hears of nothing.
  @Test func nothingElseIsOpenedMeanwhile() throws {
    let watch = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    try #require(watch >= 0)
    defer { close(watch) }
    try #require(inotify_add_watch(watch, fifo.string, UInt32(IN_OPEN)) >= 0)
    try #require(inotify_add_watch(watch, file.string, UInt32(IN_OPEN)) >= 0)
    var room = [UInt8](repeating: 0, count: 4096)
    #expect(try text(fifo) == nil)
    #expect(read(watch, &room, room.count) == -1 && errno == EAGAIN)
    // Who watches hears of what is opened.
    #expect(try text(file) == "text")
    #expect(read(watch, &room, room.count) > 0)
  }
}
