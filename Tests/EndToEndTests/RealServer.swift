import Foundation
import SystemPackage

/// memcached of Debian's source package, built by clang with its own flags and those of coverage.
enum RealServer {
  /// - Throws: `Unavailable` where its source is not here.
  static func program() async throws -> FilePath {
    let home = try await RealBuild.shared.directory("memcached", key: 1, isMovable: false) {
      try await DebianSource.download("memcached", into: $0)
      try await build(in: $0)
    }
    return home.appending("memcached")
  }

  static func sources(of program: FilePath) -> FilePath {
    program.removingLastComponent().appending("source")
  }

  private static func build(in home: FilePath) async throws {
    let environment = ["LLVM_PROFILE_FILE": "/dev/null"]
    let script = """
      set -e
      mkdir source
      tar xf memcached_*.orig.tar.* -C source --strip-components=1
      cd source
      ./configure CC=clang CFLAGS='-g -O2 -fprofile-instr-generate -fcoverage-mapping' \
        LDFLAGS=-fprofile-instr-generate --disable-docs --disable-dependency-tracking
      make -j2 memcached
      cp memcached ..
      """
    try await Tools.run(["sh", "-c", script], in: home, environment: environment)
  }
}

/// A client that counts what it asks, and what is answered.
struct RealClient: ~Copyable {
  private let socket: Int32
  private var buffer: [UInt8] = []
  private(set) var sent: [String: UInt64] = [:]
  private(set) var answered: [String: UInt64] = [:]

  init?(port: UInt16) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if status != 0 { return nil }
  }

  deinit { close(socket) }

  /// Sends one request and awaits the line that ends its answer; nothing where the server is gone.
  mutating func ask(_ request: String, until end: String) -> [String]? {
    let name = String(request.prefix { $0.isLetter })
    sent[name, default: 0] += 1
    let bytes = Array((request + "\r\n").utf8)
    // MSG_NOSIGNAL: the server is killed while we write.
    guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      return nil
    }
    var lines: [String] = []
    while let line = line() {
      lines.append(line)
      if line.hasPrefix(end) {
        answered[name, default: 0] += 1
        return lines
      }
    }
    return nil
  }

  private mutating func line() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 10) {
        let line = String(decoding: buffer[..<end].dropLast(), as: UTF8.self)
        buffer.removeFirst(end + 1)
        return line
      }
      var more = [UInt8](repeating: 0, count: 4096)
      let count = recv(socket, &more, more.count, 0)
      if count <= 0 { return nil }
      buffer += more[..<count]
    }
  }

  /// One of each command that the tests look at; false where the server is gone.
  mutating func round(_ number: Int) -> Bool {
    let key = "key\(number % 50)"
    for (request, end) in [
      ("set \(key) 0 0 2\r\n41", "STORED"), ("get \(key)", "END"), ("incr \(key) 1", ""),
      ("touch \(key) 0", ""), ("delete \(key)", ""),
    ] where ask(request, until: end) == nil {
      return false
    }
    return true
  }

  mutating func pid() -> pid_t? {
    ask("stats", until: "END")?.lazy
      .compactMap { $0.hasPrefix("STAT pid ") ? pid_t($0.dropFirst(9)) : nil }.first
  }
}
