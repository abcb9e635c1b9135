/// Reads the JSON that `llvm-cov export` writes.
///
/// Format: the head comment of CoverageExporterJson.cpp of LLVM. Keys that we do not know are passed
/// over; arrays of numbers are checked for their length.
enum LLVMJSONReader {
  static func coverage(in bytes: UnsafeRawBufferPointer) throws(FormatError) -> Coverage {
    var scanner = ByteScanner(bytes, format: "JSON")
    return try root(&scanner)
  }

  private static func root(_ scanner: inout ByteScanner) throws(FormatError) -> Coverage {
    var coverage = Coverage(content: .regions)
    var dialect = LLVMDialect(version: "", hasMCDC: false)
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "data":
        try scanner.array { (scanner) throws(FormatError) in
          try export(&scanner, &coverage, &dialect)
        }
      case "version": dialect.version = try scanner.string()
      default: try scanner.skipValue()
      }
    }
    coverage.dialect = dialect
    return coverage
  }

  private static func export(
    _ scanner: inout ByteScanner, _ coverage: inout Coverage, _ dialect: inout LLVMDialect
  ) throws(FormatError) {
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "files":
        try scanner.array { (scanner) throws(FormatError) in
          coverage.files.append(try file(&scanner, &dialect))
        }
      case "functions":
        try scanner.array { (scanner) throws(FormatError) in
          coverage.functions.append(try function(&scanner))
        }
      default: try scanner.skipValue()
      }
    }
  }

  private static func file(
    _ scanner: inout ByteScanner, _ dialect: inout LLVMDialect
  ) throws(FormatError) -> SourceFile {
    var path = ""
    var regions = FileRegions(
      segments: [], branches: [], mcdc: [], expansions: [], summary: RegionSummary())
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "filename": path = try scanner.string()
      case "segments": regions.segments = try segments(&scanner)
      case "branches": regions.branches = try branches(&scanner)
      case "mcdc_records": regions.mcdc = try mcdc(&scanner)
      case "expansions":
        try scanner.array { (scanner) throws(FormatError) in
          regions.expansions.append(try expansion(&scanner))
        }
      case "summary": regions.summary = try summary(&scanner, &dialect)
      default: try scanner.skipValue()
      }
    }
    return SourceFile(path: path, regions: regions)
  }

  private static func function(_ scanner: inout ByteScanner) throws(FormatError) -> FunctionRegions
  {
    var function = FunctionRegions(
      name: "", count: 0, fileNames: [], regions: [], branches: [], mcdc: [])
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "name": function.name = try scanner.string()
      case "count": function.count = try scanner.number()
      case "filenames": function.fileNames = try strings(&scanner)
      case "regions": function.regions = try regions(&scanner)
      case "branches": function.branches = try branches(&scanner)
      case "mcdc_records": function.mcdc = try mcdc(&scanner)
      default: try scanner.skipValue()
      }
    }
    return function
  }

  private static func expansion(_ scanner: inout ByteScanner) throws(FormatError) -> Expansion {
    var fileNames: [String] = []
    var source: SourceRegion?
    var targets: [SourceRegion] = []
    var branches: [BranchRegion] = []
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "filenames": fileNames = try strings(&scanner)
      case "source_region": source = try region(&scanner)
      case "target_regions": targets = try regions(&scanner)
      case "branches": branches = try Self.branches(&scanner)
      default: try scanner.skipValue()
      }
    }
    guard let source else { throw scanner.failure("an expansion with its source_region") }
    return Expansion(
      fileNames: fileNames, source: source, targets: Packed(targets), branches: branches)
  }

  private static func strings(_ scanner: inout ByteScanner) throws(FormatError) -> [String] {
    var strings: [String] = []
    try scanner.array { (scanner) throws(FormatError) in
      strings.append(try scanner.string())
    }
    return strings
  }

  private static func regions(_ scanner: inout ByteScanner) throws(FormatError) -> [SourceRegion] {
    var regions: [SourceRegion] = []
    try scanner.array { (scanner) throws(FormatError) in
      regions.append(try region(&scanner))
    }
    return regions
  }

  private static func region(_ scanner: inout ByteScanner) throws(FormatError) -> SourceRegion {
    try scanner.expect(UInt8(ascii: "["))
    let region = SourceRegion(
      startLine: try scanner.number32(), startColumn: try scanner.nextNumber32(),
      endLine: try scanner.nextNumber32(), endColumn: try scanner.nextNumber32(),
      count: DerivedCount.json(try scanner.nextNumber()), file: try scanner.nextNumber32(),
      expandedFile: try scanner.nextNumber32(), kind: try scanner.nextNumber32())
    try scanner.expect(UInt8(ascii: "]"))
    return region
  }

  private static func branches(_ scanner: inout ByteScanner) throws(FormatError) -> [BranchRegion] {
    var branches: [BranchRegion] = []
    try scanner.array { (scanner) throws(FormatError) in
      try scanner.expect(UInt8(ascii: "["))
      branches.append(
        BranchRegion(
          startLine: try scanner.number32(), startColumn: try scanner.nextNumber32(),
          endLine: try scanner.nextNumber32(), endColumn: try scanner.nextNumber32(),
          trueCount: DerivedCount.json(try scanner.nextNumber()),
          falseCount: DerivedCount.json(try scanner.nextNumber()),
          file: try scanner.nextNumber32(), expandedFile: try scanner.nextNumber32(),
          kind: try scanner.nextNumber32()))
      try scanner.expect(UInt8(ascii: "]"))
    }
    return branches
  }

  private static func segments(_ scanner: inout ByteScanner) throws(FormatError) -> [Segment] {
    var segments: [Segment] = []
    try scanner.array { (scanner) throws(FormatError) in
      try scanner.expect(UInt8(ascii: "["))
      let line = try scanner.number32()
      let column = try scanner.nextNumber32()
      let count = DerivedCount.json(try scanner.nextNumber())
      try scanner.expect(UInt8(ascii: ","))
      let hasCount = try scanner.boolean()
      try scanner.expect(UInt8(ascii: ","))
      let isRegionEntry = try scanner.boolean()
      // LLVM 11 and older have no gap flag.
      let isGap = scanner.accept(UInt8(ascii: ",")) ? try scanner.boolean() : false
      try scanner.expect(UInt8(ascii: "]"))
      segments.append(
        Segment(
          line: line, column: column, count: count, hasCount: hasCount,
          isRegionEntry: isRegionEntry, isGap: isGap))
    }
    return segments
  }

  private static func mcdc(_ scanner: inout ByteScanner) throws(FormatError) -> [MCDCRecord] {
    var records: [MCDCRecord] = []
    try scanner.array { (scanner) throws(FormatError) in
      var numbers: [UInt64] = []
      var conditions: [Bool] = []
      try scanner.array { (scanner) throws(FormatError) in
        guard scanner.peek == UInt8(ascii: "[") else {
          numbers.append(try scanner.number())
          return
        }
        try scanner.array { (scanner) throws(FormatError) in
          conditions.append(try scanner.boolean())
        }
      }
      guard numbers.count >= 4 else { throw scanner.failure("an MC/DC record") }
      records.append(
        MCDCRecord(
          range: Array(numbers[..<4]), details: Array(numbers[4...]), conditions: conditions))
    }
    return records
  }

  private static func summary(
    _ scanner: inout ByteScanner, _ dialect: inout LLVMDialect
  ) throws(FormatError) -> RegionSummary {
    var summary = RegionSummary()
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "lines": summary.lines = try tally(&scanner)
      case "functions": summary.functions = try tally(&scanner)
      case "instantiations": summary.instantiations = try tally(&scanner)
      case "regions": summary.regions = try tally(&scanner)
      case "branches": summary.branches = try tally(&scanner)
      case "mcdc":
        summary.mcdc = try tally(&scanner)
        dialect.hasMCDC = true
      default: try scanner.skipValue()
      }
    }
    return summary
  }

  private static func tally(_ scanner: inout ByteScanner) throws(FormatError) -> Tally {
    var tally = Tally()
    try scanner.object { (scanner, key) throws(FormatError) in
      switch key {
      case "count": tally.found = Int(try scanner.number32())
      case "covered": tally.hit = Int(try scanner.number32())
      default: try scanner.skipValue()
      }
    }
    return tally
  }
}
