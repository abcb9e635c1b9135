import Library
import Testing

@Test func evenNumbers() {
  #expect(half(of: 4) == 2)
}

@Test func oddNumbersTrap() async {
  await #expect(processExitsWith: .failure) {
    _ = half(of: 3)
  }
}

@Test func exitCodes() async {
  await #expect(processExitsWith: .exitCode(7)) {
    leaves(with: 7)
  }
}

@Test func kills() async {
  await #expect(processExitsWith: .signal(9)) {
    killsItself()
  }
}
