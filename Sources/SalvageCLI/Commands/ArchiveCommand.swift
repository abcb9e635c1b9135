import ArgumentParser
import Salvage
import SalvageReport
import SalvageSystem
import SystemPackage

struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "A recording as one compressed file, to be reported elsewhere and merged.",
    discussion: """
      salvage archive -o unit.archive
      salvage archive nightly.salvage -o nightly.archive --sources
      salvage report unit.archive

      An archive has all that reports and ledgers need: counts, added up; what the
      compilers say of them; the ledger. It has no data of the programs, and the
      sources only with --sources. All commands that read take it for a recording.

      A recording that is in use may be archived: the archive has what was counted
      by then, and says so.
      """)

  @OptionGroup var recording: RecordingArgument

  @Option(name: .shortAndLong, help: "The file to write; - is stdout.", completion: .file())
  var output: String

  @Flag(help: "Pack the sources, so that they can be shown where they are not.")
  var sources = false

  func run() async throws {
    let file = OutputFile(FilePath(output))
    let result = try await recording.open().archive(to: file, withSources: sources)
    tell(result, output)
  }
}

struct MergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Add recordings and archives to one archive.",
    discussion: """
      salvage merge shard-*.archive -o all.archive
      salvage merge unit.salvage nightly.archive -o all.archive
      salvage merge --expect 12 shards/* -o all.archive

      In any order, and in any steps: merging sums again gives the same bytes. What
      another input contains is left out and named. Two that have only a part in
      common are refused, for it would count twice.

      Exit status: 0; 1 for an error, and nothing was written.
      """)

  @Argument(help: "Recordings and archives.", completion: .file())
  var inputs: [String]

  @Option(name: .shortAndLong, help: "The archive to write; - is stdout.", completion: .file())
  var output: String

  @OptionGroup var talk: TalkOptions

  @Option(help: "Fail unless the sum is of so many recordings: a shard that is missing is no sum.")
  var expect: Int?

  func validate() throws {
    if let expect, expect < 1 { throw ValidationError("--expect \(expect): a number from 1 on") }
  }

  func run() async throws {
    let result = try RecordingSet.merge(
      inputs.map { FilePath($0) }, to: OutputFile(FilePath(output)), expecting: expect)
    for note in result.notes { remark(note) }
    tell(result, output)
  }
}

private func tell(_ result: ArchiveResult, _ output: String) {
  var text = "\(output): \(counted(result.recordings.count, "recording", "recordings")), "
  text += "\(counted(result.lives, "process image", "process images"))"
  if result.running > 0 { text += " (\(result.running) still running)" }
  remark(text + ", \((result.size + 1023) >> 10) KiB")
}
