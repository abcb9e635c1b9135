import Glibc
package import SalvageCoverage
import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Whether recording works here, and whether a program can be entered.
package enum Diagnosis {
  /// The library, the place of a recording, and what this process was given.
  package static func surroundings(of directory: FilePath) -> [Finding] {
    [library(), place(directory), locks(directory), ancestors(directory)] + environment()
  }

  private static func library() -> Finding {
    do throws(SalvageError) {
      return Finding("library", .good, try ShimLibrary.find().string)
    } catch {
      return Finding("library", .bad, error.description)
    }
  }

  private static func place(_ directory: FilePath) -> Finding {
    let place = RecordingPlace(directory)
    switch place.content {
    case .nothing, .emptyDirectory: return Finding("place", .good, "\(directory) is free")
    case .other:
      return Finding("place", .bad, SalvageError.notARecording(directory).description)
    case .recording:
      if place.isInUse {
        return Finding(
          "place", .warning, SalvageError.inUse(directory, pids: place.pids).description)
      }
      let made = (try? RecordingReader(directory).settings())?.commandVersion
      if let made, made != salvageVersion {
        return Finding(
          "place", .warning, "\(directory) was made by salvage \(made), this is \(salvageVersion)")
      }
      return Finding("place", .good, "\(directory) is a recording, which a run would replace")
    }
  }

  private static func locks(_ directory: FilePath) -> Finding {
    let parent = directory.absolute.removingLastComponent()
    do throws(SalvageError) {
      let test = try DirectoryTest(parent)
      if test.isFit {
        return Finding("file system", .good, "\(parent) keeps the locks of mapped files")
      }
      if test.keepsLocks {
        let kept = test.allowsExecution ? "the counts" : "the library and the counts"
        return Finding(
          "file system", .warning,
          "\(parent) \(test.obstacle): \(kept) are kept in temporary directories until the end; after"
            + " `salvage env`, run `salvage collect`")
      }
      return Finding(
        "file system", .warning,
        "\(parent) drops the locks of mapped files (overlayfs does): counts are kept in /dev/shm"
          + " and brought home at the end; after `salvage env`, run `salvage collect`")
    } catch {
      return Finding("file system", .bad, error.description)
    }
  }

  private static func ancestors(_ directory: FilePath) -> Finding {
    let parent = directory.absolute.removingLastComponent()
    if let closed = RecordingMaker.closedAncestor(of: parent.resolved ?? parent) {
      return Finding(
        "ancestors", .warning,
        "other users cannot pass \(closed): the recording will be in /var/tmp, with a link here")
    }
    return Finding("ancestors", .good, "processes that change their user can reach \(parent)")
  }

  private static func environment() -> [Finding] {
    let block = EnvironmentBlock.current()
    var result: [Finding] = []
    if let outer = Recording.surrounding {
      result.append(
        Finding("nesting", .warning, "this shell records already, in \(outer); a run joins that"))
    }
    if let profile = block["LLVM_PROFILE_FILE"] {
      result.append(
        Finding(
          "LLVM_PROFILE_FILE", .warning,
          "set to \(profile): programs write their own profiles too, and count in fresh slots;"
            + " unset it to save time and space"))
    }
    if let size = Self.fileLimit() {
      result.append(
        Finding(
          "file limit", .warning,
          "files may have \(size) bytes at most (ulimit -f): larger counter files are refused"))
    }
    return result
  }

  private static func fileLimit() -> UInt64? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { return nil }
    return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
  }

  // MARK: A program

  /// Whether CMD can be entered and has counters and a mapping.
  package static func program(_ name: String) -> [Finding] {
    let launch = Launch(arguments: [Array(name.utf8)], environment: .current())
    do throws(SalvageError) {
      let path = try launch.find().filePath
      let image = ProgramKind.image(of: path)
      var result = [
        Finding("program", .good, image == path ? path.string : "\(path), run by \(image)")
      ]
      if let obstacle = ProgramKind.obstacle(path) {
        result.append(Finding("entering", .bad, obstacle.sentence + " " + obstacle.cure))
      } else {
        result.append(Finding("entering", .good, "the library can enter it"))
      }
      return result + CounterFindings.of(Self.named(by: path) ?? image)
    } catch {
      return [Finding("program", .bad, error.description)]
    }
  }

  /// What `env` runs for a script, which is not what the kernel runs.
  private static func named(by script: FilePath) -> FilePath? {
    guard let name = ProgramKind.namedToEnv(by: script) else { return nil }
    let launch = Launch(arguments: [Array(name.utf8)], environment: .current())
    return try? ProgramKind.image(of: launch.find().filePath)
  }
}
