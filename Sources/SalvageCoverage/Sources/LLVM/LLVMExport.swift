import SalvageRecord
import SalvageSystem
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One object's way through the tools: raw profile → llvm-profdata → llvm-cov → model.
struct LLVMExport: Sendable {
  struct Answer: Sendable {
    var coverage: Coverage
    var notes: [String]
  }

  let counters: ObjectCounters
  let object: LLVMObject
  let tools: LLVMTools
  let scratch: ScratchFolder
  /// Begins the names of this object's temporary files.
  let name: String

  typealias Outcome = Result<Answer, ObjectProblem>

  /// Whatever goes wrong with the object costs the object; only where nothing can be written at all
  /// this throws (``ScratchError``).
  func outcome(_ content: Coverage.Content) async throws -> Outcome {
    do {
      return .success(try await run(content))
    } catch let problem as ObjectProblem {
      return .failure(problem)
    } catch let error as ScratchError {
      throw error
    } catch {
      return .failure(ObjectProblem(.toolFailed("\(tools.cov): \(error)"), counters))
    }
  }

  /// The bytes of the indexed profile.
  func profile() async throws -> Result<[UInt8], ObjectProblem> {
    do {
      let profile = try await indexedProfile()
      return .success(try scratch.taking(profile) { Array($0) })
    } catch let problem as ObjectProblem {
      return .failure(problem)
    }
  }

  private func run(_ content: Coverage.Content) async throws -> Answer {
    guard object.mappingVersion <= tools.newestMapping else {
      throw ObjectProblem(
        .mappingTooNew(version: object.mappingVersion, tools: tools), counters)
    }
    let profile = try await indexedProfile()
    defer { scratch.remove(profile) }
    // Each form has its own export: lcov alone is five times as fast as JSON.
    async let lines = content.contains(.lines) ? lineFiles(profile) : nil
    async let regions = content.contains(.regions) ? regionCoverage(profile) : nil
    var (answer, files) = (
      try await regions ?? Answer(coverage: Coverage(), notes: []), try await lines
    )
    if let (files, notes) = files {
      answer.coverage = Self.complete(answer.coverage, with: files)
      answer.notes = notes
    }
    answer.coverage.content = content
    return answer
  }

  private func lineFiles(_ profile: FilePath) async throws -> (files: [SourceFile], notes: [String])
  {
    let (output, notes) = try await export("lcov", profile)
    return (try scratch.taking(output, LCOVReader.files), notes)
  }

  private func regionCoverage(_ profile: FilePath) async throws -> Answer {
    let (output, notes) = try await export("text", profile)
    return Answer(coverage: try scratch.taking(output, LLVMJSONReader.coverage), notes: notes)
  }

  /// Both forms are of the same run over the same files, in the same order.
  private static func complete(_ coverage: Coverage, with files: [SourceFile]) -> Coverage {
    var coverage = coverage
    if coverage.files.isEmpty {
      coverage.files = files
      return coverage
    }
    let regions = Dictionary(
      coverage.files.map { ($0.path, $0.regions) }, uniquingKeysWith: { first, _ in first })
    coverage.files = files.map { file in
      var file = file
      file.regions = regions[file.path] ?? nil
      return file
    }
    return coverage
  }

  /// The indexed profile of the summed counters.
  private func indexedProfile() async throws -> FilePath {
    let merged = scratch.file(name + ".profdata")
    let first = try await merge(tools.rawLayout, to: merged)
    if first.succeeded { return merged }
    // A tool whose version number promised another format than it reads says which one.
    guard let version = Self.expectedVersion(in: first.messages) else {
      throw failure(of: tools.profdata, first.messages)
    }
    guard let layout = RecordLayout(rawVersion: version) else {
      throw failure(
        of: tools.profdata, first.messages,
        cure: "; name tools of LLVM \(LLVMTools.oldestVersion) to \(LLVMTools.newestKnown) by "
          + "--llvm-bin: their raw profiles we can write")
    }
    let second = try await merge(layout, to: merged)
    guard second.succeeded else { throw failure(of: tools.profdata, second.messages) }
    return merged
  }

  private func merge(
    _ layout: RecordLayout, to merged: FilePath
  ) async throws -> ToolRun.Outcome {
    let profile = try object.profile(counters)
    let raw = try scratch.write(profile.bytes(layout: layout), to: name + ".profraw")
    defer { scratch.remove(raw) }
    let said = scratch.file(name + ".merge")
    defer { scratch.remove(said) }
    return try await ToolRun.run(
      tools.profdata, ["merge", raw.string, "-o", merged.string],
      output: scratch.file(name + ".none"), messages: said)
  }

  private func export(
    _ format: String, _ profile: FilePath
  ) async throws -> (output: FilePath, notes: [String]) {
    let output = scratch.file("\(name).\(format)")
    let said = scratch.file("\(name).\(format).messages")
    defer { scratch.remove(said) }
    let outcome = try await ToolRun.run(
      tools.cov,
      ["export", object.file.string, "-instr-profile=" + profile.string, "-format=" + format],
      output: output, messages: said)
    guard outcome.succeeded else { throw failure(of: tools.cov, outcome.messages) }
    return (output, notes(in: outcome.messages))
  }

  /// Warnings but the one that the profile is older than the object, which it is: the recording keeps
  /// the object when its first process starts.
  private func notes(in messages: String) -> [String] {
    let subject = ObjectProblem(.noMapping, counters).subject
    return messages.split(whereSeparator: \.isNewline)
      .filter { !$0.hasSuffix("object is newer") }
      .map { "\(subject): llvm-cov: \($0)" }
  }

  private func failure(
    of tool: FilePath, _ messages: String, cure: String = ""
  ) -> ObjectProblem {
    let lines = messages.split(whereSeparator: \.isNewline)
    let line = lines.first { $0.hasPrefix("error:") } ?? lines.first ?? "failed without a message"
    return ObjectProblem(
      .toolFailed("\(tool) (LLVM \(tools.majorVersion)): \(line)\(cure)"), counters)
  }

  /// `… format version = 8; expected version = 10` (InstrProfReader.cpp).
  static func expectedVersion(in messages: String) -> Int? {
    let mark = "expected version = "
    for line in messages.split(whereSeparator: \.isNewline) {
      guard let end = line.indices.first(where: { line[$0...].hasPrefix(mark) }) else { continue }
      return Int(line[end...].dropFirst(mark.count).prefix { $0.isASCII && $0.isNumber })
    }
    return nil
  }
}

/// Processors that are online.
func processorCount() -> Int {
  max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
