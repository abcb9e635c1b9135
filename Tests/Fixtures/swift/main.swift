import Glibc

let line = CommandLine.arguments
let families = [ends, traps, handlers, forks, execs, threads]
guard line.count >= 3, openTally(line[1]),
  let death = families.lazy.compactMap({ $0[line[2]] }).first
else {
  say("usage: deaths TALLY DEATH [ARGUMENT]")
  exit(98)
}
aboutTo(0)
entry()
exit(
  try death(
    Arguments(program: line[0], tally: line[1], argument: line.count > 3 ? line[3] : nil)))
