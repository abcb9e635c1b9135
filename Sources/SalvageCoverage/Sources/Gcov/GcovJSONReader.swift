import SalvageSystem

/// Reads what `gcov --json-format --branch-probabilities --stdout` writes: a JSON document for each
/// data file.
///
/// Format: gcov(1), `--json-format`; doc/gcov.texi of gcc 10 to 15. Keys that we do not know are passed
/// over. As lcov does, all outcomes on a line are numbered together, also those of exceptions, and the
/// instantiations of a template add up.
enum GcovJSONReader {
  /// What gcov says of one data file.
  struct Document: Sendable {
    /// The name by which gcov was given the data file.
    var dataFile: String
    var files: [SourceFile]
  }

  static func documents(in bytes: UnsafeRawBufferPointer) throws(FormatError) -> [Document] {
    var scanner = ByteScanner(bytes, format: "gcov JSON")
    var documents: [Document] = []
    scanner.skipSpace()
    while !scanner.isAtEnd {
      documents.append(try document(&scanner))
      scanner.skipSpace()
    }
    return documents
  }

  private static func document(_ scanner: inout ByteScanner) throws(FormatError) -> Document {
    var directory = ""
    var document = Document(dataFile: "", files: [])
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "data_file": document.dataFile = try scanner.string()
      case "current_working_directory": directory = try scanner.string()
      case "files":
        try scanner.array { (scanner) throws(FormatError) in
          document.files.append(try file(&scanner))
        }
      default: try scanner.skipValue()
      }
    }
    document.files = named(document.files, in: directory)
    return document
  }

  /// The files under absolute paths, sorted; two names of one file are one.
  private static func named(_ files: [SourceFile], in directory: String) -> [SourceFile] {
    var result: [SourceFile] = []
    var sorted = files
    for index in sorted.indices {
      sorted[index].path = GcovPath.absolute(sorted[index].path, in: directory)
    }
    sorted.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    for file in sorted {
      if let last = result.indices.last, result[last].path == file.path {
        result[last].add(file)
      } else {
        result.append(file)
      }
    }
    return result
  }

  private static func file(_ scanner: inout ByteScanner) throws(FormatError) -> SourceFile {
    var file = SourceFile(path: "")
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "file": file.path = try scanner.string()
      case "functions":
        try scanner.array { (scanner) throws(FormatError) in
          file.functions.append(try function(&scanner))
        }
      case "lines":
        try scanner.array { (scanner) throws(FormatError) in
          try line(&scanner, &file)
        }
      default: try scanner.skipValue()
      }
    }
    file.fold()
    return file
  }

  private static func function(_ scanner: inout ByteScanner) throws(FormatError) -> Function {
    var function = Function(name: "", line: 0, count: 0)
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "name": function.name = try scanner.string()
      case "start_line": function.line = try scanner.number32()
      case "start_column": function.column = try scanner.number32()
      case "execution_count": function.count = try count(&scanner)
      default: try scanner.skipValue()
      }
    }
    return function
  }

  private static func line(
    _ scanner: inout ByteScanner, _ file: inout SourceFile
  ) throws(FormatError) {
    var line = Line(number: 0, count: 0)
    var hasUnexecutedBlock = false
    let first = file.branches.count
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "line_number": line.number = try scanner.number32()
      case "count": line.count = try count(&scanner)
      case "unexecuted_block": hasUnexecutedBlock = try scanner.boolean()
      case "branches":
        try scanner.array { (scanner) throws(FormatError) in
          let outcome = UInt32(truncatingIfNeeded: file.branches.count - first)
          file.branches.append(
            Branch(
              line: 0, decision: 0, outcome: outcome, reached: true,
              count: try branchCount(&scanner)))
        }
      default: try scanner.skipValue()
      }
    }
    guard line.number > 0 else { throw scanner.failure("a line with a number") }
    for index in first..<file.branches.count {
      file.branches[index].line = line.number
      file.branches[index].reached = line.count > 0 || !hasUnexecutedBlock
    }
    file.lines.append(line)
  }

  private static func branchCount(_ scanner: inout ByteScanner) throws(FormatError) -> UInt64 {
    var result: UInt64 = 0
    try scanner.object { (scanner, key) throws(FormatError) in
      if key == "count" { result = try count(&scanner) } else { try scanner.skipValue() }
    }
    return result
  }

  /// gcov derives most counts from others: of a program that was killed between two increments one may
  /// be below zero.
  private static func count(_ scanner: inout ByteScanner) throws(FormatError) -> UInt64 {
    let isNegative = scanner.accept(UInt8(ascii: "-"))
    let value = try scanner.number()
    return isNegative ? 0 : value
  }
}
