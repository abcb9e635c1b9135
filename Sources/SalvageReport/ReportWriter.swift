package import SalvageCoverage

/// Writes one format of report. A new format is one file in Formats/ and one line in
/// ``ReportFormat/writers``.
package protocol ReportWriter: Sendable {
  /// What `-f` calls it.
  static var name: String { get }
  /// One line of help.
  static var summary: String { get }
  /// The name under which the format's usual readers look for it; for a folder, the folder's.
  static var fileName: String { get }
  /// What the model must carry.
  static var requires: Coverage.Content { get }
  /// What it shows besides, where the model carries it.
  static var uses: Coverage.Content { get }
  /// Which names of files it can hold.
  static var names: NameForm { get }

  init(_ options: ReportOptions)
}

extension ReportWriter {
  package static var requires: Coverage.Content { .lines }
  package static var uses: Coverage.Content { requires }
  package static var names: NameForm { .shown }

  /// With the options as they are by default.
  package init() { self.init(ReportOptions()) }

  func check(_ coverage: Coverage) throws(ReportError) {
    guard coverage.content.isSuperset(of: Self.requires) else {
      throw .contentMissing(Self.name)
    }
  }
}

/// A format that is one file.
package protocol FileReportWriter: ReportWriter {
  /// Writes the report.
  /// - Throws: ``ReportError`` where the model lacks what the format needs, and what the writer's
  ///   sink throws.
  func write(_ report: Report, to writer: inout ByteWriter) throws
  /// The reports of which each becomes a file, where one would be larger than its readers take.
  func parts(of report: Report) -> [Report]
}

extension FileReportWriter {
  package func parts(of report: Report) -> [Report] { [report] }

  /// The whole report in memory.
  package func bytes(of report: Report) throws -> [UInt8] {
    var writer = ByteWriter()
    try write(report, to: &writer)
    return writer.bytes
  }
}

/// A format that is a folder of files.
package protocol FolderReportWriter: ReportWriter {
  /// Hands each file of the report to `folder`, one after the other.
  func write(_ report: Report, to folder: inout some ReportFolder) throws
}

/// Where the files of a folder report go.
package protocol ReportFolder {
  /// Takes one file; `name` is relative, with `/` between components.
  mutating func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws
}

/// What the reader of a report chose.
package struct ReportOptions: Sendable, Hashable {
  /// Columns of the terminal; nil: as wide as the report is.
  package var width: Int?
  /// The text report shows paths below this folder relative to it.
  package var base = ""
  /// Colours by escape sequences of the terminal.
  package var hasColor = false
  /// The version of lcov whose records are written: 1, or 2 with FNL and FNA.
  package var lcovVersion = 1
  /// A Cobertura report that would have more bytes than this becomes several.
  package var coberturaLimit: Int?
  /// How the text report is arranged.
  package var table = TableOptions()

  package init(width: Int? = nil, base: String = "", hasColor: Bool = false) {
    self.width = width
    self.base = base
    self.hasColor = hasColor
  }
}

/// How a table of files is arranged.
package struct TableOptions: Sendable, Hashable {
  /// What rows are sorted by.
  package enum Order: String, Sendable, Hashable, CaseIterable {
    /// By path.
    case name
    /// The lowest percentage of lines first.
    case cover
    /// The most missed lines first.
    case missed
    /// The most lines first.
    case lines
  }

  package var order = Order.name
  /// No rows for files whose lines, functions and branches all ran.
  package var skipsCovered = false
  /// No rows for files without executable lines.
  package var skipsEmpty = false
  /// The lines that did not run, and those whose branches were not all taken.
  package var showsMissing = true
  /// A row for each folder instead of each file.
  package var foldsFolders = false
  /// Functions that were not called, by name, below the table.
  package var listsFunctions = false

  package init() {}
}

/// Why a report could not be written.
package enum ReportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The model was made without the level of detail that this format needs.
  case contentMissing(String)

  package var description: String {
    switch self {
    case .contentMissing(let format): "the coverage was read without what format \(format) needs"
    }
  }
}
