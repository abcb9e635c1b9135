import Testing

@testable import Roman

@Test(arguments: [(4, "IV"), (1987, "MCMLXXXVII"), (2026, "MMXXVI")])
func writes(_ number: Int, _ text: String) {
  #expect(Roman(number).digits == text)
  #expect(Roman(parsing: text)?.number == number)
}

@Test func refusesWords() {
  #expect(Roman(parsing: "salve") == nil)
}

@Test func dies() async {
  await #expect(processExitsWith: .failure) { refuse() }
}
