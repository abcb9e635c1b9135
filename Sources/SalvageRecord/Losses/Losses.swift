/// What is not in a recording: losses of its lives, in their order, then others. Those of lives are made as they are
/// asked for: where a kill costs a million processes something, a list of it would be larger than the ledger.
public struct Losses: RandomAccessCollection, Sendable {
  private let lives: Lives
  /// Of each loss of a life, where that is, and which of its losses.
  private let places: [UInt64]
  package private(set) var others: [Loss]

  package init(of lives: Lives, others: [Loss] = []) {
    self.lives = lives
    self.others = others
    var places: [UInt64] = []
    for position in lives.indices {
      for number in 0..<lives.lossCount(at: position) {
        places.append(UInt64(position) << 24 | UInt64(Swift.min(number, 0xff_ffff)))
      }
    }
    self.places = places
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { places.count + others.count }

  public subscript(position: Int) -> Loss {
    guard position < places.count else { return others[position - places.count] }
    let place = places[position]
    return lives.losses(at: Int(place >> 24))[Int(place & 0xff_ffff)]
  }

  /// With `more` behind.
  package func appending(_ more: some Sequence<Loss>) -> Losses {
    var result = self
    result.others += more
    return result
  }
}

extension Losses: Equatable, ExpressibleByArrayLiteral {
  public init(arrayLiteral losses: Loss...) { self.init(of: Lives(), others: losses) }

  public static func == (left: Losses, right: Losses) -> Bool { left.elementsEqual(right) }
}
