import Glibc
import SalvageCoverage
package import SalvageRecord
package import SalvageReport
import SalvageSystem
package import SystemPackage

/// What an archive holds, for whoever asked for it.
package struct ArchiveResult: Sendable {
  package var recordings: [Contained]
  /// Bytes of the file.
  package var size: Int
  /// What the user should know, one line each.
  package var notes: [String] = []

  package var lives: Int { recordings.reduce(0) { $0 + $1.progress.lives } }
  package var running: Int { recordings.reduce(0) { $0 + $1.running } }
}

extension Recording {
  /// Packs all that reports and ledgers need of the recording in one file. The recording may be in use.
  ///
  /// - Parameter withSources: also the sources that a report of it shows.
  package func archive(
    to file: OutputFile, withSources: Bool = false
  ) async throws(SalvageError) -> ArchiveResult {
    let paths = withSources ? try await sourcePaths() : []
    do {
      // After the sources: they are of what was counted by then.
      WorkProgress.begin("packing \(directory)")
      let shard = try RecordingReader(directory).shard()
      let size = try file.writeAll { sink in
        try ArchiveWriter(sink).write(shard, sources: paths) {
          try? FilePath(name: $0).contents()
        }
      }
      return ArchiveResult(recordings: [shard.contained], size: size)
    } catch let error as SalvageError {
      throw error
    } catch {
      throw .unreadable(error)
    }
  }

  /// Of all builds, without those of the system and of packages.
  private func sourcePaths() async throws(SalvageError) -> [String] {
    let report = try await coverage(builds: .all)
    let selection = Selection(isFile: { FilePath($0).isRegularFile })
    return Set(report.selected(selection).coverage.files.map(\.path)).sorted()
  }
}

extension RecordingSet {
  /// Adds recordings and archives to one archive. The same inputs in any order, and sums of them, give the same
  /// bytes; what has a part in common with another one, and does not contain it, is refused.
  /// - Parameter number: of recordings that the sum must have.
  package static func merge(
    _ paths: [FilePath], to file: OutputFile, expecting number: Int? = nil
  ) throws(SalvageError) -> ArchiveResult {
    do {
      let scratch = try ScratchFolder()
      var archives: [FilePath] = []
      WorkProgress.begin("packing", of: paths.count)
      for path in paths {
        WorkProgress.step()
        if let file = archive(path) {
          archives.append(file)
          continue
        }
        let packed = scratch.file("\(archives.count).archive")
        let shard = try RecordingReader(try Recording.open(path).directory).shard()
        _ = try OutputFile(packed).writeAll { try ArchiveWriter($0).write(shard) }
        archives.append(packed)
      }
      WorkProgress.begin("comparing", of: archives.count)
      let merge = try naming(archives, paths) { try ArchiveMerge(archives) }
      WorkProgress.begin("merging")
      let found = merge.recordings.count
      if let number, number != found {
        throw SalvageError.report(
          "--expect \(number): the inputs have \(found) recordings, and nothing was written; see `salvage inspect`"
        )
      }
      let size = try file.writeAll { sink in
        try naming(archives, paths) { try merge.write(to: sink) }
      }
      let containment = merge.containment
      return ArchiveResult(
        recordings: merge.recordings, size: size,
        notes: containment.left.map {
          "\(paths[$0.input]) is left out: \(paths[$0.within]) contains it"
        })
    } catch let error as SalvageError {
      throw error
    } catch {
      throw .unreadable(error)
    }
  }

  /// Errors of temporary archives name the recordings that these are of.
  private static func naming<Answer>(
    _ archives: [FilePath], _ paths: [FilePath], _ body: () throws -> Answer
  ) throws -> Answer {
    do {
      return try body()
    } catch var error as RecordError {
      func name(_ path: FilePath) -> FilePath {
        archives.firstIndex(of: path).map { paths[$0] } ?? path
      }
      error.path = name(error.path)
      if case .overlap(let other, let recording) = error.problem {
        error.problem = .overlap(with: name(other), recording: recording)
      }
      throw error
    }
  }
}

extension OutputFile {
  /// Writes what `produce` hands to its sink, and answers with the number of bytes. Where it throws, what was there
  /// stays.
  func writeAll(
    _ produce: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws -> Int {
    var failure: (any Error)?
    var size = 0
    do throws(OutputError) {
      try write { sink throws(OutputError) in
        do {
          try withoutActuallyEscaping(sink) { sink in
            try produce {
              size += $0.count
              try sink($0)
            }
          }
        } catch let error as OutputError {
          throw error
        } catch {
          failure = error
          throw OutputError(path, ECANCELED)
        }
      }
    } catch {
      if let failure { throw failure }
      throw SalvageError.system("write", error.path, error.errno)
    }
    return size
  }
}
