import Foundation
import Subprocess
import Testing

/// A message's cure is one for the command that printed it.
@Suite struct CureTests {
  @Test(arguments: [
    ("clean .", 1, "is not a recording, and is left alone: name the one to remove"),
    ("inspect r", 1, "r is a whole recording: `salvage ledger` and `salvage report` show it"),
    ("inspect nothing", 1, "nothing: there is no such file; inspect takes a file in a recording"),
    ("report r --fail-under 101", 64, "--fail-under 101: a percentage from 0 to 100"),
  ]) func curesFitTheCommand(_ words: String, _ status: Int, _ message: String) async throws {
    let shell = try Shell()
    let result = try await shell.run("$S run -q -o r -- true; : > mine; $S \(words); echo $?")
    #expect(result.output == "\(status)\n")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(!result.errors.contains(" -o"), "\(result.errors)")
    await shell.remove()
  }

  /// The directory above a recording has to be there.
  @Test(arguments: [
    ("no/such/r", "no/such: No such file or directory; make that directory first"),
    ("mine/r", "mine: Not a directory; make that directory first"),
  ]) func aPlaceInNoDirectory(_ place: String, _ message: String) async throws {
    let shell = try Shell()
    let result = try await shell.run(": > mine; $S run -o \(place) -- true; echo $?")
    #expect(result.output == "125\n")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.contains("choose another place with -o"), "\(result.errors)")
    await shell.remove()
  }

  /// How each command that reads a recording is called with `REC`.
  private static let readers = [
    "report REC", "show a.c -r REC", "uncovered -r REC", "patch --diff-file /dev/null -r REC",
    "diff REC REC", "open --no-browser -r REC", "ledger REC", "export REC -f gcda -o out",
    "collect REC", "clean REC",
  ]
  private static let makers = ["run -o REC -- true", "env -o REC", "doctor -o REC"]

  /// Every command and every place that is no recording: one line on stderr, the place in it, and no option that
  /// the command does not have.
  @Test(arguments: readers + makers) func placesThatAreNone(_ command: String) async throws {
    let shell = try Shell()
    let isMaker = Self.makers.contains(command)
    let name = String(command.prefix { $0 != " " })
    let options = try await shell.run("$S help \(name)").output
    for (place, makes) in [
      ("/nonexistent/x", "true"), ("f", ": > f"), ("d", "mkdir d; : > d/x"),
      ("s", "mkdir s; printf nonsense > s/settings"),
      ("v", "$S run -q -o v -- true; printf '\\377' | dd of=v/settings bs=1 seek=8 conv=notrunc"),
      ("u", "$S run -q -o u -- true; rm u/settings; mkdir u/settings"),
    ] {
      let words = command.replacing("REC", with: place)
      let result = try await shell.run(
        "{ \(makes); } >/dev/null 2>&1; $S \(words) >out.txt; echo $?")
      // A damaged recording may be replaced and removed.
      if (isMaker || name == "clean") && result.output == "0\n" { continue }
      let status = name == "run" ? "125\n" : "1\n"
      #expect(result.output == status, "\(words): \(result.output) \(result.errors)")
      guard name != "doctor" else { continue }
      let lines = result.errors.split(separator: "\n")
      #expect(lines.count == 1, "\(words): \(result.errors)")
      #expect(lines.allSatisfy { $0.hasPrefix("salvage: ") }, "\(words): \(result.errors)")
      #expect(result.errors.contains(place.replacing("/x", with: "")), "\(words): \(result.errors)")
      Self.checkOptions(of: result.errors, command: name, options)
    }
    await shell.remove()
  }

  /// Every option that a message names without naming another command is one of the command's.
  private static func checkOptions(of message: String, command: String, _ help: String) {
    // What is in backquotes is a command line of its own.
    var own = ""
    for (index, part) in message.split(separator: "`", omittingEmptySubsequences: false)
      .enumerated()
    where index % 2 == 0 {
      own += part
    }
    for word in own.split(whereSeparator: { " ,;:()\n'".contains($0) })
    where word.hasPrefix("-") && word.count > 1 && word.dropFirst().first != "-"
      || word.hasPrefix("--") && word.count > 2
    {
      #expect(help.contains(word), "\(command) has no \(word): \(message)")
    }
  }

