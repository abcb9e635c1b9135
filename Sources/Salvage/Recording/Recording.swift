import CSalvageABI
import Glibc
public import SalvageRecord
import SalvageSystem
public import SystemPackage

/// A recording: a directory with everything that recorded processes left.
///
///     let recording = try Recording.create(at: "coverage.salvage")
///     process.environment = try recording.environment(updating: process.environment)
///     …
///     for loss in try recording.losses { print(loss.reason.sentence) }
///
/// A recording may be read at any time, also while processes count in it.
public struct Recording: Sendable, Hashable {
  /// Absolute path of the directory.
  public let directory: FilePath
  package let settings: RecordingSettings
  /// What the user should know of how it was made, one line each.
  public let notes: [String]

  /// Makes a recording at `path`, or opens the one there, as the configuration wants it.
  public static func create(
    at path: FilePath, _ configuration: Configuration = Configuration()
  ) throws(SalvageError) -> Recording {
    let (recording, hold) = try prepare(at: path, configuration)
    hold.started()
    hold.release()
    return recording
  }

  /// As `create`, with what keeps other commands from replacing it, and the recording that was there.
  package static func prepare(
    at path: FilePath, _ configuration: Configuration
  ) throws(SalvageError) -> (Recording, RecordingHold) {
    var maker = RecordingMaker(path, configuration)
    let made = try maker.make()
    let recording = Recording(
      directory: made.directory, settings: made.settings, notes: maker.notes)
    return (recording, made.hold)
  }

  /// Opens the recording at `path` for reading, or to start processes in it.
  public static func open(_ path: FilePath) throws(SalvageError) -> Recording {
    let directory = path.resolved ?? path.absolute
    do throws(RecordError) {
      let settings = try RecordingReader(directory).settings()
      return Recording(directory: directory, settings: settings, notes: [])
    } catch {
      switch error.problem {
      case .system(_, ENOENT) where directory.status() == nil: throw .noRecording(path)
      case .system(_, ENOTDIR) where Archive.isArchive(directory): throw .isArchive(path)
      case .system(_, ENOENT), .system(_, ENOTDIR), .foreign: throw .notARecording(path)
      default: throw .unreadable(error)
      }
    }
  }

  // MARK: Processes

  /// The recording that this very process counts in, if any.
  public static var surrounding: FilePath? {
    EnvironmentBlock.current()[RecordingVariables.recording]
      .flatMap(RecordingVariables.directory(ofAddress:))
      .flatMap { RecordingReader.isRecording($0) ? $0 : nil }
  }

  /// `environment` with the two variables that make a process, and all that it starts, record here.
  /// For Foundation.Process, swift-subprocess or any other spawner.
  public func environment(
    updating environment: [String: String] = currentEnvironment()
  ) -> [String: String] {
    var result = environment
    result[RecordingVariables.preload] = RecordingVariables.preload(
      settings.library, before: environment[RecordingVariables.preload])
    result[RecordingVariables.recording] = RecordingVariables.address(
      directory, life: 0, context: settings.context)
    return result
  }

  /// This process's environment.
  public static func currentEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    for entry in EnvironmentBlock.current().entries {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(decoding: entry[..<equals], as: UTF8.self)
      if result[name] == nil {
        result[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
      }
    }
    return result
  }

  // MARK: Reading

  /// The process tree: every life with how it ended and what of it is lost.
  public func contents() throws(SalvageError) -> RecordingContents {
    do throws(RecordError) {
      return try RecordingReader(directory).contents()
    } catch {
      throw .unreadable(error)
    }
  }

  /// Throws what `contents` would throw, without reading more than the settings.
  package func checkReadable() throws(SalvageError) {
    do throws(RecordError) {
      _ = try RecordingReader(directory).settings()
    } catch {
      throw .unreadable(error)
    }
  }

  /// Every process image that ran, the eldest first.
  public var lives: Lives {
    get throws(SalvageError) { try contents().lives }
  }

  /// What is not in the recording, each with a reason and a cure.
  public var losses: Losses {
    get throws(SalvageError) { try contents().losses }
  }

  /// The counters of every object, added up over all processes.
  package func counters() throws(SalvageError) -> CounterReading {
    do throws(RecordError) {
      return try RecordingReader(directory).counters()
    } catch {
      throw .unreadable(error)
    }
  }

  /// How many objects (ELF files with counters) were counted, without adding them up.
  public var objectCount: Int { RecordingReader(directory).objectCount(settings) }

  /// How many Python sources code of which ran.
  public var pythonFileCount: Int { RecordingReader(directory).pythonFileCount(settings) }

  /// Nothing can be written where it lies, or where its counts do.
  package var isReadOnly: Bool {
    [directory, settings.users].contains { place in
      var system = statvfs()
      return place.withPlatformString({ statvfs($0, &system) }) == 0
        && system.f_flag & UInt(ST_RDONLY) != 0
    }
  }

  /// True while processes count in it.
  public var isInUse: Bool { RecordingPlace(directory).isInUse }
}
