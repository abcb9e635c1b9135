/// One thing that `salvage doctor` looked at.
package struct Finding: Sendable, Hashable {
  package enum Grade: String, Sendable, Hashable, Codable {
    case good, warning, bad
  }
  package var name: String
  package var grade: Grade
  /// What was found, and the cure where it is not good.
  package var message: String

  package init(_ name: String, _ grade: Grade, _ message: String) {
    self.name = name
    self.grade = grade
    self.message = message
  }
}
