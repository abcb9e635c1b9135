import Glibc

/// What is fuzzed: $SALVAGE_FUZZ_KIND.
private enum Kind: String {
  /// Files of a recording.
  case recording
  /// Archives: their bytes, and sections below a good checksum.
  case archive
  /// Kept sections of objects: LLVM's coverage mapping; gcc's and clang's notes; Go's meta-data.
  case mapping, notes, go
}

private let kind: Kind = {
  guard let name = getenv("SALVAGE_FUZZ_KIND"), let kind = Kind(rawValue: String(cString: name))
  else { fatalError("SALVAGE_FUZZ_KIND is to be recording, archive, mapping, notes or go") }
  return kind
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func readOne(_ input: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let input, count > 0 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: input, count: count))
  switch kind {
  case .recording: readRecording(bytes)
  case .archive: readArchive(bytes)
  case .mapping, .notes, .go: readKept(bytes)
  }
  return 0
}

/// libFuzzer's loop (FuzzerInterface.h): SwiftPM gives executables a main of their own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
struct FuzzReader {
  static func main() {
    var count = CommandLine.argc
    var words = CommandLine.unsafeArgv
    exit(runDriver(&count, &words) { readOne($0, $1) })
  }
}
