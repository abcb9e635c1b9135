import Foundation
import SystemPackage

/// The lines of a Python fixture with the cases in which they are executed.
struct PythonLines: Sendable {
  /// By line number: nil where nobody can say.
  private(set) var expected: [Int: Set<String>?] = [:]
  private(set) var marked: Set<Int> = []

  init(_ path: FilePath) throws {
    let text = try String(contentsOfFile: path.string, encoding: .utf8)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let parts = line.components(separatedBy: "  # ")
      guard let comment = parts.dropFirst().last else { continue }
      if comment == "maybe" { expected[index + 1] = .some(nil) }
      guard comment.hasPrefix("in: ") else { continue }
      expected[index + 1] = Set(comment.dropFirst(4).split(separator: " ").map(String.init))
      marked.insert(index + 1)
    }
  }

  /// What a report gets wrong: lines that are executed and should not be, the other way round, and
  /// those that it does not know.
  func errors(in counts: [Int: UInt64], case name: String) -> [String] {
    var result: [String] = []
    for (line, count) in counts.sorted(by: { $0.key < $1.key }) {
      guard let cases = expected[line] ?? .some(["*"]) else { continue }
      let wanted = cases.contains(name) || cases == ["*"]
      if wanted != (count > 0) { result.append("\(line): \(wanted ? "missed" : "executed")") }
    }
    return result + marked.filter { counts[$0] == nil }.sorted().map { "\($0): unknown" }
  }
}
