/// What a compiled unit's counters mean: the records that gcov would print of its `.gcno` and `.gcda` files.
struct GcovUnit: Sendable, Hashable {
  struct Function: Sendable, Hashable {
    /// As the linker names it.
    var name: String
    var line: UInt32
    var column: UInt32
    var count: Int64
  }

  /// One way out of a block that has several, or the way that a call takes which does not return.
  struct Outcome: Sendable, Hashable {
    var count: Int64
    var isThrow = false
    var isFallThrough = false
    /// For a call: how often it returned is in `count`.
    var isCall = false
  }

  /// The conditions of a decision (gcc 14).
  struct Decision: Sendable, Hashable {
    var line: UInt32
    var terms: UInt32
    /// Terms that decided it as true, and as false.
    var truths: UInt64
    var falsities: UInt64

    var covered: Int { truths.nonzeroBitCount + falsities.nonzeroBitCount }
  }

  struct Line: Sendable, Hashable {
    var number: UInt32
    var count: Int64
    var hasUnexecutedBlock: Bool
    /// In the file's `outcomes`.
    var outcomes: Range<Int>
  }

  /// A file's records, in gcov's order: the lines of each instance of a template stand for themselves, before the
  /// line that they begin on.
  struct File: Sendable, Hashable {
    var path: String
    var functions: [Function] = []
    var lines: [Line] = []
    var outcomes: [Outcome] = []
    var decisions: [Decision] = []
  }

  var files: [File] = []
  /// Functions in which it cannot be told whether some lines ran (``GcovRepair``).
  var uncertain: [String] = []

  /// - Parameters:
  ///   - notes: the bytes of the `.gcno` file.
  ///   - data: the counters of the same build.
  ///   - repairs: counts below zero, which gcov prints as they are, become what can be said of them.
  init(notes: [UInt8], data: GcovData, repairs: Bool = false) throws(GcovGraphError) {
    let outcome = notes.withUnsafeBytes { bytes -> Result<GcovUnit, GcovGraphError> in
      do throws(GcovGraphError) {
        return .success(try GcovUnit(bytes, data, repairs))
      } catch {
        return .failure(error)
      }
    }
    self = try outcome.get()
  }

  private init(
    _ notes: UnsafeRawBufferPointer, _ data: GcovData, _ repairs: Bool
  ) throws(GcovGraphError) {
    var graph = try GcovGraph(notes)
    var counters: [UInt32: Int] = [:]
    counters.reserveCapacity(data.functions.count)
    for (index, function) in data.functions.enumerated() {
      if let function { counters[function.ident] = index }
    }
    var attribution = GcovAttribution()
    var flow = GcovFlow()
    var repair = GcovRepair()
    for function in graph.functions where !function.isArtificial {
      guard let place = counters[function.ident], let own = data.functions[place] else { continue }
      try flow.read(function, of: &graph)
      let arcs = own.counters.first { $0.kind == GcovKind.arcs }?.values ?? []
      guard own.lineChecksum == function.lineChecksum,
        own.graphChecksum == function.graphChecksum, arcs.count == flow.measured
      else { throw .otherBuild(function: graph.bytes.text(function.name)) }
      let conditions = own.counters.first { $0.kind == GcovKind.conditions }?.values
      flow.solve(arcs, conditions: conditions, graph.compiler)
      if repairs, repair.repair(&flow, lives: Int(data.runs)) == .uncertain {
        uncertain.append(graph.bytes.text(function.name))
      }
      attribution.add(flow, of: function, in: graph)
    }
    files = attribution.files(graph.names)
  }
}
