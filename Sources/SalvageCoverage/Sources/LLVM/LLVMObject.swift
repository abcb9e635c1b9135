import SalvageRecord
import SalvageSystem
import SystemPackage

/// An object with LLVM counters: where its sections are, and what is made of them.
struct LLVMObject: Sendable {
  /// Has names, `__llvm_covmap` and `__llvm_covfun`.
  var file: FilePath
  /// The highest version in its coverage mapping, from 1 as LLVM's `CovMapVersion` names them.
  var mappingVersion: Int
  private let sections: LLVMSections
  private let counters: ObjectCounters

  /// Joins the summed counters with the sections of the object: those that the recording keeps, or
  /// else, where they are damaged or lack the mapping, of the program itself if it is still the
  /// recorded one.
  init(_ counters: ObjectCounters) throws(ObjectProblem) {
    var kept: LLVMSections?
    var problem: ObjectProblem?
    do {
      kept = try Self.sections(counters.keptObject, counters)
      if let object = try kept.flatMap({ sections throws(ObjectProblem) in
        try Self.object(sections, counters)
      }) {
        self = object
        return
      }
      if kept != nil { problem = ObjectProblem(.noMapping, counters) }
    } catch {
      problem = error
    }
    do {
      self = try Self.fromProgram(counters, kept)
    } catch {
      // What was kept tells more than that the program is gone or another one now.
      throw problem ?? error
    }
  }

  /// The objects that the tools can work on; the others are problems.
  static func open(
    _ counters: [ObjectCounters]
  ) -> (objects: [(counters: ObjectCounters, object: LLVMObject)], problems: [ObjectProblem]) {
    var objects: [(counters: ObjectCounters, object: LLVMObject)] = []
    var problems: [ObjectProblem] = []
    for one in counters {
      do throws(ObjectProblem) {
        objects.append((one, try LLVMObject(one)))
      } catch {
        problems.append(error)
      }
    }
    return (objects, problems)
  }

  private static func fromProgram(
    _ counters: ObjectCounters, _ kept: LLVMSections?
  ) throws(ObjectProblem) -> LLVMObject {
    guard counters.origin != nil || counters.candidates.isEmpty else {
      return try fromCandidates(counters)
    }
    guard let program = try sections(counters.origin, counters) else {
      throw ObjectProblem(counters.origin == nil ? .notKept : .missing, counters)
    }
    let isRecorded = try explained(counters) { try program.isRecorded(counters, kept) }
    guard isRecorded else { throw ObjectProblem(.changed, counters) }
    guard let object = try object(program, counters) else {
      throw ObjectProblem(.noMapping, counters)
    }
    return object
  }

  /// The recording does not even know where the object was: one of the programs that ran may be it.
  private static func fromCandidates(_ counters: ObjectCounters) throws(ObjectProblem) -> LLVMObject
  {
    var instrumented: [FilePath] = []
    for path in counters.candidates {
      var asked = counters
      asked.origin = path
      asked.candidates = []
      do {
        return try fromProgram(asked, nil)
      } catch {
        if error.kind == .noMapping { throw error }
        if error.kind == .changed { instrumented.append(path) }
      }
    }
    // The only one that it can have been is another build now; among several nobody can tell.
    var named = counters
    if instrumented.count == 1 { named.origin = instrumented[0] }
    throw ObjectProblem(instrumented.count == 1 ? .changed : .notKept, named)
  }

  private init(_ sections: LLVMSections, mappingVersion: Int, _ counters: ObjectCounters) {
    file = sections.path
    self.mappingVersion = mappingVersion
    self.sections = sections
    self.counters = counters
  }

  /// The profile that LLVM's tools read: of the object's own counters, or of others of the same shape.
  func profile(_ other: ObjectCounters? = nil) throws(ObjectProblem) -> RawProfile {
    try Self.explained(counters) { try sections.profile(other ?? counters) }
  }

  /// The mapping with the counters, for our own reader.
  func image() throws(ObjectProblem) -> MappingImage {
    try Self.explained(counters) { try sections.image(counters) }
  }

  private static func sections(
    _ path: FilePath?, _ counters: ObjectCounters
  ) throws(ObjectProblem) -> LLVMSections? {
    guard let path else { return nil }
    return try explained(counters) { try LLVMSections(existing: path) }
  }

