import Glibc
import Salvage
import SystemPackage

/// A report that `salvage run --report FORMAT=PATH` writes: its file is opened before the command
/// starts, so that a wrong path costs no run.
struct ReportFile: Sendable {
  let format: ReportFormat
  private let path: FilePath
  private let descriptor: Int32
  private let isShared: Bool

  static func parse(_ text: String) -> (ReportFormat, FilePath)? {
    guard let mark = text.firstIndex(of: "="),
      let format = ReportFormat(rawValue: String(text[..<mark]))
    else { return nil }
    let path = text[text.index(after: mark)...]
    return path.isEmpty ? nil : (format, FilePath(String(path)))
  }

  init?(_ text: String) throws(SalvageError) {
    guard let (format, path) = Self.parse(text) else { return nil }
    self.format = format
    self.path = path
    if let shared = Self.shared(path) {
      descriptor = shared
      isShared = true
      return
    }
    isShared = false
    // Not truncated yet: an earlier report stands until there is a new one.
    descriptor = path.withPlatformString { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644) }
    if descriptor < 0 { throw .system("write", path, Errno(rawValue: errno)) }
  }

  /// Descriptors that we have already, whose file the command writes to as well: opening their file
  /// anew would write over that.
  private static func shared(_ path: FilePath) -> Int32? {
    switch path.string {
    case "-", "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      guard path.string.hasPrefix("/dev/fd/") || path.string.hasPrefix("/proc/self/fd/") else {
        return nil
      }
      return path.lastComponent.flatMap { Int32($0.string) }
    }
  }

  func write(_ report: CoverageReport) throws(SalvageError) {
    // A pipe or a terminal has no length, and fails.
    if !isShared { ftruncate(descriptor, 0) }
    try Salvage.write(try report.bytes(format), to: descriptor, path: path)
  }
}
