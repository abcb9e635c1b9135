import Subprocess
import Testing

/// What the command writes: files as their owner made them, and nothing that controls a terminal.
@Suite(.serialized) struct OutputTests {
  private let shell: Shell
  init() throws { shell = try Shell() }

  /// One writer for `report -o`, `run --report` and `export`.
  @Test func filesKeepTheirModeAndNewOnesObeyTheUmask() async throws {
    guard let program = try await shell.program() else { return }
    let result = try await shell.run(
      """
      umask 027
      before=$(stat -c '%a %i' /dev/null)
      install -m 600 /dev/null old.info; ln -s old.info link.info; install -m 604 /dev/null run.info
      $S run -q --report lcov=run.info --report lcov=/dev/null -- \(program)
      $S report -f lcov -o link.info; $S report -f lcov -o new.info; $S report -f lcov -o /dev/null
      mkfifo fifo; cat fifo > read.info & $S report -f lcov -o fifo; wait $!
      $S report -f lcov -o - > dash.info; $S report -f lcov -o /dev/stdout | cat > stdout.info
      ls -- -* 2>/dev/null
      stat -c '%a %F' old.info link.info new.info run.info fifo
      [ "$before" = "$(stat -c '%a %i' /dev/null)" ] && echo device stays
      for f in link.info new.info run.info read.info dash.info stdout.info; do
        cmp $f old.info || echo $f differs; done
      [ -s old.info ] && echo full
      $S export --format profraw -o tree; stat -c %a tree tree/*
      ls -A | grep -c '\\.new$'
      """)
    #expect(
      result.output == """
        600 regular file
        777 symbolic link
        640 regular file
        604 regular file
        640 fifo
        device stays
        full
        750
        640
        0

        """, "\(result.errors)")
    await shell.remove()
  }

  /// As other commands have them: where they are asked for, and on terminals.
  @Test func coloursOfADiff() async throws {
    let result = try await shell.run(
      """
      command -v gcc >/dev/null || exit 9
      printf 'int main(int n, char **v) {\\n  if (n > 1)\\n    return !v;\\n  return 0;\\n}\\n' > a.c
      gcc --coverage a.c -o a; $S run -q -o one -- ./a; $S run -q -o two -- ./a more
      $S diff one two --color always | cat -v; NO_COLOR= FORCE_COLOR=1 $S diff one two | grep -c $'\\e'
      $S diff one two | grep -c $'\\e'; NO_COLOR= FORCE_COLOR=1 $S diff one two --color never | grep -c $'\\e'
      """)
    if result.status == .exited(9) { return print("skipped: no gcc for the colours of a diff") }
    #expect(
      result.output == """
        ^[[31m- a.c:4  no longer run^[[0m
        ^[[32m+ a.c:3  run now^[[0m
        lines: 75.00 % before, 75.00 % after
        2
        0
        0

        """, "\(result.errors)")
    await shell.remove()
  }

  /// A wrong path costs no run: it is told before the command starts.
  @Test func aReportThatCannotBeWrittenStopsTheRun() async throws {
    let result = try await shell.run(
      "$S run -q --report lcov=none/a.info -- touch ran; echo $?; ls ran 2>/dev/null")
    #expect(result.output == "125\n")
    #expect(result.errors == "salvage: cannot write none/a.info: No such file or directory\n")
    await shell.remove()
  }

  /// Names and arguments of programs are data: no byte of them reaches the terminal as a control.
  @Test func namesControlNoTerminal() async throws {
    guard let program = try await shell.program() else { return }
    let result = try await shell.run(
      """
      name=$'x\\e]0;owned\\a\\n\\xc2\\x9b31mFORGED ROW'
      cp \(program) "$name"
      $S run -o rec -- "./$name" $'\\e[2J' $'\\xc2\\x9b2J' $'two\\nlines' 2>summary
      $S run -q --append -o rec -- sh -c 'kill -9 $$' "$name" 2>>summary
      for command in "ledger rec" "ledger --full rec" "ledger --json rec" "report rec" \\
          "inspect rec/settings rec/u*/ledger" "doctor -o $name -- ./$name" "report ./$name" \\
          "inspect $name" "export -f profraw rec -o $name/x"; do
        IFS=' ' read -ra words <<< "${command//$'\\n'/@}"
        for i in "${!words[@]}"; do words[i]=${words[i]//@/$'\\n'}; done
        $S "${words[@]}" >>out 2>>summary
      done
      LC_ALL=C grep -c $'[\\x01-\\x09\\x0b-\\x1f\\x7f]' out summary
      LC_ALL=C grep -c $'\\xc2[\\x80-\\x9f]' out summary
      grep -c '^FORGED\\|^31mFORGED' out summary
      grep -c FORGED out; grep -c FORGED summary
      """)
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(6) == ["out:0", "summary:0", "out:0", "summary:0", "out:0", "summary:0"],
      "\(result.output)\(result.errors)")
    // They are shown, though.
    #expect(lines.count == 8 && lines.dropFirst(6).allSatisfy { $0 != "0" }, "\(result.output)")
    await shell.remove()
  }

  /// A closed stdout is an error, and no other file is taken for it.
  @Test func aClosedStdoutIsTold() async throws {
    let result = try await shell.run(
      """
      $S run -q -o rec -- true; $S ledger rec >&-; echo $?; $S ledger rec 2>&- >/dev/null; echo $?
      $S ledger rec <&- >/dev/null; echo $?
      # No pipe: its ends would be what is free, 0 and 2.
      $S run -q -o rec -- sh -c 'for n in 0 1 2; do [ ! -e /proc/$$/fd/$n ] || echo $n; done' 2>&- <&-
      """)
    #expect(result.output == "1\n0\n0\n1\n", "\(result.errors)")
    #expect(result.errors == "salvage: cannot write stdout: Bad file descriptor\n")
    await shell.remove()
  }

  /// Where no thread can be had, that is said; libdispatch alone would try for ever.
  @Test func noThreadsAreTold() async throws {
    let result = try await shell.run(
      """
      $S run -q -o rec -- true
      low=50000 high=2000000
      while [ $((high - low)) -gt 500 ]; do
        middle=$(((low + high) / 2))
        if (ulimit -v $middle; $S --version) >/dev/null 2>&1; then high=$middle; else low=$middle; fi
      done
      (ulimit -v $((high + 2000)); timeout 600 $S ledger rec); echo $?
      """)
    #expect(result.output == "1\n", "\(result.errors)")
    #expect(result.errors.contains("raise the limits of address space and processes"))
    await shell.remove()
  }
}
