import Glibc
import SalvageRecord
package import SalvageReport
import SalvageSystem
package import SystemPackage

/// Where a report goes.
package enum ReportDestination: Hashable, Sendable {
  case file(OutputFile)
  case folder(FilePath)

  /// A path of the command line. One that is a folder, or ends in a slash, gets the name in it under
  /// which the format's readers look.
  package init(_ path: String, for format: ReportFormat) {
    if format.isFolder {
      self = .folder(FilePath(path))
    } else if Self.namesFolder(path) {
      self = .file(OutputFile(FilePath(path).appending(format.fileName)))
    } else {
      self = .file(OutputFile(FilePath(path)))
    }
  }

  package static let stdout = ReportDestination.file(OutputFile("-"))

  package var isStdout: Bool {
    if case .file(let file) = self { file.descriptor == STDOUT_FILENO } else { false }
  }

  /// The path is a folder's, existing or not.
  package static func namesFolder(_ path: String) -> Bool {
    path.hasSuffix("/") || FilePath(path).isDirectory
  }

  /// Makes `path` and the folders above it.
  package static func makeFolder(_ path: String) throws(SalvageError) {
    try FilePath(path).absolute.makeDirectories()
  }

  /// Throws what writing would throw, as far as that can be known: before a command is run for it.
  package func check() throws(SalvageError) {
    switch self {
    case .file(let file):
      do throws(OutputError) {
        try file.check()
      } catch {
        throw .system("write", error.path, error.errno)
      }
    case .folder(let path):
      try path.absolute.makeDirectories()
      guard path.isDirectory, path.withPlatformString({ access($0, W_OK) }) == 0 else {
        throw SalvageError.systemFailure("write in", path)
      }
    }
  }
}

extension CoverageReport {
  /// Writes a report; a file whose name ends in `.gz` is compressed.
  package func write(
    _ format: ReportFormat, to destination: ReportDestination, _ options: ReportOptions
  ) throws(SalvageError) {
    // A folder of pages counts them.
    if !format.isFolder { WorkProgress.begin("writing \(format.name)") }
    var report = report
    report.coverage = coverage.named(in: format)
    do {
      switch (destination, format.writer(options)) {
      case (.folder(let path), let writer as any FolderReportWriter):
        var folder = try OutputFolder(path)
        try writer.write(report, to: &folder)
        try folder.finish()
      case (.file(let file), let writer as any FileReportWriter):
        let parts = writer.parts(of: report)
        guard parts.count == 1 || file.descriptor == nil else {
          throw SalvageError.report(
            "several files cannot go to \(file.path): -f \(format.name)=PATH")
        }
        for (index, part) in parts.enumerated() {
          try write(part, writer, to: index == 0 ? file : file.numbered(index + 1))
        }
      default:
        throw SalvageError.report("format \(format.name) needs a folder: -f \(format.name)=DIR")
      }
    } catch let error as SalvageError {
      throw error
    } catch let error as OutputError {
      throw .system("write", error.path, error.errno)
    } catch {
      throw .report(error)
    }
  }

  private func write(
    _ report: Report, _ writer: any FileReportWriter, to file: OutputFile
  ) throws {
    _ = try file.writeAll { sink in
      try write(report, writer, isCompressed: file.path.extension == "gz", sink)
    }
  }

  private func write(
    _ report: Report, _ writer: any FileReportWriter, isCompressed: Bool,
    _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard isCompressed else {
      var bytes = ByteWriter(to: sink)
      return try writer.write(report, to: &bytes)
    }
    let gzip = Gzip(sink)
    var bytes = ByteWriter { try gzip.write($0) }
    try writer.write(report, to: &bytes)
    try gzip.finish()
  }
}

extension OutputFile {
  /// `coverage-2.xml` beside `coverage.xml`.
  fileprivate func numbered(_ number: Int) -> OutputFile {
    var name = path.lastComponent?.string ?? ""
    var end = ""
    for _ in 0..<(name.hasSuffix(".gz") ? 2 : 1) {
      guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { break }
      end = name[dot...] + end
      name = String(name[..<dot])
    }
    return OutputFile(path.removingLastComponent().appending("\(name)-\(number)\(end)"))
  }
}
