/// Counters that existed and are not in the recording, or a process that could not be entered.
public struct Loss: Sendable, Hashable {
  /// Why it is not there, with a cure.
  public var reason: LossReason
  /// The life that it concerns; nil where it concerns the recording.
  public var life: UInt64?
  /// The program or file.
  public var subject: String
  /// The errno that the library met; 0 none.
  package var code: Int32
  /// More than the reason says: of a damaged file, what is wrong with it.
  public var detail: String

  package init(
    _ reason: LossReason, life: UInt64? = nil, subject: String = "", code: Int32 = 0,
    detail: String = ""
  ) {
    self.reason = reason
    self.life = life
    self.subject = subject
    self.code = code
    self.detail = detail
  }
}
