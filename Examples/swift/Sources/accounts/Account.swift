enum Refusal: Error {
  case overdrawn(by: Int)
}

struct Account {
  private(set) var balance = 0

  mutating func deposit(_ amount: Int) {
    balance += amount  //= 4
  }

  mutating func withdraw(_ amount: Int) throws(Refusal) {
    guard amount <= balance else {
      throw .overdrawn(by: amount - balance)  //= 1
    }
    balance -= amount  //= 1
  }
}
