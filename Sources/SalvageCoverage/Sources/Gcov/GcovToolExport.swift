import SalvageSystem
import SystemPackage

/// One call of gcov for several units: `.gcda` and `.gcno` → gcov → model.
struct GcovToolExport: Sendable {
  /// A unit that is ready for gcov.
  struct Input: Sendable {
    /// Which one it is, for the caller.
    var index: Int
    var name: FilePath
    var data: GcovData
    var notes: GcovNotesFile
  }

  struct Answer: Sendable {
    var coverage = Coverage()
    var notes: [String] = []
    /// The units that gcov said nothing of, with its message.
    var failures: [(index: Int, message: String)] = []
  }

  let tool: GcovTool
  let scratch: ScratchFolder

  /// Whatever goes wrong with a unit costs the unit; only where nothing can be written this throws.
  func run(_ inputs: [Input]) async throws -> Answer {
    let names = inputs.map { "gcov-\($0.index)" }
    for (input, name) in zip(inputs, names) {
      _ = try scratch.write(input.data.bytes, to: name + ".gcda")
      try input.notes.place(in: scratch, as: name + ".gcno")
    }
    defer {
      for name in names {
        scratch.remove(scratch.file(name + ".gcda"))
        scratch.remove(scratch.file(name + ".gcno"))
      }
    }
    let output = scratch.file("\(names[0]).json")
    let said = scratch.file("\(names[0]).messages")
    defer {
      scratch.remove(output)
      scratch.remove(said)
    }
    let outcome: ToolRun.Outcome
    let documents: [GcovJSONReader.Document]
    do {
      outcome = try await ToolRun.run(
        tool.path,
        ["--json-format", "--branch-probabilities", "--stdout"]
          + names.map { scratch.file($0 + ".gcda").string }, output: output, messages: said)
      documents =
        outcome.succeeded ? try scratch.taking(output, GcovJSONReader.documents) : []
    } catch let error as ScratchError {
      throw error
    } catch {
      return try await again(inputs, because: "\(error)")
    }
    guard outcome.succeeded else {
      let line =
        outcome.messages.split(whereSeparator: \.isNewline).last ?? "failed without a message"
      return try await again(inputs, because: String(line))
    }
    return answer(documents, outcome.messages, inputs, names)
  }

  /// One bad unit of several must not cost the others: each for itself.
  private func again(_ inputs: [Input], because message: String) async throws -> Answer {
    guard inputs.count > 1 else { return Answer(failures: [failure(of: inputs[0], message)]) }
    var parts: [Answer] = []
    for input in inputs { parts.append(try await run([input])) }
    return Answer(
      coverage: Coverage.joined(parts.map(\.coverage)), notes: parts.flatMap(\.notes),
      failures: parts.flatMap(\.failures))
  }

  private func answer(
    _ documents: [GcovJSONReader.Document], _ messages: String, _ inputs: [Input], _ names: [String]
  ) -> Answer {
    var said: [String: [String]] = [:]
    for line in messages.split(whereSeparator: \.isNewline) {
      guard let name = names.first(where: { line.contains("/\($0).gc") }) else { continue }
      said[name, default: []].append(String(line.drop { $0 != ":" }.dropFirst()))
    }
    let found = Dictionary(
      documents.map { ($0.dataFile, $0.files) }, uniquingKeysWith: { first, _ in first })
    var answer = Answer()
    var parts: [Coverage] = []
    for (input, name) in zip(inputs, names) {
      // Another minor version of the same layout: gcov says so, and reads on.
      let remarks = (said[name] ?? []).filter { !$0.hasPrefix("version '") }
      guard let files = found[scratch.file(name + ".gcda").string] ?? found[name + ".gcda"] else {
        answer.failures.append(failure(of: input, remarks.first ?? "said nothing"))
        continue
      }
      parts.append(Coverage(files: files))
      answer.notes += remarks.map { "\(input.name): gcov: \($0)" }
    }
    answer.coverage = Coverage.joined(parts)
    return answer
  }

  private func failure(of input: Input, _ message: String) -> (index: Int, message: String) {
    (input.index, "\(input.name): \(tool.path): \(message)")
  }
}
