#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Function names as they are written in the source, for what people read.
///
/// By the runtimes that this program has anyway: Swift's own, and that of C++ (which knows Rust's older names too).
/// A name that neither knows stays as the linker has it, and so does a name in `lcov` and `json`, where it is a key.
package struct Demangler: Sendable {
  private typealias CxxDemangle =
    @convention(c) (
      UnsafePointer<CChar>?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?,
      UnsafeMutablePointer<CInt>?
    ) -> UnsafeMutablePointer<CChar>?

  private let cxx: CxxDemangle?

  package init() {
    // libstdc++ is there where Swift's runtime is: it needs it itself.
    cxx = dlsym(nil, "__cxa_demangle").map { unsafeBitCast($0, to: CxxDemangle.self) }
  }

  /// The name in the source; a static function keeps its file before it: `a.c:f`.
  package func name(_ linkerName: String) -> String {
    let colon = linkerName.utf8.lastIndex(of: UInt8(ascii: ":"))
    let file = colon.map { linkerName[...$0] } ?? ""
    let symbol = String(
      linkerName[(colon.map { linkerName.utf8.index(after: $0) } ?? linkerName.startIndex)...])
    guard let name = demangled(symbol) else { return linkerName }
    return file + name
  }

  private func demangled(_ symbol: String) -> String? {
    if symbol.hasPrefix("$s") || symbol.hasPrefix("$S") || symbol.hasPrefix("_T0") {
      return symbol.withCString { text in
        Self.taken(swiftDemangle(text, UInt(symbol.utf8.count), nil, nil, 0))
      }
    }
    guard symbol.hasPrefix("_Z"), let cxx else { return nil }
    var status: CInt = 0
    guard let name = symbol.withCString({ Self.taken(cxx($0, nil, nil, &status)) }), status == 0
    else {
      return nil
    }
    return Self.withoutRustHash(name)
  }

  /// The text, which malloc(3) made.
  private static func taken(_ text: UnsafeMutablePointer<CChar>?) -> String? {
    guard let text else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// rustc's older names end in `::h` and 16 digits.
  private static func withoutRustHash(_ name: String) -> String {
    let tail = name.utf8.suffix(19)
    guard tail.count == 19, name.utf8.count > 19, tail.starts(with: "::h".utf8),
      tail.dropFirst(3).allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return name }
    return String(name.dropLast(19))
  }
}

/// Exported by Swift's runtime for debuggers and profilers (stdlib/public/runtime/Demangle.cpp).
@_silgen_name("swift_demangle")
private func swiftDemangle(
  _ name: UnsafePointer<CChar>?, _ count: UInt, _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: UnsafeMutablePointer<UInt>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
