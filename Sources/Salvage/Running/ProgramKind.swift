import CSalvageABI
import Glibc
package import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Whether the library can enter a program, and if not, why.
package enum ProgramKind {
  /// The file that the kernel runs in the end: of a script, its interpreter (execve(2)).
  package static func image(of path: FilePath) -> FilePath {
    var at = path
    for _ in 0..<5 {
      guard let first = scriptLine(of: at)?.first else { return at }
      at = FilePath(first)
    }
    return at
  }

  /// The words behind `#!` of a script; nil of anything else.
  private static func scriptLine(of path: FilePath) -> [String]? {
    guard let bytes = head(of: path), bytes.starts(with: [0x23, 0x21]) else { return nil }
    let line = bytes.dropFirst(2).prefix { $0 != 10 && $0 != 0 }
    return line.split { $0 == 32 || $0 == 9 }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The name of the program that `env` of a script's first line runs: `#!/usr/bin/env -S NAME=1 perl -w`.
  package static func namedToEnv(by path: FilePath) -> String? {
    guard let words = scriptLine(of: path), let first = words.first,
      FilePath(first).lastComponent?.string == "env"
    else { return nil }
    return words.dropFirst().first { !$0.hasPrefix("-") && !$0.contains("=") }
  }

  private static func head(of path: FilePath) -> [UInt8]? {
    guard let file = try? openRegularFile(path) else { return nil }
    defer { try? file.close() }
    var room = [UInt8](repeating: 0, count: 512)
    let count = read(file.rawValue, &room, room.count)
    return count > 0 ? Array(room[0..<count]) : []
  }

  /// Why the library cannot enter `path`; nil where it can, and where the file cannot be read.
  package static func obstacle(_ path: FilePath) -> LossReason? {
    let image = image(of: path)
    guard let status = image.status() else { return nil }
    if gainsPrivileges(image, status) { return .secure }
    guard let elf = try? ELFImage(path: image) else {
      // Another class or byte order is no file that the reader of ELF files takes.
      guard let bytes = head(of: image), bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
        return nil
      }
      return .otherArchitecture
    }
    guard elf.machine == ownMachine else { return .otherArchitecture }
    guard let interpreter = (try? elf.interpreter()) ?? nil else { return .isStatic }
    let name = FilePath(interpreter).lastComponent?.string ?? ""
    return ["ld-linux", "ld-musl-"].contains(where: name.hasPrefix) ? nil : .musl
  }

  /// e_machine of the processor that we run on (elf(5)).
  private static var ownMachine: UInt16 {
    #if arch(x86_64)
      62
    #elseif arch(arm64)
      183
    #else
      0
    #endif
  }

  /// Secure execution (ld.so(8)): the ids would change, or capabilities come from the file.
  private static func gainsPrivileges(_ path: FilePath, _ status: stat) -> Bool {
    if status.st_mode & mode_t(S_ISUID) != 0 && status.st_uid != geteuid() { return true }
    if status.st_mode & mode_t(S_ISGID) != 0 && status.st_gid != getegid() { return true }
    if geteuid() == 0 { return false }
    // getxattr(2) is not in the Glibc module.
    typealias GetAttribute =
      @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int
      ) -> Int
    guard let symbol = dlsym(nil, "getxattr") else { return false }
    let read = unsafeBitCast(symbol, to: GetAttribute.self)
    return path.withPlatformString { read($0, "security.capability", nil, 0) } > 0
  }
}
