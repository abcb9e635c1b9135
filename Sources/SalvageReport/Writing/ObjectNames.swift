package import SalvageCoverage
import SalvageSystem

/// The programs and libraries of a file as people name them: by as many of the last components of their paths as
/// tell them apart.
package struct ObjectNames: Sendable {
  /// In the order of ``FileObjects/names``; no byte of them controls a terminal.
  package let shown: [String]

  package init(_ objects: FileObjects?) {
    let paths = (objects?.names ?? []).map {
      $0.split(separator: "/", omittingEmptySubsequences: false)
    }
    var lengths = [Int](repeating: 1, count: paths.count)
    while true {
      let ends = zip(paths, lengths).map { $0.suffix($1).joined(separator: "/") }
      let seen = Dictionary(ends.map { ($0, 1) }, uniquingKeysWith: +)
      let longer = paths.indices.filter { seen[ends[$0]] != 1 && lengths[$0] < paths[$0].count }
      if longer.isEmpty {
        shown = ends.map { terminalText($0) }
        return
      }
      for index in longer { lengths[index] += 1 }
    }
  }

  /// `a, b and 12 more` in about so many characters; `none` of an empty list.
  package func text(_ objects: [Int], width: Int) -> String {
    guard !objects.isEmpty else { return "none" }
    var text = ""
    for (place, object) in objects.enumerated() {
      let next = (place == 0 ? "" : ", ") + shown[object]
      if place > 0 && text.count + next.count > width {
        return text + " and \(objects.count - place) more"
      }
      text += next
    }
    return text
  }
}
