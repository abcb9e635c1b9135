import Synchronization

/// So many lines all functions together may have: a mapping can claim millions in a few bytes.
final class LineBudget: Sendable {
  private let left: Atomic<Int>

  init(_ lines: Int = 1 << 27) { left = Atomic(lines) }

  func take(_ function: borrowing MappedFunction) throws(MappingError) {
    var lines: UInt64 = 0
    for range in function.ranges where !range.isEmpty {
      var (first, last) = (UInt32.max, 0 as UInt32)
      for index in range {
        first = min(first, function.regions[index].start.line)
        last = max(last, function.regions[index].end.line)
      }
      guard last &- first <= MappedFunction.mostLines else { throw .tooLarge("a function") }
      lines += UInt64(last &- first)
    }
    let (rest, _) = left.subtract(Int(lines), ordering: .relaxed)
    guard rest >= Int(lines) else { throw .tooLarge("the number of lines") }
  }
}

/// The coverage of objects whose mapping is read by ourselves.
struct MappingReport: Sendable {
  var coverage: Coverage
  /// For each object, functions and units that were left out.
  var damage: [[MappingError]]

  /// Files are read by as many workers as there are processors; the result is in one order.
  init(of images: [MappingImage], _ content: Coverage.Content) async throws {
    let program = MappingProgram(images)
    let isWhole = content.contains(.regions)
    let work = Work(program)
    let budget = LineBudget()
    let findings = try await concurrently(work.batches, width: processorCount()) { batch in
      var worker = FileWorker(program, isWhole: isWhole, budget: budget)
      for file in batch {
        worker.read(UInt32(file), work.functions(of: file), isShared: work.isShared[file])
      }
      return worker.findings
    }
    var files = [SourceFile?](repeating: nil, count: program.paths.count)
    var parts: [UInt32: FilePart] = [:]
    var functions: [(Int, FunctionRegions)] = []
    damage = images.map(\.damage)
    for finding in findings {
      for (file, result) in finding.files { files[file] = result }
      for (file, part) in finding.parts { parts[file, default: FilePart()].add(part) }
      functions += finding.functions
      for (image, error) in finding.damage { damage[image].append(error) }
    }
    let shared = parts.sorted { $0.key < $1.key }
    let finished = try await concurrently(shared, width: processorCount()) {
      (file, part) -> SourceFile in
      var part = part
      return part.file(program.paths[Int(file)], isWhole: isWhole)
    }
    for ((file, _), result) in zip(shared, finished) { files[Int(file)] = result }
    functions.sort { $0.0 < $1.0 }
    coverage = Coverage(
      content: content,
      files: files.compactMap { $0 }.sorted {
        $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
      },
      functions: functions.map(\.1), dialect: isWhole ? .newest : nil)
  }
}

extension LLVMDialect {
  /// The form of LLVM 21.
  static let newest = LLVMDialect(version: "3.0.1", hasMCDC: true)
}

/// Which functions are in which file, and which files are read by one worker.
private struct Work: Sendable {
  /// For each file: functions of others expand into it, or it has none of its own.
  private(set) var isShared: [Bool]
  private(set) var batches: [[Int]] = []
  /// All functions by their first file, and for each file where its functions begin.
  private var order: [Int32]
  private var starts: [Int]

  init(_ program: MappingProgram) {
    let count = program.paths.count
    isShared = [Bool](repeating: false, count: count)
    var sizes = [Int](repeating: 0, count: count)
    starts = [Int](repeating: 0, count: count + 1)
    for instance in program.instances {
      let first = Int(program.path(instance.first, 0))
      let function = program.function(instance.first)
      starts[first + 1] += 1
      sizes[first] += function.mapping.count + 64
      for file in 1..<max(1, function.files.count) {
        let other = Int(program.path(instance.first, file))
        if other != first { isShared[other] = true }
      }
    }
    for file in 0..<count { starts[file + 1] += starts[file] }
    var next = starts
    order = [Int32](repeating: 0, count: program.instances.count)
    for (index, instance) in program.instances.enumerated() {
      let first = Int(program.path(instance.first, 0))
      order[next[first]] = Int32(index)
      next[first] += 1
    }
    var batch: [Int] = []
    var size = 0
    let limit = max(1 << 15, sizes.reduce(0, +) / (8 * processorCount()))
    for file in 0..<count where starts[file] < starts[file + 1] {
      batch.append(file)
      size += sizes[file]
      if size >= limit {
        batches.append(batch)
        batch = []
        size = 0
      }
    }
    if !batch.isEmpty { batches.append(batch) }
  }

  func functions(of file: Int) -> ArraySlice<Int32> { order[starts[file]..<starts[file + 1]] }
}
