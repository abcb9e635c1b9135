public import SalvageCoverage

/// A form of the coverage report: an entry of the list of writers.
public struct ReportFormat: RawRepresentable, Sendable, Hashable, CaseIterable, Codable {
  /// All formats, in the order in which help names them.
  static let writers: [any ReportWriter.Type] = [
    TextWriter.self, TotalWriter.self, MarkdownWriter.self, HTMLWriter.self, JSONWriter.self,
    LCOVWriter.self, CoberturaWriter.self, SonarQubeWriter.self, JaCoCoWriter.self,
    CloverWriter.self, CoverallsWriter.self, CodecovWriter.self, LLVMJSONWriter.self,
    GitHubAnnotationsWriter.self, CSVWriter.self,
  ]

  /// The name on the command line.
  public let rawValue: String

  /// Nil where no format has this name.
  public init?(rawValue: String) {
    guard Self.writers.contains(where: { $0.name == rawValue }) else { return nil }
    self.rawValue = rawValue
  }

  init(_ writer: any ReportWriter.Type) { rawValue = writer.name }

  public static var allCases: [ReportFormat] { writers.map(ReportFormat.init) }

  /// As `-f` names it.
  public var name: String { rawValue }
  /// What it is, in a line.
  public var summary: String { type.summary }
  /// The name under which its usual readers look for it.
  public var fileName: String { type.fileName }
  /// The level of detail that it is made from.
  public var requires: Coverage.Content { type.requires }
  /// All that it shows where the model carries it.
  public var uses: Coverage.Content { type.uses }
  var names: NameForm { type.names }
  /// It is written as a folder of files.
  public var isFolder: Bool { type is any FolderReportWriter.Type }

  /// Its writer.
  package func writer(_ options: ReportOptions = ReportOptions()) -> any ReportWriter {
    type.init(options)
  }

  /// Total: a value is only made of a name in the list.
  private var type: any ReportWriter.Type {
    Self.writers.first { $0.name == rawValue } ?? TextWriter.self
  }

  /// The format whose name is nearest to a misspelt one; nil where none is near.
  public static func nearest(_ text: String) -> ReportFormat? {
    nearestName(to: text, among: allCases.map(\.name)).flatMap(ReportFormat.init)
  }
}

/// The name that is nearest to `text` by the number of edits, at most a third of its length.
package func nearestName(to text: String, among names: [String]) -> String? {
  let text = Array(text.lowercased().utf8.prefix(64))
  let ranked = names.map { ($0, distance(text, Array($0.utf8))) }
  guard let best = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
  return best.1 <= max(1, text.count / 3) ? best.0 : nil
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  var above = row
  for (i, byte) in left.enumerated() {
    let previous = row
    defer { above = previous }
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in right.enumerated() {
      let edited = min(row[j], row[j + 1]) + 1
      (diagonal, row[j + 1]) = (row[j + 1], min(edited, diagonal + (byte == other ? 0 : 1)))
      if i > 0, j > 0, byte == right[j - 1], left[i - 1] == other {
        row[j + 1] = min(row[j + 1], above[j - 1] + 1)
      }
    }
  }
  return row[right.count]
}
