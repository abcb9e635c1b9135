import Foundation
import Salvage
import SystemPackage
import Testing

@testable import SalvageRecord

/// Programs that ran without counters, as a ledger tells them.
@Suite struct UncountedTests {
  @Test(arguments: [
    ("/bin/dash", "shell scripts"), ("/usr/bin/ksh93", "shell scripts"), ("bash", "shell scripts"),
    ("/usr/bin/perl5.36.0", "Perl"), ("/opt/node-22/bin/node", "JavaScript"),
    ("/usr/lib/jvm/java-17/bin/java", "classes of the JVM"), ("/usr/bin/lua-5.4", "Lua"),
    ("/usr/bin/php8.2", "PHP"), ("/usr/bin/ruby3.1", "Ruby"),
  ])
  func anInterpreterIsToldByItsName(_ path: String, _ runs: String) {
    #expect(Interpreter.at(path)?.runs == runs)
  }

  @Test(arguments: [
    "", "/", "/usr/bin/", "/bin/cat", "/usr/bin/python3.11", "/bin/bash/real", "/x/perldoc", "5.36",
  ])
  func othersAreNone(_ path: String) {
    #expect(Interpreter.at(path) == nil)
  }

  @Test func aPythonThatWasNotEnteredIsToldAsOne() {
    let lives = ["/usr/bin/python2.7", "/opt/python3.13t", "/gone/python3-config"].map {
      life($0)
    }
    let runs = UncountedProgram.all(in: lives).map(\.interpreter?.runs)
    #expect(
      runs == [
        Interpreter.python(isLeftOut: false).runs, Interpreter.python(isLeftOut: false).runs, nil,
      ])
  }

  private func life(_ program: String, _ flags: Life.Flags = [], objects: Int = 0) -> Life {
    Life(
      id: 1, beginning: .spawn, isEntered: true, pid: 2, outerPID: 2, parentPID: 1, user: 0,
      pidNamespace: 0, bornAtBoot: 0, born: 0, program: program, arguments: [], argumentCount: 0,
      end: Life.End(.exited(0)), losses: [], context: 0, flags: flags, objects: objects,
      snapshots: 0)
  }

  @Test func interpretersComeFirstAndWhatWasCountedNotAtAll() {
    var lost = life("/bin/lost")
    lost.losses = [Loss(.isStatic, life: 1, subject: "/bin/lost")]
    let lives = [
      life("/bin/cat"), life("/bin/cat"), life("/bin/cat"), life("/bin/dash"), life("/bin/awk"),
      life("/usr/bin/python3", .python), life("/bin/app"), life("/bin/app", .live),
      life("/bin/private", .isPrivate), life("/bin/own", objects: 1), life(""), lost,
    ]
    let programs = UncountedProgram.all(in: lives)
    #expect(programs.map(\.program) == ["/bin/dash", "/bin/cat", "/bin/awk"])
    #expect(programs.map(\.lives) == [1, 3, 1])
    #expect(programs.map(\.interpreter?.tool) == ["kcov", nil, nil])
  }

  /// A script is told by its first line, where the file is still there.
  @Test func scriptsAreToldByTheirFirstLine() async throws {
    let place = try Workplace()
    let texts = [
      "a": "#!/bin/bash -e\n", "b": "#!/usr/bin/env -S NAME=1 perl -w\n", "c": "no script",
      "d": "#!\n",
    ]
    for (name, text) in texts {
      try text.write(toFile: place.path.appending(name).string, atomically: true, encoding: .utf8)
    }
    let lives =
      texts.keys.map { life($0) } + [life(place.path.appending("a").string), life("gone")]
    let programs = UncountedProgram.all(
      in: lives, directories: ["/nonexistent", place.path.string])
    let runs = Dictionary(uniqueKeysWithValues: programs.map { ($0.program, $0.interpreter?.runs) })
    #expect(
      runs["a"] == "shell scripts" && runs[place.path.appending("a").string] == "shell scripts")
    #expect(runs["b"] == "Perl")
    #expect(["c", "d", "gone"].allSatisfy { runs[$0] == .some(nil) })
    await place.remove()
  }
}
