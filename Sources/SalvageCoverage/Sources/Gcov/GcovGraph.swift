import SalvageSystem

/// A `.gcno` file: the functions of one compiled unit, with where in the file each one's blocks, arcs and
/// lines are.
///
/// Source: gcov-io.h and coverage.c of gcc 8 to 15; GCOVProfiling.cpp of LLVM 14 to 21 for the files that
/// clang's `--coverage` writes. gcc 11 and 12, clang 14 and Swift's clang are run by the tests; the others
/// are read by their format.
package struct GcovGraph {
  /// Whose rules hold: gcov's and llvm-cov's differ in what belongs to a line.
  package enum Compiler: Sendable {
    case gcc, clang
  }

  struct Function {
    var ident: UInt32
    var lineChecksum: UInt32
    var graphChecksum: UInt32
    var name: Range<Int>
    /// The compiler made it; the source has no such function.
    var isArtificial = false
    /// Its place in ``GcovFileNames``.
    var file = 0
    var startLine: UInt32 = 0
    var startColumn: UInt32 = 0
    var endLine: UInt32 = 0
    /// The records that belong to it.
    var body: Range<Int>
    /// Several functions of the source begin on its first line: instances of a template.
    var isInGroup = false

    /// A line of its own: each instance of a template keeps those between its first and its last.
    func ownsLine(_ line: UInt32, ofFile file: Int) -> Bool {
      isInGroup && self.file == file && startLine <= line && line <= endLine
    }
  }

  static let magic: UInt32 = 0x6763_6e6f
  static let functionTag: UInt32 = 0x0100_0000

  private(set) var compiler = Compiler.gcc
  private(set) var stamp: UInt32 = 0
  private(set) var functions: [Function] = []
  private(set) var names: GcovFileNames
  private(set) var bytes: GcovBytes
  /// clang 14 to 19 write the format of gcc 4.8.
  private(set) var isOldFormat = false

  /// Reads the headers of all functions. The bytes must outlive the value.
  init(_ raw: UnsafeRawBufferPointer) throws(GcovGraphError) {
    bytes = GcovBytes(raw)
    guard raw.count >= 12, try bytes.word() == Self.magic else { throw .notNotes }
    let word = try bytes.word()
    guard let format = GcovVersion(word: word).notesFormat else { throw .unknownVersion(word) }
    isOldFormat = format < 8
    bytes.lengthUnit = format >= 12 ? 1 : 4
    stamp = try bytes.word()
    if format >= 12 { _ = try bytes.word() }
    let directory = format >= 9 ? try bytes.string().map(bytes.text) ?? "" : ""
    let tellsUnexecutedBlocks = format >= 8 ? try bytes.word() != 0 : false
    // gcc names a directory, and always says that its lines tell blocks that did not run.
    if isOldFormat || (directory == "." && !tellsUnexecutedBlocks) { compiler = .clang }
    names = GcovFileNames(directory: directory == "." ? "" : directory)
    while let (tag, body) = try bytes.record() {
      if tag == Self.functionTag {
        functions.append(try head(in: body, format: format))
      } else if !functions.isEmpty {
        functions[functions.count - 1].body =
          functions[functions.count - 1].body.lowerBound..<body.upperBound
      }
    }
    findGroups()
  }

  private mutating func head(in body: Range<Int>, format: Int) throws(GcovGraphError) -> Function {
    var part = bytes.part(body)
    var function = Function(
      ident: try part.word(), lineChecksum: try part.word(), graphChecksum: try part.word(),
      name: try part.string() ?? 0..<0, body: body.upperBound..<body.upperBound)
    if !isOldFormat { function.isArtificial = try part.word() != 0 }
    function.file = names.index(of: try part.string(), in: bytes)
    function.startLine = try part.word()
    if !isOldFormat {
      function.startColumn = try part.word()
      function.endLine = try part.word()
    }
    return function
  }

  /// gcov's rule; llvm-cov has none.
  private mutating func findGroups() {
    guard compiler == .gcc else { return }
    var first: [UInt64: Int] = [:]
    first.reserveCapacity(functions.count)
    for index in functions.indices where !functions[index].isArtificial {
      let place = UInt64(functions[index].file) << 32 | UInt64(functions[index].startLine)
      if let other = first[place] {
        functions[other].isInGroup = true
        functions[index].isInGroup = true
      } else {
        first[place] = index
      }
    }
  }
}

extension GcovGraph {
  /// Another file was named among the lines of a function.
  mutating func file(named range: Range<Int>?) -> Int { names.index(of: range, in: bytes) }
}

/// The source files of a unit, each once.
struct GcovFileNames {
  private let directory: String
  private(set) var paths: [String] = []
  private var places: [String: Int] = [:]
  /// By the hash of the name as it is written; the next hash is tried where two names share one.
  private var written: [UInt64: (name: Range<Int>, index: Int)] = [:]
  private var last: (name: Range<Int>, index: Int)?

  init(directory: String) {
    self.directory = directory
  }

  /// Names follow each other: nearly always it is the one that was asked for before.
  mutating func index(of name: Range<Int>?, in bytes: GcovBytes) -> Int {
    let name = name ?? 0..<0
    if let last, bytes.isEqual(last.name, name) { return last.index }
    var hash = bytes.hash(name)
    while let known = written[hash] {
      if bytes.isEqual(known.name, name) {
        last = (name, known.index)
        return known.index
      }
      hash &+= 1
    }
    let path = GcovPath.absolute(name.isEmpty ? "<unknown>" : bytes.text(name), in: directory)
    let index = places[path] ?? paths.count
    if index == paths.count {
      paths.append(path)
      places[path] = index
    }
    written[hash] = (name, index)
    last = (name, index)
    return index
  }
}

enum GcovPath {
  /// Without `.` and `..`, by the text alone, as clang's mapping has them.
  static func absolute(_ path: String, in directory: String) -> String {
    let whole = path.hasPrefix("/") || directory.isEmpty ? path : directory + "/" + path
    guard whole.utf8.contains(UInt8(ascii: ".")) || whole.contains("//") else { return whole }
    let isAbsolute = whole.hasPrefix("/")
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !isAbsolute {
        parts.append(part)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }
}
