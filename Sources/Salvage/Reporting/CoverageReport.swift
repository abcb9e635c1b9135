import Glibc
public import SalvageCoverage
public import SalvageRecord
public import SalvageReport
import SalvageSystem
public import SystemPackage

/// The coverage of a recording with everything that a report tells: the ledger in numbers, and what
/// is missing.
public struct CoverageReport: Sendable {
  /// The one model: file, lines, functions, branches, with counts of all processes and languages.
  public var coverage: Coverage
  /// Losses of the ledger and of counter files.
  public var losses: Losses
  /// Objects that were counted and are not in `coverage`, each with its reason.
  public var problems: [ObjectProblem]
  /// What the tools remarked, one line each.
  public var notes: [String]
  /// Sources that are newer than a program which is in the report.
  public var outdated: [OutdatedSource] = []
  /// The lives of the recording.
  public var lives: Lives
  /// ELF files with counters.
  public var objects: Int

  /// Everything is in it.
  public var isComplete: Bool { losses.isEmpty && problems.isEmpty }

  /// Files of the system, of toolchains and of packages that ``selected(_:)`` left out.
  public private(set) var foreignFiles = 0
  /// Lines that markers in the sources excluded.
  public private(set) var excludedLines = 0

  /// What of it is the user's, with notes on markers that do not fit what ran.
  public func selected(_ selection: Selection) -> CoverageReport {
    var result = self
    result.archived = archived.mapped(selection.filter.mapped)
    let selected = selection.apply(to: coverage, sources: result.sources)
    result.coverage = selected.coverage
    result.foreignFiles = selected.foreignFiles
    result.excludedLines = selected.excludedLines
    result.notes += selected.notes
    let paths = Set(selected.coverage.files.map(\.path))
    result.outdated.removeAll { !paths.contains(selection.filter.mapped($0.path)) }
    result.notes += result.outdated.note.map { [$0] } ?? []
    return result
  }

  /// Sources that came in archives.
  var archived = ArchivedSources()

  private var sources: SourceText {
    SourceText { [archived] in archived.text($0) ?? (try? FilePath(name: $0).contents()) }
  }

  /// The part of it that `filter` lets through.
  public func filtered(_ filter: Filter) -> CoverageReport {
    var result = self
    result.coverage = filter.apply(to: coverage)
    return result
  }

  /// The bytes of a report file; `width` is that of the reader's terminal.
  public func bytes(_ format: ReportFormat, width: Int? = nil) throws(SalvageError) -> [UInt8] {
    guard let writer = format.writer(ReportOptions(width: width)) as? any FileReportWriter else {
      throw .report("format \(format.name) is a folder")
    }
    var report = report
    report.coverage = coverage.named(in: format)
    do {
      return try writer.bytes(of: report)
    } catch {
      throw .report(error)
    }
  }

  /// As report writers take it.
  package var report: Report {
    Report(
      coverage: coverage, losses: reportLosses,
      ledger: Report.Ledger(lives: lives.count, ends: ends, objects: objects),
      processes: { [lives] in ProcessTree(lives).forEachProcess(limit: $0, $1) },
      version: salvageVersion,
      timestamp: timestamp,
      root: sourceRoot().string, sources: sources)
  }

  /// SOURCE_DATE_EPOCH, or when the last process of the recording ended or began.
  private var timestamp: Int {
    if let text = getenv("SOURCE_DATE_EPOCH"), let number = Int(String(cString: text)), number >= 0
    {
      return number
    }
    return Int(lives.latest / 1_000_000_000)
  }

