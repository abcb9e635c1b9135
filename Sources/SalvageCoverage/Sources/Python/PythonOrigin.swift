import SystemPackage

/// Whether code is of the Python source that its file name names. Code that is generated has other names in it:
/// those of a template, of a Cython source.
struct PythonOrigin {
  let path: String
  /// Qualified, with their lines.
  let functions: [Definition]
  /// The lines that there is code for.
  let code: Set<Int>

  struct Definition {
    var name: String
    var line: UInt32
  }

  /// - Parameter text: nil where the file is not there any more.
  func isSource(_ text: PythonText?, minor: Int) -> Bool {
    let ending = FilePath(path).extension?.lowercased()
    if ending == "py" || ending == "pyw" { return true }
    if let ending, ending.hasPrefix("px") || ending.hasPrefix("pyx") { return false }
    guard let text else { return ending == nil }
    let lines = text.bytes.split(separator: 10, omittingEmptySubsequences: false)
    if let first = lines.first.map({ String(decoding: $0, as: UTF8.self) }),
      first.hasPrefix("#!"), first.contains("python")
    {
      return true
    }
    guard functions.allSatisfy({ isDefined($0, in: lines) }) else { return false }
    // A module has code for most of what begins at the left.
    let outer = PythonStatements(text.bytes, minor: minor).statements.filter { $0.indent == 0 }
    let known = outer.filter { $0.lines.contains(where: code.contains) }
    return known.count * 2 >= outer.count
  }

  /// Decorators, of several lines too, come before the `def`.
  private func isDefined(_ function: Definition, in lines: [ArraySlice<UInt8>]) -> Bool {
    let name = function.name.split(separator: ".").last ?? ""
    return lines.dropFirst(max(0, Int(function.line) - 1)).prefix(60).contains {
      String(decoding: $0, as: UTF8.self).contains("def \(name)")
    }
  }
}
