import SystemPackage

/// What `salvage doctor` says of an interpreter of Python.
enum PythonFindings {
  static func of(_ path: FilePath) -> [Finding] {
    guard isPython(path.string) else { return [] }
    return [
      Finding(
        "counters", .good,
        "lines of Python code, where \(path) is \(recordedPythons) (--no-python leaves them out)")
    ]
  }
}

/// Those that the library can be in (docs/Python.md).
package let recordedPythons = "CPython 3.8 to 3.14"

/// Whether the name of a path's file is one of Python's: `python3.11`, `python3.13t`, `python3-dbg`.
package func isPython(_ path: String) -> Bool {
  let name = path.split(separator: "/").last ?? ""
  return name.wholeMatch(of: /python[0-9.]*[dmt]*(-dbg)?/) != nil
}
