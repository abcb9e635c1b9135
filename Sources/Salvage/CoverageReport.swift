import Glibc
public import SalvageCoverage
public import SalvageRecord
public import SalvageReport
public import SystemPackage

/// The coverage of a recording with everything that a report tells: the ledger in numbers, and what
/// is missing.
public struct CoverageReport: Sendable {
  /// The one model: file, lines, functions, branches, with counts of all processes and languages.
  public var coverage: Coverage
  /// Losses of the ledger and of counter files.
  public var losses: [Loss]
  /// Objects that were counted and are not in `coverage`, each with its reason.
  public var problems: [ObjectProblem]
  /// What the tools remarked, one line each.
  public var notes: [String]
  /// The lives of the recording.
  public var lives: [Life]
  /// ELF files with counters.
  public var objects: Int

  /// Everything is in it.
  public var isComplete: Bool { losses.isEmpty && problems.isEmpty }

  /// The part of it that `filter` lets through.
  public func filtered(_ filter: Filter) -> CoverageReport {
    var result = self
    result.coverage = filter.apply(to: coverage)
    return result
  }

  /// The bytes of a report file; `width` is that of the reader's terminal.
  public func bytes(_ format: ReportFormat, width: Int? = nil) throws(SalvageError) -> [UInt8] {
    do {
      return try format.exporter(width: width).bytes(of: report)
    } catch {
      throw .report("\(error)")
    }
  }

  private var report: Report {
    Report(
      coverage: coverage, losses: reportLosses,
      ledger: Report.Ledger(lives: lives.count, ends: ends, objects: objects),
      version: salvageVersion)
  }

  private var ends: [Report.Ledger.End] {
    var counts: [String: Int] = [:]
    for life in lives {
      switch life.end {
      case .signal(let number, _): counts[signalName(number), default: 0] += 1
      case let end: counts[end.word, default: 0] += 1
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

extension Recording {
  /// Adds up everything that was counted so far and joins it with what the programs say of
  /// themselves.
  ///
  /// - Parameters:
  ///   - content: `.lines` serves every format but `llvm-json`, which needs `.regions` too.
  ///   - tools: where the tools of each source are looked for.
  public func coverage(
    content: Coverage.Content = .lines, tools: ToolSearch = ToolSearch()
  ) async throws(SalvageError) -> CoverageReport {
    let contents = try contents()
    let reading = try counters()
    do {
      let collected = try await collectCoverage(
        of: reading.objects, content: content, search: tools)
      return CoverageReport(
        coverage: collected.coverage,
        losses: contents.losses + reading.losses.filter { !contents.losses.contains($0) },
        problems: collected.problems, notes: collected.notes, lives: contents.lives,
        objects: Set(reading.objects.filter { $0.source != .python }.map(\.identity)).count)
    } catch {
      throw .report("\(error)")
    }
  }

  /// Writes a report of everything that was counted so far.
  public func write(
    format: ReportFormat, to path: FilePath, filter: Filter = Filter(),
    tools: ToolSearch = ToolSearch()
  ) async throws(SalvageError) {
    let report = try await coverage(content: format.exporter().requires, tools: tools)
    try Salvage.write(try report.filtered(filter).bytes(format), to: path, mode: 0o644)
  }
}
