import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Where an instruction comes from, by the debug information: the innermost inlined function first.
struct SourcePlace: Sendable, Hashable {
  struct Frame: Sendable, Hashable {
    /// The linker's name; empty where nobody knows it.
    var function: String
    /// Absolute, unless the compiler was told otherwise; empty where nobody knows it.
    var file: String
    /// 0 where nobody knows it, or the compiler made the instruction up.
    var line: UInt32
    /// Where the function begins; 0 where nobody knows it.
    var startLine: UInt32
  }

  var frames: [Frame]
}

/// llvm-symbolizer: addresses in, functions and lines out.
struct Symbolizer: Sendable {
  var tool: FilePath

  /// The first LLVM whose llvm-symbolizer we know the JSON of.
  static let oldestVersion = 14
  static let name = "llvm-symbolizer"

  /// The places of addresses, in their order. One run of the tool, whatever their number.
  func places(
    of addresses: [UInt64], in object: FilePath, scratch: ScratchFolder, name: String
  ) async throws -> [SourcePlace] {
    let queries = addresses.reduce(into: [UInt8]()) { text, address in
      text += Array("0x\(String(address, radix: 16))\n".utf8)
    }
    let input = try scratch.write(queries, to: name + ".addresses")
    let output = scratch.file(name + ".json")
    let messages = scratch.file(name + ".messages")
    defer {
      scratch.remove(input)
      scratch.remove(messages)
    }
    let outcome = try await ToolRun.run(
      tool,
      [
        "--obj=\(object)", "--output-style=JSON", "--inlines", "--functions=linkage",
        "--no-demangle",
      ], input: input, output: output, messages: messages)
    let answer = try scratch.taking(output) { bytes throws(FormatError) in
      try SymbolizerReader.places(in: bytes)
    }
    guard outcome.succeeded, answer.count == addresses.count else {
      let said = outcome.messages.split(separator: "\n").first.map { ": \($0)" } ?? ""
      throw SymbolizerFailure(
        description: "\(tool) answered \(answer.count) of \(addresses.count) addresses\(said)")
    }
    return answer
  }
}

/// The tool did not do what it was asked for.
struct SymbolizerFailure: Error, CustomStringConvertible {
  var description: String
}

extension LLVMToolSearch {
  /// llvm-symbolizer, where the other tools of LLVM are looked for; any LLVM's reads every compiler's
  /// debug information so far, so that the first of a known form is taken.
  func symbolizer() async throws -> Symbolizer {
    var tried: [String] = []
    for path in paths(of: Symbolizer.name) {
      guard let version = await Self.majorVersion(of: path) else {
        tried.append("\(path), which does not run")
        continue
      }
      if version >= Symbolizer.oldestVersion { return Symbolizer(tool: path) }
      tried.append("\(path) of LLVM \(version)")
    }
    throw NoSymbolizer(tried: tried)
  }
}

extension LLVMToolSearch {
  /// Where llvm-symbolizer is.
  /// - Throws: ``ToolsError`` where there is none that does.
  package func symbolizerPath() async throws -> FilePath {
    try await symbolizer().tool
  }
}

/// No llvm-symbolizer that does.
struct NoSymbolizer: ToolsError {
  var tried: [String]

  var description: String {
    "needs \(Symbolizer.name) of LLVM \(Symbolizer.oldestVersion) or later, which knows the lines of "
      + "a program built with -fsanitize-coverage; "
      + (tried.isEmpty ? "none is on PATH" : "found only " + tried.joined(separator: ", "))
      + "; install it, or give its folder by --llvm-bin or \(LLVMToolSearch.variable)"
  }
}

/// Reads the JSON of llvm-symbolizer: one object a line for each address asked on its stdin.
///
/// Format: DIPrinter.cpp of LLVM, class JSONPrinter.
enum SymbolizerReader {
  static func places(in bytes: UnsafeRawBufferPointer) throws(FormatError) -> [SourcePlace] {
    var scanner = ByteScanner(bytes, format: "JSON")
    var places: [SourcePlace] = []
    var names = Names()
    scanner.skipSpace()
    while !scanner.isAtEnd {
      places.append(try place(&scanner, &names))
      scanner.skipSpace()
    }
    return places
  }

  /// Each name once in memory: the same file is named a hundred thousand times. Paths without the
  /// detours that a compiler leaves in them (`lib/gcc/../../include`).
  private struct Names {
    private var functions: Set<String> = []
    private var files: [String: String] = [:]

    mutating func function(_ name: String) -> String {
      functions.insert(name).memberAfterInsert
    }

    mutating func file(_ path: String) -> String {
      if let known = files[path] { return known }
      let normal = FilePath(nameOnDisk(path) ?? path).lexicallyNormalized().string
      files[path] = normal
      return normal
    }
  }

  private static func place(
    _ scanner: inout ByteScanner, _ names: inout Names
  ) throws(FormatError) -> SourcePlace {
    var place = SourcePlace(frames: [])
    try scanner.object { (scanner, key) throws(FormatError) in
      guard key == "Symbol" else { return try scanner.skipValue() }
      try scanner.array { (scanner) throws(FormatError) in
        place.frames.append(try frame(&scanner, &names))
      }
    }
    return place
  }

  private static func frame(
    _ scanner: inout ByteScanner, _ names: inout Names
  ) throws(FormatError) -> SourcePlace.Frame {
    var frame = SourcePlace.Frame(function: "", file: "", line: 0, startLine: 0)
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "FunctionName": frame.function = names.function(try scanner.string())
      case "FileName": frame.file = names.file(try scanner.string())
      case "Line": frame.line = try scanner.number32()
      case "StartLine": frame.startLine = try scanner.number32()
      default: try scanner.skipValue()
      }
    }
    return frame
  }
}
