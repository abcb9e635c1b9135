import Subprocess
import Testing

/// `salvage watch`: what makes it run again, what it tells, how it ends. All by events: each step waits for the line that
/// says that it waits for a change.
@Suite(.serialized) struct WatchTests {
  private let shell: Shell
  init() throws { shell = try Shell() }

  /// A project of make with one source, and words of the tests:
  /// `begin OPTIONS…` starts watch; `waits N` awaits its Nth waiting; `finish` ends it and prints what it printed.
  private static let project = """
    command -v gcc make >/dev/null || exit 9
    cat > a.c <<'C'
    #include <stdio.h>
    int twice(int x) {
      if (x > 5)
        return 0;
      return 2 * x;
    }
    int main(void) {
      printf("%d\\n", twice(2));
      return 0;
    }
    C
    printf 'all: a\\n\\t./a > result\\na: a.c\\n\\tgcc --coverage -o a a.c\\n' > Makefile
    # The shell in the background opens the files at its own time: what an earlier watch wrote must not be read.
    begin() { : >out; : >err; $S watch "$@" >out 2>err & watch=$!; }
    lines() { (($(grep -c "$1" err) >= $2)); }
    waits() { until_true lines 'waiting for a change' $1 || { cat out err >&2; kill -9 $watch; exit 1; }; }
    runs() { echo "$(grep -c 'recorded in' err) runs"; }
    finish() { kill -TERM $watch; wait $watch; echo "end $?"; }
    # As vim and others save: another file takes the name.
    save() { cat > .a.new; mv .a.new a.c; }

    """

  private func run(_ script: String) async throws -> Shell.Result? {
    let result = try await shell.run(Self.project + script)
    guard result.status != .exited(9) else {
      print("skipped: no gcc and make for watch")
      return nil
    }
    return result
  }

