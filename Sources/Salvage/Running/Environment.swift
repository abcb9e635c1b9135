import CSalvageABI
import Glibc
import SalvageRecord
import SalvageSystem
package import SystemPackage

/// An environment as the kernel passes it on: `NAME=value`, any bytes but NUL.
package struct EnvironmentBlock: Sendable, Hashable {
  package var entries: [[UInt8]]

  package init(entries: [[UInt8]] = []) {
    self.entries = entries
  }

  /// This process's own, as setenv left it.
  package static func current() -> EnvironmentBlock {
    var result = EnvironmentBlock()
    // `environ` is a variable that any thread may set; Swift 6 does not import such a thing.
    guard let symbol = dlsym(nil, "environ") else { return result }
    let pointer = symbol.assumingMemoryBound(
      to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self)
    var at = pointer.pointee
    while let entry = at?.pointee {
      result.entries.append(Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
      at = at?.successor()
    }
    return result
  }

  /// The value of the first variable of that name.
  package subscript(name: String) -> String? {
    get {
      let start = Array(name.utf8) + [UInt8(ascii: "=")]
      return entries.first { $0.starts(with: start) }
        .map { String(decoding: $0.dropFirst(start.count), as: UTF8.self) }
    }
    set {
      let start = Array(name.utf8) + [UInt8(ascii: "=")]
      let old = entries.firstIndex { $0.starts(with: start) }
      switch (old, newValue) {
      case (let old?, let value?): entries[old] = start + Array(value.utf8)
      case (nil, let value?): entries.append(start + Array(value.utf8))
      case (let old?, nil): entries.remove(at: old)
      case (nil, nil): break
      }
    }
  }
}

/// The two variables that make a process record.
package enum RecordingVariables {
  package static let recording = SLV_ENV_RECORDING
  package static let preload = SLV_ENV_PRELOAD

  /// LD_PRELOAD with our library first; other libraries stay, another recording's goes.
  package static func preload(_ library: FilePath, before old: String?) -> String {
    let others = (old ?? "").split { $0 == ":" || $0 == " " }.filter { entry in
      entry.split(separator: "/").last.map(String.init) != SLV_LIBRARY_NAME
    }
    return ([library.string] + others.map(String.init)).joined(separator: ":")
  }

  /// `<path>;life=<16 hex>;ctx=<8 hex>`
  package static func address(_ directory: FilePath, life: UInt64, context: UInt32) -> String {
    "\(directory);life=\(hex(life));ctx=\(hex(UInt64(context), digits: 8))"
  }

  /// The recording that an address names.
  package static func directory(ofAddress address: String) -> FilePath? {
    let suffix = ";life=0123456789abcdef;ctx=01234567".utf8.count
    guard address.utf8.count > suffix, address.hasPrefix("/") else { return nil }
    let tail = address.utf8.suffix(suffix)
    guard tail.starts(with: ";life=".utf8) else { return nil }
    return FilePath(String(decoding: address.utf8.dropLast(suffix), as: UTF8.self))
  }
}