  /// Nil where there is no coverage mapping.
  private static func object(
    _ sections: LLVMSections, _ counters: ObjectCounters
  ) throws(ObjectProblem) -> LLVMObject? {
    try explained(counters) {
      guard let version = try sections.mappingVersion() else { return nil }
      return LLVMObject(sections, mappingVersion: version, try sections.checked(counters))
    }
  }

  private static func explained<Answer>(
    _ counters: ObjectCounters, _ body: () throws -> Answer
  ) throws(ObjectProblem) -> Answer {
    do {
      return try body()
    } catch let problem as ObjectProblem {
      throw problem
    } catch ELFError.io(let path, let errno) {
      throw ObjectProblem(.unreadable(path, errno), counters)
    } catch {
      throw ObjectProblem(.malformed("\(error)"), counters)
    }
  }
}

/// The sections of LLVM's instrumentation in one ELF file.
struct LLVMSections: Sendable {
  let path: FilePath
  private let image: ELFImage
  private let names: ELFImage.Section
  /// Nil where no function is in use: then there are no counters either.
  private let data: ELFImage.Section?
  private let counters: ELFImage.Section?
  private let bitmaps: ELFImage.Section?

  /// Nil where there is no such file, or it is not instrumented.
  init?(existing path: FilePath) throws(ELFError) {
    do {
      image = try ELFImage(path: path)
    } catch .io(_, .noSuchFileOrDirectory), .io(_, .notDirectory), .notELF {
      return nil
    }
    guard let names = image.section("__llvm_prf_names") else { return nil }
    data = image.section("__llvm_prf_data")
    counters = image.section("__llvm_prf_cnts")
    guard (data == nil) == (counters == nil) else { return nil }
    self.path = path
    self.names = names
    bitmaps = image.section("__llvm_prf_bits").flatMap { $0.size > 0 ? $0 : nil }
  }

  /// The version of the coverage mapping, from 1; nil where there is none.
  func mappingVersion() throws(ELFError) -> Int? {
    guard names.size > 0, let map = image.section("__llvm_covmap"), map.size > 0,
      let functions = image.section("__llvm_covfun"), functions.size > 0,
      map.type != ELFImage.noBits, functions.type != ELFImage.noBits
    else { return nil }
    return CoverageMapping.version(LittleEndian(try image.bytes(of: map)))
  }

  /// Whether this file is what was recorded, by all that its counters mean.
  func isRecorded(_ recorded: ObjectCounters, _ kept: LLVMSections?) throws -> Bool {
    guard let counters, let data,
      recorded.regions.contains(where: { $0.address == counters.address })
    else { return false }
    let mine = try image.bytes(of: names)
    let records = try image.bytes(of: data)
    let mapping = try mapping()
    let identities = [64, 48].map {
      LLVMIdentity.of(
        records: records, stride: $0, names: mine,
        counters: (counters.address, counters.size), mapping: mapping)
    }
    if identities.contains(recorded.identity) { return true }
    guard let kept else { return false }
    return try mine == kept.image.bytes(of: kept.names) && counters.size == kept.counters?.size
      && records == kept.data.map { try kept.image.bytes(of: $0) }
  }

  /// What the counters stand for; of a section that has no bytes, none.
  private func mapping() throws -> [[UInt8]] {
    try ["__llvm_covmap", "__llvm_covfun"].compactMap { image.section($0) }
      .filter { $0.type != ELFImage.noBits }.map { try image.bytes(of: $0) }
  }

  /// The same counters, if they are those of the object.
  func checked(_ recorded: ObjectCounters) throws -> ObjectCounters {
    if counters != nil || !recorded.regions.isEmpty { _ = try sums(recorded) }
    _ = try bitmapSums(recorded)
    // Sections that are cut off: the program itself may still be there.
    _ = try image.bytes(of: names)
    guard try dataBytes().count % 16 == 0 else {
      throw ObjectProblem(.malformed("its records are cut off"), recorded)
    }
    return recorded
  }

  private func dataBytes() throws -> [UInt8] { try data.map { try image.bytes(of: $0) } ?? [] }

  /// The counters in the recording.
  private func sums(_ recorded: ObjectCounters) throws(ObjectProblem) -> Int {
    guard let counters,
      let index = recorded.regions.firstIndex(where: {
        $0.kind != .or8 && $0.address == counters.address
      }), UInt64(recorded.regions[index].bytes.count) == counters.size
    else { throw ObjectProblem(.foreignCounters, recorded) }
    guard recorded.regions[index].kind == .and8 || counters.size % 8 == 0 else {
      throw ObjectProblem(.malformed("its counters are not whole words"), recorded)
    }
    return index
  }

