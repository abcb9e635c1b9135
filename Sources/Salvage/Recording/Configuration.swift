/// How a recording is made. The defaults are what `salvage run` does without options.
public struct Configuration: Sendable, Hashable, Codable {
  /// What to do with a recording that is there already.
  public struct Existing: RawRepresentable, Sendable, Hashable, Codable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Remove it, unless it is in use.
    public static let replace = Existing(rawValue: "replace")
    /// Add to it.
    public static let append = Existing(rawValue: "append")
    /// Throw ``SalvageError/Code/recordingInUse`` or ``SalvageError/Code/notARecording``: nothing may be there.
    public static let refuse = Existing(rawValue: "refuse")
  }

  /// What becomes of a recording that is there already.
  public var existing: Existing
  /// Never share a page with the recording: counters are copied when a process ends. SIGKILL then
  /// loses them.
  public var isPrivate: Bool
  /// A fresh slot for each process instead of a shared one: for programs that read or reset their
  /// own counters.
  public var isPerProcess: Bool
  /// Counters of gcc's `--coverage` are recorded, and written by libgcov no more.
  public var recordsGcov: Bool
  /// Signal handlers of the library in every process, to note signals.
  public var notesSignals: Bool
  /// Signals before whose handler in the program the counters are saved or marked.
  public var saveBefore: Set<Int32>
  /// The programs do not see the two variables of the recording; those that they start get them.
  public var hidesEnvironment: Bool
  /// Lines of Python code are recorded in every CPython from 3.8 on.
  public var recordsPython: Bool
  /// What Python code is recorded: directories, files, and packages by their names. Empty: all but the
  /// standard library and what is installed.
  public var pythonSources: [String]

  /// A configuration; what is not named is as `salvage run` has it without options.
  public init(
    existing: Existing = .replace, isPrivate: Bool = false, isPerProcess: Bool = false,
    recordsGcov: Bool = true, notesSignals: Bool = false, saveBefore: Set<Int32> = [],
    hidesEnvironment: Bool = false, recordsPython: Bool = true, pythonSources: [String] = []
  ) {
    self.existing = existing
    self.isPrivate = isPrivate
    self.isPerProcess = isPerProcess
    self.recordsGcov = recordsGcov
    self.notesSignals = notesSignals
    self.saveBefore = saveBefore
    self.hidesEnvironment = hidesEnvironment
    self.recordsPython = recordsPython
    self.pythonSources = pythonSources
  }
}
