package import SalvageCoverage

/// A file's lines for a program that reads them: their counts, and which programs and libraries ran them.
package struct ShownLines: Sendable, Hashable, Encodable {
  package struct Row: Sendable, Hashable, Encodable {
    /// From 1.
    package var line: UInt32
    package var count: UInt64
    /// How often each branch of the line was taken; nil where it has none.
    package var branches: [UInt64]?
    /// Numbers in ``ShownLines/objects``, from 0; nil where the file's source does not tell.
    package var objects: [Int]?
  }

  package var path: String
  /// The programs and libraries that the file is in, by their paths; nil where the source does not tell.
  package var objects: [String]?
  /// Lines that can run.
  package var lines: [Row]

  /// - Parameter shown: of the lines those; nil: all.
  package init(_ file: SourceFile, path: String, _ shown: ClosedRange<Int>?) {
    self.path = path
    objects = file.objects?.names
    let ran = LineObjects(file)
    lines = zip(LinesWithBranches(file), ran.setOfLine).compactMap { record, set in
      guard shown?.contains(Int(record.line.number)) ?? true else { return nil }
      return Row(
        line: record.line.number, count: record.line.count,
        branches: record.branches.isEmpty ? nil : record.branches.map(\.count),
        objects: file.objects == nil ? nil : ran.sets[set])
    }
  }
}