  @Test func editsOfASource() async throws {
    let result = try await run(
      """
      begin -- make -s; waits 1
      sed 's/twice(2)/twice(7)/' a.c | save; waits 2; echo '== in place'
      { echo '// moved'; cat a.c; } > b; cat b > a.c; waits 3; echo '== new lines'
      echo 'int unused(void) { return 1; }' >> a.c; waits 4; echo '== not a change'
      cat a.c >/dev/null; chmod 600 a.c; : > elsewhere; touch a.c; waits 5
      finish; cat out; runs; grep -c $'\\033' out err
      """)
    guard let result else { return }
    #expect(
      result.output == """
        == in place
        == new lines
        == not a change
        end 143
        lines: 85.71 % of 7 in 1 file
        - a.c:5  no longer run
        + a.c:4,8  run now
        lines: 85.71 % before, 85.71 % after
        the same lines run
        lines: 85.71 % before, 85.71 % after
        ! a.c:12  new, and not run
        lines: 85.71 % before, 75.00 % after
        the same lines run
        lines: 75.00 % before, 75.00 % after
        5 runs
        out:0
        err:0

        """, "\(result.errors)")
    await shell.remove()
  }

  /// A build that fails tells nothing of the coverage: the next one is compared with the last that worked. A source
  /// that is away comes back.
  @Test func compileErrorsAndDeletedFiles() async throws {
    let result = try await run(
      """
      cp a.c good; begin -- make -s; waits 1
      { cat good; echo 'syntax error'; } | save; waits 2
      rm a.c; waits 3
      mkdir moved; mv Makefile moved; mv moved/Makefile .
      sed 's/twice(2)/twice(7)/' good | save; waits 4
      finish; cat out; grep -E 'ended with|nothing was|away' err
      """)
    guard let result else { return }
    #expect(
      result.output == """
        end 143
        lines: 85.71 % of 7 in 1 file
        - a.c:5  no longer run
        + a.c:4,8  run now
        lines: 85.71 % before, 85.71 % after
        salvage: the command ended with 2
        salvage: nothing was counted in this run
        salvage: the command ended with 2
        salvage: nothing was counted in this run

        """, "\(result.errors)")
    await shell.remove()
  }

  /// Output of the build in a folder that is watched: ignored where git ignores it, else found out; and a change between
  /// two runs counts all the same.
  @Test func outputsInTheWatchedFolder() async throws {
    let result = try await run(
      """
      mkdir src build; mv a.c src
      cat > Makefile <<'M'
      all:
      \tgcc --coverage -o build/a src/a.c
      \techo "// $$RANDOM$$RANDOM$$$$" > src/stamp.h
      \t./build/a > build/result
      M
      begin --watch src -- make -s SHELL=/bin/bash; waits 1
      sed -i 's/twice(2)/twice(7)/' src/a.c; waits 2
      grep -c 'src/stamp.h changed: running again' err; grep -c 'the command itself seems to write it' err
      echo "// mine" > src/stamp.h; waits 3
      grep -c 'src/stamp.h changed: running again' err; runs; finish
      """)
    guard let result else { return }
    #expect(result.output == "2\n1\n3\n5 runs\nend 143\n", "\(result.errors)")
    let ignored = try await run(
      """
      rm -rf src build .git; command -v git >/dev/null || exit 9
      git init -q . 2>/dev/null; printf '/build/\\nresult\\n/a\\n*.gcno\\nout\\nerr\\n' > .gitignore; mkdir build
      printf 'all: a\\n\\t./a > result\\n\\techo $$$$ > build/pid\\na: a.c\\n\\tgcc --coverage -o a a.c\\n' > Makefile
      begin --watch . -- make -s; waits 1; runs
      echo '# more' >> Makefile; waits 2; echo 1 > build/other
      mkdir tests; echo new > tests/case; waits 3; echo other > tests/case; waits 4; runs; finish
      """)
    #expect(ignored?.output == "1 runs\n4 runs\nend 143\n", "\(ignored?.errors ?? "")")
    await shell.remove()
  }

  /// Hundreds of files at once are one change or a few, and a pattern takes what fits alone.
  @Test func manyChangesAtOnce() async throws {
    let result = try await run(
      """
      mkdir -p new cases/deep; for i in {1..300}; do echo $i > new/$i.txt; done
      begin --watch 'cases/**/*.txt' -- make -s; waits 1
      mv new/*.txt cases/deep; waits 2
      echo none > cases/deep/x.log; echo one > cases/deep/1.txt
      until_true grep -q '^salvage: cases/deep/1.txt changed' err
      grep -c 'x.log' err; (($(grep -c 'running again' err) < 10)) && echo few; finish
      """)
    guard let result else { return }
    #expect(result.output == "0\nfew\nend 143\n", "\(result.errors)")
    await shell.remove()
  }

  /// A change during a run: the run goes to its end and another one begins; with --restart it is ended.
  @Test func changesDuringARun() async throws {
    let script = """
      mkfifo started go
      cat > test.sh <<'E'
      make -s
      echo > started
      [ -e last ] || read line < go
      E
      """
    let result = try await run(
      script + """

        begin -- sh test.sh; read line < started
        sed 's/twice(2)/twice(7)/' a.c | save; : > last; echo > go
        read line < started; waits 1
        grep -c 'a.c changed: running again' err; runs; finish; cat out
        rm last; cat a.c > b; mkfifo ready
        begin --restart -- sh -c 'trap "echo got > ready; exit 0" TERM; sh test.sh & wait'; read line < started
        sed 's/twice(7)/twice(8)/' a.c | save; : > last; read line < ready; echo "$line"
        read line < started; waits 1; finish
        """)
    guard let result else { return }
    #expect(
      result.output == """
        1
        2 runs
        end 143
        lines: 85.71 % of 7 in 1 file
        - a.c:5  no longer run
        + a.c:4  run now
        lines: 85.71 % before, 85.71 % after
        got
        end 143

        """, "\(result.errors)")
    await shell.remove()
  }

  /// The terminal's Ctrl-C reaches the command and ends both; what is sent to salvage alone goes to the command.
  @Test func endings() async throws {
    let result = try await run(
      """
      mkfifo started
      cat > test.sh <<'E'
      trap 'echo interrupted; kill $!; exit 3' INT
      trap 'echo terminated; kill $!; exit 4' TERM
      exec 3<>idle; cat <&3 &
      echo > started; wait
      E
      mkfifo idle
      for name in INT TERM; do
        set -m; $S watch -- bash test.sh >out 2>err & watch=$!; set +m
        read line < started
        if [ $name = INT ]; then kill -INT -- -$watch; else kill -TERM $watch; fi
        wait $watch; echo "end $?"; cat out
      done
      grep -c waiting err
      $S watch -- ./nowhere; echo $?; $S watch -- ./Makefile; echo $?
      $S run -q -- $S watch -- true; echo $?
      """)
    guard let result else { return }
    #expect(
      result.output
        == "end 130\ninterrupted\nend 143\nterminated\n0\n127\n126\n125\n", "\(result.errors)")
    await shell.remove()
  }

  /// Where the system lets nobody listen, files are looked at.
  @Test func withoutInotify() async throws {
    let result = try await run(
      """
      inside() { echo 0 > /proc/sys/user/max_inotify_watches && exec $S watch -- make -s; }
      export -f inside; export S
      unshare -Ur bash -c 'echo 0 > /proc/sys/user/max_inotify_watches' 2>/dev/null || exit 9
      unshare -Ur bash -c inside >out 2>err & watch=$!
      waits 1; grep -c 'files are looked at once a second' err
      sed 's/twice(2)/twice(7)/' a.c | save; waits 2; finish; tail -n 1 out
      """)
    #expect(
      result == nil
        || result?.output == "1\nend 143\nlines: 85.71 % before, 85.71 % after\n",
      "\(result?.output ?? "") \(result?.errors ?? "")")
    await shell.remove()
  }

  /// What the configuration says of runs and reports is what each run does; a report is written after each.
  @Test func optionsOfTheRuns() async throws {
    let result = try await run(
      """
      cat > .salvage.toml <<'T'
      recording = "out.salvage"
      [run]
      append = true
      [watch]
      quiet = true
      watch = ["Makefile"]
      T
      begin --report total=total.txt --fail-under-lines 99 -- make -s
      until_true [ -s out ]; cat total.txt
      { echo '# more'; cat Makefile; } > m; mv m Makefile
      until_true eval '(($(wc -l < out) == 3))'; ls -d out.salvage; cat err; finish
      $S ledger out.salvage --json | grep -c '"program" : ".*/a"'
      """)
    guard let result else { return }
    #expect(
      result.output.hasPrefix("85.71\nout.salvage\n") && result.output.hasSuffix("end 143\n1\n"),
      "\(result.output)")
    #expect(result.output.contains("salvage: lines: 85.71 %, 99.00 % needed"), "\(result.output)")
    #expect(!result.output.contains("waiting"))
    await shell.remove()
  }
}
