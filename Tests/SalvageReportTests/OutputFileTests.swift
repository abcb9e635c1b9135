import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SalvageReport

/// Where reports go: what is there keeps its owner, mode, names and kind.
@Suite struct OutputFileTests {
  private let directory: TemporaryDirectory
  private var folder: FilePath { directory.path }

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String) -> FilePath { folder.appending(name) }

  private func make(_ name: String, mode: mode_t, _ text: String = "old") throws {
    let file = open(path(name).string, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    try #require(file >= 0)
    _ = Glibc.write(file, text, text.utf8.count)
    fchmod(file, mode)
    close(file)
  }

  private func status(_ name: String) throws -> stat {
    var result = stat()
    try #require(lstat(path(name).string, &result) == 0)
    return result
  }

  private func text(_ name: String) throws -> String {
    let file = try FileDescriptor.open(path(name), .readOnly)
    return try file.closeAfter {
      String(
        decoding: try [UInt8](unsafeUninitializedCapacity: 100) {
          $1 = try file.read(into: UnsafeMutableRawBufferPointer($0))
        }, as: UTF8.self)
    }
  }

  private func entries() -> [String] {
    guard let stream = opendir(folder.string) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { ![".", ".."].contains($0) }.sorted()
  }

  @Test func anOldFileKeepsItsModeAndIsReplaced() throws {
    try make("report", mode: 0o640)
    let reader = try FileDescriptor.open(path("report"), .readOnly)
    let old = try status("report")
    try OutputFile(path("report")).write(Array("new".utf8))
    #expect(try status("report").st_mode & 0o7777 == 0o640)
    #expect(try status("report").st_ino != old.st_ino)
    #expect(try text("report") == "new")
    // Whoever read it reads on in the old one.
    var byte = [UInt8](repeating: 0, count: 3)
    #expect(read(reader.rawValue, &byte, 3) == 3 && byte == Array("old".utf8))
    try reader.close()
    #expect(entries() == ["report"])
  }

  @Test func aNewFileObeysTheUmask() throws {
    // The umask is the process's: other tests of this one run beside it, so it is only looked at.
    let mask = umask(0)
    umask(mask)
    try OutputFile(path("report")).write(Array("new".utf8))
    #expect(try status("report").st_mode & 0o777 == 0o666 & ~mask)
  }

  @Test func aLinkLeadsToItsTarget() throws {
    try make("target", mode: 0o600)
    symlink("target", path("link").string)
    symlink("later", path("dangling").string)
    symlink("ring", path("ring").string)
    try OutputFile(path("link")).write(Array("new".utf8))
    try OutputFile(path("dangling")).write(Array("made".utf8))
    #expect(try status("link").st_mode & S_IFMT == S_IFLNK)
    #expect(try text("target") == "new" && text("later") == "made")
    #expect(try status("target").st_mode & 0o777 == 0o600)
    #expect(throws: OutputError(path("ring"), ELOOP)) {
      try OutputFile(path("ring")).write([1])
    }
  }

  @Test func allNamesOfAFileGetTheNewText() throws {
    try make("one", mode: 0o644)
    link(path("one").string, path("two").string)
    try OutputFile(path("one")).write(Array("n".utf8))
    #expect(try text("two") == "n")
  }

  @Test func aFifoIsWrittenTo() throws {
    mkfifo(path("fifo").string, 0o600)
    // Open for both, so that neither side waits.
    let reader = open(path("fifo").string, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    try OutputFile(path("fifo")).write(Array("new".utf8))
    var bytes = [UInt8](repeating: 0, count: 3)
    #expect(read(reader, &bytes, 3) == 3 && bytes == Array("new".utf8))
    #expect(try status("fifo").st_mode & S_IFMT == S_IFIFO)
    close(reader)
  }

  @Test func aDescriptorIsWrittenWhereItStands() throws {
    try make("log", mode: 0o600, "")
    let file = open(path("log").string, O_WRONLY | O_CLOEXEC)
    for name in ["/dev/fd/\(file)", "/proc/self/fd/\(file)", path("link").string] {
      if name.hasSuffix("link") { symlink("/dev/fd/\(file)", name) }
      try OutputFile(FilePath(name)).write(Array("x".utf8))
    }
    close(file)
    #expect(try text("log") == "xxx")
  }

  @Test func aDeviceStaysAsItIs() throws {
    var before = stat()
    var after = stat()
    stat("/dev/null", &before)
    try OutputFile("/dev/null").write(Array("new".utf8))
    stat("/dev/null", &after)
    #expect(before.st_mode == after.st_mode && before.st_ino == after.st_ino)
  }

  /// `check` says before the work what `write` would say after it, and changes nothing.
  @Test func whatCannotBeWrittenIsRefused() throws {
    for (path, code) in [
      (folder, EISDIR), (folder.appending("none/report"), ENOENT),
    ] {
      let check = #expect(throws: OutputError.self) { try OutputFile(path).check() }
      let write = #expect(throws: OutputError.self) { try OutputFile(path).write([1]) }
      #expect(check?.path == path && write?.path == path)
      #expect(check?.errno.rawValue == code && write?.errno.rawValue == code)
    }
    #expect(entries().isEmpty)
  }

  /// In a directory where everybody may make files, a name that another user has laid out is refused:
  /// root's report would go where that user wants it.
  @Test(.enabled(if: geteuid() == 0, "needs root to make another user's file"))
  func whatOthersLaidOutIsRefused() throws {
    chmod(folder.string, 0o1777)
    try make("target", mode: 0o644)
    try make("file", mode: 0o666)
    for (name, target) in [("link", "target"), ("dangling", "later")] {
      symlink(target, path(name).string)
      lchown(path(name).string, 65534, 65534)
    }
    lchown(path("file").string, 65534, 65534)
    for name in ["link", "dangling", "file"] {
      #expect(throws: OutputError(path(name), EACCES)) { try OutputFile(path(name)).write([1]) }
    }
    #expect(entries() == ["dangling", "file", "link", "target"])
    #expect(try text("target") == "old")
  }

  @Test(.enabled(if: geteuid() == 0, "needs root to make another user's file"))
  func theOwnerStays() throws {
    try make("report", mode: 0o600)
    lchown(path("report").string, 65534, 65533)
    try OutputFile(path("report")).write(Array("new".utf8))
    let after = try status("report")
    #expect(after.st_uid == 65534 && after.st_gid == 65533 && after.st_mode & 0o777 == 0o600)
  }

  @Test func whatFailsLeavesTheOldFile() throws {
    try make("report", mode: 0o644)
    #expect(throws: OutputError("x", ENOSPC)) {
      try OutputFile(path("report")).write { sink throws(OutputError) in
        try sink(UnsafeRawBufferPointer(start: nil, count: 0))
        throw OutputError("x", ENOSPC)
      }
    }
    #expect(try text("report") == "old")
    #expect(entries() == ["report"])
  }
}
