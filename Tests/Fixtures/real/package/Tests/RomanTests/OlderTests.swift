import Roman
import XCTest

final class OlderTests: XCTestCase {
  func testAllOfThem() {
    for number in 1...300 {
      XCTAssertEqual(Roman(parsing: Roman(number).digits), Roman(number))
    }
  }
}