  private var ends: [Report.Ledger.End] {
    var counts: [String: Int] = [:]
    for life in lives.indices {
      switch lives.way(at: life) {
      case .signal(let number, _): counts[signalName(number), default: 0] += 1
      case let end: counts[Life.End(end).kind.description, default: 0] += 1
      }
    }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
      Report.Ledger.End(name: $0.key, count: $0.value)
    }
  }

  private var reportLosses: [Report.Loss] {
    struct Key: Hashable {
      var reason: LossReason
      var subject: String
    }
    var counts: [Key: Int] = [:]
    var order: [Key] = []
    for loss in losses {
      let key = Key(reason: loss.reason, subject: loss.detail.isEmpty ? loss.subject : loss.detail)
      if counts[key] == nil { order.append(key) }
      counts[key, default: 0] += 1
    }
    return order.map { key in
      Report.Loss(
        kind: key.reason.slug, subject: key.subject,
        message: (key.subject.isEmpty ? "" : key.subject + ": ") + key.reason.sentence + " "
          + key.reason.cure, count: counts[key] ?? 1)
    }
      + problems.map {
        Report.Loss(
          kind: $0.name, subject: $0.subject, message: $0.description, count: max(1, $0.lives))
      }
  }
}

extension RecordingSet {
  /// Adds up everything that was counted so far and joins it with what the programs say of
  /// themselves.
  ///
  /// - Parameters:
  ///   - content: `.lines` serves every format but `llvm-json`, which needs `.regions` too; with `.objects`
  ///     `html` tells which programs ran a line.
  ///   - tools: where the tools of each source are looked for.
  ///   - builds: of programs that were built again between their runs.
  public func coverage(
    content: Coverage.Content = .lines, tools: ToolSearch = ToolSearch(),
    builds: BuildChoice = .newest
  ) async throws(SalvageError) -> CoverageReport {
    WorkProgress.begin("reading the recording")
    let (reading, contents) = try reading()
    do {
      let collected = try await collectCoverage(
        of: reading.objects, content: content, search: tools, builds: builds,
        sources: { [sources] in sources.text($0) }, hasExec: contents.lives.haveCountedExec)
      let others = NeverImported(pythonRules, reading.objects, sources).files
      var coverage = collected.coverage
      coverage.add(Coverage(files: others).carrying(content))
      var report = CoverageReport(
        coverage: coverage,
        losses: contents.losses.appending(
          reading.losses.filter { !contents.losses.others.contains($0) }),
        problems: collected.problems, notes: notes + collected.notes, outdated: collected.outdated,
        lives: contents.lives,
        objects: Set(reading.objects.filter { $0.source != .python }.map(\.identity)).count)
      report.archived = sources
      return report
    } catch {
      throw .report(error)
    }
  }
}

extension Recording {
  /// As of a ``RecordingSet`` of this recording alone.
  public func coverage(
    content: Coverage.Content = .lines, tools: ToolSearch = ToolSearch(),
    builds: BuildChoice = .newest
  ) async throws(SalvageError) -> CoverageReport {
    try await RecordingSet(self).coverage(content: content, tools: tools, builds: builds)
  }

  /// Writes a report of everything that was counted so far.
  public func write(
    format: ReportFormat, to path: FilePath, filter: Filter = Filter(),
    tools: ToolSearch = ToolSearch()
  ) async throws(SalvageError) {
    let report = try await coverage(content: format.uses, tools: tools)
    try report.filtered(filter).write(
      format, to: ReportDestination(path.string, for: format), ReportOptions())
  }
}

/// The repository that the current directory is in, or the current directory: what reports show is
/// relative to it.
func sourceRoot() -> FilePath {
  let here = FilePath(".").absolute
  var folder = here
  while true {
    if folder.appending(".git").status() != nil { return folder }
    let parent = folder.removingLastComponent()
    if parent == folder { return here }
    folder = parent
  }
}

extension [OutdatedSource] {
  /// One line for all.
  fileprivate var note: String? {
    guard let first else { return nil }
    let more = count == 1 ? "" : " and \(count - 1) more \(count == 2 ? "source" : "sources")"
    return
      "\(first.path)\(more): changed after \(first.program) was built, which is in the report; lines may have"
      + " moved: build it and record again"
  }
}
