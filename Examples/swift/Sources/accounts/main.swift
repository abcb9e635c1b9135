// Books what it reads on one account: `deposit 5`, `withdraw 3`, `close`.
//
// `//= N`: how often the line runs in run.sh.
import Glibc

var account = Account()
while let line = readLine() {
  let words = line.split(separator: " ")
  let amount = words.count > 1 ? Int(words[1]) ?? 0 : 0
  switch words.first {
  case "deposit":
    account.deposit(amount)  //= 4
  case "withdraw":
    do {
      try account.withdraw(amount)  //= 2
    } catch .overdrawn(let by) {
      print("refused: \(by) too much")  //= 1
    }
  case "close":
    print("balance: \(account.balance)")
    fflush(nil)
    _exit(0)  //= 1
  default:
    print("what is this? \(line)")  //= 0
  }
}
