import Testing

@testable import SalvageCoverage

@Suite struct ReaderTests {
  static func lcov(_ text: some StringProtocol) throws -> [SourceFile] {
    var text = String(text)
    return try text.withUTF8 { bytes in
      try LCOVReader.files(in: UnsafeRawBufferPointer(bytes))
    }
  }

  static func json(_ text: some StringProtocol) throws -> Coverage {
    var text = String(text)
    return try text.withUTF8 { bytes in
      try LLVMJSONReader.coverage(in: UnsafeRawBufferPointer(bytes))
    }
  }

  static let tracefile = """
    SF:/src/a b.c
    FN:3,main
    FN:9,a.c:f,g
    FNDA:1,main
    FNDA:0,a.c:f,g
    FNF:2
    FNH:1
    DA:3,1
    DA:4,18446744073709551615
    BRDA:4,0,0,7
    BRDA:4,0,1,-
    BRF:2
    BRH:1
    LF:2
    LH:2
    end_of_record
    SF:/src/b.h
    FNF:0
    FNH:0
    BRF:0
    BRH:0
    LF:0
    LH:0
    end_of_record

    """

  @Test func readsTracefiles() throws {
    let files = try Self.lcov(Self.tracefile)
    #expect(files.map(\.path) == ["/src/a b.c", "/src/b.h"])
    #expect(files[0].functions.map(\.name) == ["main", "a.c:f,g"])
    #expect(files[0].functions.map(\.count) == [1, 0])
    #expect(files[0].lines.map(\.number) == [3, 4])
    #expect(files[0].lines.map(\.count) == [1, DerivedCount.belowZero])
    #expect(
      files[0].branches == [
        Branch(line: 4, decision: 0, outcome: 0, reached: true, count: 7),
        Branch(line: 4, decision: 0, outcome: 1, reached: false, count: 0),
      ])
    #expect(files[0].reported?.functions == Tally(found: 2, hit: 1))
    #expect(files[0].totals.lines == Tally(found: 2, hit: 2))
  }

  /// Cut anywhere but between two files it is an error, not a smaller report.
  @Test func truncatedTracefiles() {
    let bytes = Array(Self.tracefile.utf8)
    for length in 1..<bytes.count {
      let text = String(decoding: bytes[..<length], as: UTF8.self)
      if text.hasSuffix("end_of_record\n") { continue }
      #expect(throws: FormatError.self) { try Self.lcov(text) }
    }
  }

  @Test(arguments: [
    ("SF:a\nBXX:1\n", "a record that llvm-cov writes"), ("SF:a\nDX:1\n", "a record"),
    ("SF:a\nFN:3,f\nFNDA:1,g\n", "order"), ("SF:a\nDA:5,1\nDA:5,1\n", "ascending"),
    ("SF:a\nDA:4294967296,1\n", "below 2^32"), ("TN:x\n", "SF:"), ("SF:a\nDA:x\n", "number"),
  ])
  func refusesOtherRecords(_ text: String, _ expected: String) throws {
    let error = #expect(throws: FormatError.self) { try Self.lcov(text) }
    #expect(try #require(error).description.contains(expected))
  }

  static let document = #"""
    {"data":[{"files":[{"branches":[[14,14,14,15,3,1,0,0,4]],"expansions":[{"branches":[],
    "filenames":["/a\"b","/\u00e9\ud83d\ude00\n"],"source_region":[14,24,14,28,3,0,1,1],
    "target_regions":[[10,33,20,2,1,0,0,0]],"future":{"x":[1,{"y":"}"}]}}],"filename":"/a.c",
    "mcdc_records":[[6,7,6,20,1,1,0,0,5,[true,false]]],
    "segments":[[3,19,3,true,true,false],[4,2,0,false,false,false]],
    "summary":{"branches":{"count":2,"covered":1,"notcovered":1,"percent":50},
    "lines":{"count":4,"covered":1,"percent":2.5e1},"mcdc":{"count":2,"covered":1}}}],
    "functions":[{"branches":[],"count":9223372036854775807,"filenames":["/a.c"],
    "mcdc_records":[],"name":"main","regions":[[1,2,3,4,5,6,7,0]]}],"totals":{"x":[-1.5e-3,null]}}],
    "type":"llvm.coverage.json.export","version":"3.0.1"}
    """#

  @Test func readsJSON() throws {
    let coverage = try Self.json(Self.document)
    let regions = try #require(coverage.files.first?.regions)
    #expect(coverage.dialect == LLVMDialect(version: "3.0.1", hasMCDC: true))
    #expect(regions.expansions[0].fileNames == ["/a\"b", "/é😀\n"])
    #expect(
      regions.mcdc[0].details == [1, 1, 0, 0, 5] && regions.mcdc[0].conditions == [true, false])
    #expect(regions.segments.map(\.count) == [3, 0])
    #expect(regions.summary.lines == Tally(found: 4, hit: 1))
    #expect(coverage.functions[0].count == UInt64(Int64.max))
    #expect(coverage.functions[0].regions[0].expandedFile == 7)
    #expect(regions.lines == [Line(number: 3, count: 3), Line(number: 4, count: 3)])
  }

  @Test func truncatedJSON() {
    let bytes = Array(Self.document.utf8)
    for length in 0..<bytes.count {
      let text = String(decoding: bytes[..<length], as: UTF8.self)
      #expect(throws: FormatError.self) { try Self.json(text) }
    }
  }

  /// Depth is the input's choice: it must not become our stack.
  @Test func deepNesting() {
    let text = #"{"x":"# + String(repeating: "[", count: 1_000_000)
    #expect(throws: FormatError.self) { try Self.json(text) }
  }

  @Test(arguments: [
    #"{"data":}"#, #"{"data":[{"files":[{"segments":[[1,2,3,true]]}]}]}"#, #"{"a":"\ud800"}"#,
    #"{"a":"\x"}"#, #"{"a":,}"#, #"{"data":[{"functions":[{"count":-1}]}]}"#, "[]", "",
    #"{"data":[{"functions":[{"regions":[[1,2,3]]}]}]}"#,
  ])
  func refusesOtherJSON(_ text: String) {
    #expect(throws: FormatError.self) { try Self.json(text) }
  }
}