  /// Each wrong command line: one line in one style, with what was meant, and where help is.
  @Test(arguments: [
    ("reprot", "salvage: there is no command reprot; did you mean report? See `salvage --help`"),
    (
      "gcc",
      "salvage: there is no command gcc: `salvage run -- gcc` records a program of that name; see `salvage --help`"
    ),
    ("--bogus", "salvage: unknown option '--bogus'; see `salvage --help`"),
    (
      "report --formt lcov",
      "salvage: unknown option '--formt'; did you mean '--format'? See `salvage report --help`"
    ),
    (
      "report -f lcvo",
      "salvage: there is no report format lcvo: did you mean lcov? See `salvage report --help`"
    ),
    ("report --sort nmae", "did you mean name? See `salvage report --help`"),
    ("export -o x -f gcdaa", "did you mean gcda? See `salvage export --help`"),
    ("env --shell csh", "did you mean sh? See `salvage env --help`"),
    (
      "run --apend -- true",
      "salvage: unknown option --apend (did you mean --append?); a command of that name comes after --"
    ),
    (
      "watch --restrat -- true",
      "salvage: unknown option --restrat (did you mean --restart?); a command of that name comes after --"
    ),
    ("watch", "salvage: which command? salvage watch -- CMD…; see `salvage watch --help`"),
    ("doctor --jsn", "salvage: unknown option --jsn (did you mean --json?)"),
    ("run", "salvage: which command? salvage run -- CMD…; see `salvage run --help`"),
    ("show", "salvage: missing expected argument '<file>'; see `salvage show --help`"),
    ("diff a", "salvage: missing expected argument '<after>'; see `salvage diff --help`"),
    ("collect x y", "salvage: unexpected argument 'y'; see `salvage collect --help`"),
    ("patch --base", "salvage: missing value for '--base <base>'; see `salvage patch --help`"),
    ("report -q -v", "salvage: --quiet and --verbose: one of them; see `salvage report --help`"),
    ("report --build xyz", "--build xyz: newest, all, or 4 hexadecimal digits or more"),
    ("uncovered --limit 0", "--limit 0: a number from 1 on; see `salvage uncovered --help`"),
  ]) func wrongCommandLines(_ words: String, _ message: String) async throws {
    let shell = try Shell()
    let result = try await shell.run("$S \(words); echo $?")
    #expect(
      result.output == (words.hasPrefix("run") || words.hasPrefix("watch") ? "125\n" : "64\n"),
      "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    await shell.remove()
  }

  /// What can't be written is told, help and versions too.
  @Test(arguments: [
    "--help", "--version", "help", "", "report --help", "help run", "run --help", "doctor --help",
    "--generate-completion-script bash", "watch --help",
  ]) func helpThatCannotBeWritten(_ words: String) async throws {
    let shell = try Shell()
    let result = try await shell.run(
      "$S \(words) >/dev/full; echo $?; $S \(words) | wc -c; (exec >&-; $S \(words)); echo $?")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3 && lines[0] == "1" && lines[1] != "0" && lines[2] == "1", "\(lines)")
    #expect(result.errors.contains("salvage: cannot write stdout: No space left on device"))
    await shell.remove()
  }

  /// `env` replaces nothing unless it is told to, and says so.
  @Test func envSpeaksOfAdding() async throws {
    let shell = try Shell()
    let help = try await shell.run("$S env --help")
    #expect(!help.output.contains("replacing"), "\(help.output)")
    #expect(help.output.contains("Add to the recording that is there"), "\(help.output)")
    let both = try await shell.run(
      "$S env --append --fresh; echo $?; $S env --append -o r >/dev/null; echo $?")
    #expect(both.output == "64\n0\n")
    await shell.remove()
  }

  @Test func missingDiff() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      "$S run -q -o r -- true; $S patch -r r --diff-file nowhere; echo $?")
    #expect(result.output == "1\n")
    #expect(result.errors == "salvage: cannot read nowhere: No such file or directory\n")
    await shell.remove()
  }

  /// A folder of tools that was named is told where it is of no use, and fails the report where it was needed.
  @Test func unusableTools() async throws {
    let shell = try Shell()
    let built = try await shell.run(
      """
      command -v gcc clang >/dev/null || exit 9
      echo 'int main(void) { return 0; }' > a.c; gcc --coverage a.c -o a
      clang -g -fsanitize-coverage=inline-8bit-counters,pc-table a.c -o s || exit 9
      $S run -q -o r -- ./a; $S run -q -o both -- sh -c './a; ./s'; mkdir none
      """)
    guard built.status == .exited(0) else {
      print("skipped: no gcc and clang: \(built.errors)")
      return await shell.remove()
    }
    let spare = try await shell.run("$S report r -f total --llvm-bin none; echo $?")
    #expect(spare.output == "100.00\n0\n", "\(spare.errors)")
    #expect(
      spare.errors
        == "salvage: --llvm-bin none: there is no llvm-cov, llvm-profdata, llvm-symbolizer; nothing here needed it\n"
    )
    for command in ["report both -f total", "uncovered -r both", "show a.c -r both"] {
      let needed = try await shell.run("$S \(command) --llvm-bin none >/dev/null; echo $?")
      #expect(needed.output == "1\n", "\(command): \(needed.errors)")
      #expect(
        needed.errors.contains("not in the report: ")
          && needed.errors.contains("/s: needs llvm-symbolizer"), "\(needed.errors)")
    }
    await shell.remove()
  }

  @Test func cleanOfARecordingInUse() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      """
      mkfifo started end
      $S run -q -o r -- sh -c 'echo > started; read line < end' & run=$!
      read line < started
      $S clean r; echo $?; $S env --fresh -o r; echo $?; echo > end; wait $run; $S clean r
      """)
    #expect(result.output == "1\n1\nremoved r\n", "\(result.errors)")
    #expect(result.errors.contains(": wait until it ends, or end it"), "\(result.errors)")
    #expect(result.errors.contains("add to it (without --fresh)"), "\(result.errors)")
    await shell.remove()
  }
}