  /// The profile of the summed counters.
  func profile(_ recorded: ObjectCounters) throws -> RawProfile {
    guard counters != nil else {
      throw ObjectProblem(.malformed("LLVM's tools take no program without counters"), recorded)
    }
    let sums = recorded.regions[try sums(recorded)]
    let isByteCoverage = sums.kind == .and8
    let bits = try bitmapSums(recorded)
    guard let counters, let data, let range = counters.range, let bitmapRange,
      let records = ProfileRecords(
        section: try dataBytes(), address: data.address, counters: range,
        counterSize: isByteCoverage ? 1 : 8, bitmaps: bitmapRange)
    else {
      throw ObjectProblem(.malformed("its records point outside of its counters"), recorded)
    }
    return RawProfile(
      layout: records.layout, records: records.records, dataAddress: data.address,
      countersAddress: counters.address,
      counters: sums.bytes, bitmapsAddress: bitmaps?.address ?? 0, bitmaps: bits,
      namesAddress: names.address, names: try image.bytes(of: names),
      isByteCoverage: isByteCoverage)
  }

  private var bitmapRange: Range<UInt64>? { bitmaps == nil ? 0..<0 : bitmaps?.range }

  /// The mapping with the summed counters.
  func image(_ recorded: ObjectCounters) throws -> MappingImage {
    let index = counters == nil ? nil : try sums(recorded)
    let sums = index.map { recorded.regions[$0] } ?? Region(address: 0, kind: .add64, bytes: [])
    let bits = try bitmapSums(recorded)
    let whole = index.flatMap { recorded.withHistory?.regions[$0].bytes } ?? []
    let mapping = try ["__llvm_covmap", "__llvm_covfun"].map { name in
      guard let section = image.section(name) else { throw MappingError.truncated }
      return try image.bytes(of: section)
    }
    guard let range = counters.map(\.range) ?? 0..<0, let bitmapRange else {
      throw ObjectProblem(.malformed("its sections wrap around"), recorded)
    }
    let records = CounterRecords.Sections(
      data: (try dataBytes(), data?.address ?? 0), counters: range, bitmaps: bitmapRange,
      counterSize: sums.kind == .and8 ? 1 : 8)
    let sections = MappingImage.Sections(
      names: try image.bytes(of: names), files: mapping[0], functions: mapping[1])
    return try MappingImage(sections, program: recorded.origin) { (names) throws(MappingError) in
      MappingCounters(
        records: try CounterRecords(records, names: names), counts: sums.bytes, whole: whole,
        historyLacks: recorded.historyLacks, bitmaps: bits, isByteCoverage: sums.kind == .and8)
    }
  }

  private func bitmapSums(_ recorded: ObjectCounters) throws(ObjectProblem) -> [UInt8] {
    guard let bitmaps else { return [] }
    guard
      let sums = recorded.regions.first(where: { $0.kind == .or8 && $0.address == bitmaps.address }
      ),
      UInt64(sums.bytes.count) == bitmaps.size
    else { throw ObjectProblem(.foreignCounters, recorded) }
    return sums.bytes
  }
}

extension ELFImage.Section {
  /// Its addresses; nil where they wrap around.
  var range: Range<UInt64>? {
    let (end, overflow) = address.addingReportingOverflow(size)
    return overflow ? nil : address..<end
  }
}

/// `__llvm_covmap`: one header for each compiled file.
///
/// Source: docs/CoverageMappingFormat.rst of LLVM: u32 number of records, size of the file names,
/// size of the mapping, version (from 0); then as many bytes, padded to 8. Since version 4 records
/// and mapping lie in `__llvm_covfun` and both numbers are 0.
enum CoverageMapping {
  /// The highest version, from 1: a program may be linked from the work of several compilers.
  static func version(_ section: LittleEndian) -> Int? {
    var highest: Int?
    var at = 0
    while at + 16 <= section.count {
      highest = max(highest ?? 0, Int(section.u32(at + 12)) + 1)
      let size = Int(section.u32(at + 4)) + Int(section.u32(at + 8))
      at = (at + 16 + size + 7) & ~7
    }
    return highest
  }
}
