/// Names of the Linux signals on x86-64 and AArch64 (signal(7)), in the order of their numbers.
private let names = [
  "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
  "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
  "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
]

/// `SIGTERM` for 15, `SIGRTMIN+1` for 35, `signal N` for what has no name.
package func signalName(_ number: Int32) -> String {
  if (1..<Int32(names.count)).contains(number) { return "SIG" + names[Int(number)] }
  if number == 34 { return "SIGRTMIN" }
  if (35...64).contains(number) { return "SIGRTMIN+\(number - 34)" }
  return "signal \(number)"
}

/// The number of `TERM`, `SIGTERM`, `sigterm`, `15`, `SIGRTMIN+1`; nil for what is no signal.
package func signalNumber(_ text: String) -> Int32? {
  let upper = text.uppercased()
  let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
  if let number = Int32(name) { return (1...64).contains(number) ? number : nil }
  if let number = names.firstIndex(of: name), number > 0 { return Int32(number) }
  if name == "RTMIN" { return 34 }
  if name == "POLL" { return 29 }
  if name.hasPrefix("RTMIN+"), let more = Int32(name.dropFirst(6)), (1...30).contains(more) {
    return 34 + more
  }
  return nil
}
