import FoundationEssentials
import Testing

@testable import SalvageCLI

/// The commands that read, make and remove recordings.
@Suite(.serialized) struct CommandTests {
  private let shell: Shell
  init() throws { shell = try Shell() }

  @Test func onlyRecordingsAreReplaced() async throws {
    let result = try await shell.run(
      """
      mkdir mine; echo precious > mine/file
      $S run -q -o mine -- true; echo $?; cat mine/file
      $S clean mine; echo $?; cat mine/file
      mkdir empty; $S run -q -o empty -- true; echo $?
      echo kept > empty/report; $S run -q -o empty -- true; echo $?; cat empty/report
      $S clean empty; ls -A
      """)
    #expect(result.output.hasPrefix("125\nprecious\n1\nprecious\n0\n0\nkept\n"))
    #expect(result.errors.contains("mine is not a recording"))
    // Nothing is left of what was set aside.
    #expect(!result.output.contains(".old") && !result.output.contains(".new"))
    await shell.remove()
  }

  @Test func theLedgerIsFiltered() async throws {
    guard try await shell.program() != nil else { return }
    let result = try await shell.run(
      """
      $S run -q -o rec -- sh -c './p; sh -c "kill -9 \\$\\$"; true'
      $S ledger rec --deaths | grep -c SIGKILL
      $S ledger rec --deaths --with-counters | sed 's/^ *[0-9]* *//' | head -3
      $S ledger rec --with-counters | grep -cF ./p
      $S ledger rec --json --deaths --with-counters | grep -c '"beginning"'
      $S ledger rec --losses; echo $?
      """)
    #expect(
      result.output.hasPrefix("2\nPID  ENDED") && result.output.contains("live  ./p\n"),
      "\(result.output)")
    #expect(result.output.contains("\n2\n1\n") && result.output.hasSuffix("Nothing was lost.\n0\n"))
    #expect(
      result.errors.contains("no process is left by the filters; there are"), "\(result.errors)")
    await shell.remove()
  }

  @Test func wordsOfTheCommandAreItsOwn() async throws {
    let result = try await shell.run(
      """
      $S run -q -o rec echo --generate-completion-script bash --version --help -q
      """)
    #expect(
      result.output == "--generate-completion-script bash --version --help -q\n", "\(result.errors)"
    )
    #expect(result.errors.isEmpty)
    await shell.remove()
  }

  @Test func aRecordingThatIsGoneIsToldWithoutASummaryToo() async throws {
    let result = try await shell.run("$S run -q -o rec -- sh -c 'rm -r rec; exit 3'; echo $?")
    #expect(result.output == "3\n")
    #expect(result.errors.contains("rec/settings: open failed: No such file or directory"))
    await shell.remove()
  }

  @Test func oneInUseIsRefusedWithItsPids() async throws {
    let result = try await shell.run(
      """
      $S run -q -o rec -- bash -c 'echo $$ > pid; exec {idle}<> <(:); until [ -e end ]; do read -rt 0.02 -u $idle; done' &
      until_true test -s pid
      $S run -q -o rec -- true; echo $?
      $S clean rec; echo $?
      $S run -q --append -o rec -- sh -c 'exit 3'; echo $?
      $S ledger rec | grep -c running
      touch end; wait
      $S ledger --full rec | grep -c 'exit 3'
      echo "pid $(cat pid)"
      $S run -q -o rec -- true; echo $?
      """)
    let lines = result.output.split(separator: "\n")
    #expect(lines.prefix(5) == ["125", "1", "3", "1", "1"], "\(result.errors)")
    #expect(lines.last == "0")
    let pid = lines.first { $0.hasPrefix("pid ") }?.dropFirst(4) ?? "none"
    #expect(result.errors.contains("in use by process \(pid)"))
    await shell.remove()
  }

  @Test func aShellThatRecordsMustLeaveFirst() async throws {
    let result = try await shell.run(
      """
      eval "$($S env -o rec)"; $S clean rec; echo $?
      unset LD_PRELOAD SALVAGE_RECORDING; $S clean rec >/dev/null; echo $?
      """)
    #expect(result.output == "1\n0\n", "\(result.errors)")
    #expect(result.errors.contains("`unset LD_PRELOAD SALVAGE_RECORDING`"))
    await shell.remove()
  }

  @Test func aDaemonKeepsItsRecordingInUse() async throws {
    let result = try await shell.run(
      """
      $S run -q -o rec -- bash -c 'bash -c "echo \\$\\$ > pid; exec {idle}<> <(:); until [ -e end ]; do read -rt 0.02 -u $idle; done" &'
      until_true test -s pid
      $S run -q -o rec -- true; echo $?
      touch end; until_true eval '! kill -0 $(cat pid)'
      $S run -q -o rec -- true; echo $?
      """)
    #expect(result.output == "125\n0\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func manyAtOnceAddToOneRecording() async throws {
    let result = try await shell.run(
      """
      for n in 1 2 3 4 5 6; do $S run -q --append -o rec -- sh -c "exit $n" & done; wait
      $S ledger --json rec > j; grep -c '"runs"' j; grep -c '"end" : "_\\?exit"' j
      """)
    #expect(result.output == "1\n6\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func aNestedRunJoins() async throws {
    let result = try await shell.run(
      """
      $S run -q -o outer -- sh -c '$S run -q -- sh -c "exit 3"; $S run -q -o inner -- sh -c "exit 4"; exit 5'
      echo $?; ls -d .salvage 2>/dev/null
      $S ledger --full outer | grep -c -e 'exit 3' ; $S ledger --full outer | grep -c 'ended with 4\\|_\\?exit 4 '
      $S ledger --full inner | grep -c 'exit 4'
      """)
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "5", "\(result.errors)")
    #expect(lines.last != "0")
    #expect(!lines.contains(".salvage"))
    await shell.remove()
  }

  @Test func pathsWithSpacesAndColonsRecord() async throws {
    guard let program = try await shell.program() else { return }
    let result = try await shell.run(
      """
      mkdir 'a b:c;d'; cd 'a b:c;d'
      $S run -q -- \(program) && $S report -f lcov | grep -c '^SF:'
      $S clean >/dev/null; echo $?
      """)
    #expect(result.output == "1\n0\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func reportsGatesAndFilters() async throws {
    guard let program = try await shell.program() else { return }
    let result = try await shell.run(
      """
      $S run -q --report lcov=a.info --report text=- -- \(program); echo run $?
      grep -c '^SF:.*p.c' a.info
      $S report -f lcov -o b.info; cmp a.info b.info && echo same
      $S report -f json | head -c 1; echo; $S report -f llvm-json | head -c 8; echo
      $S report --fail-under 99 >/dev/null; echo gate $?
      $S report --fail-under functions=100 --fail-on-loss >/dev/null; echo gate $?
      $S report -f lcov --exclude '*p.c' | grep -c SF
      $S report -f lcov --path-map $D=here | grep SF
      $S report --fail-under many; echo usage $?
      """)
    #expect(
      result.output.contains(
        "run 0\n1\nsame\n{\n{\"data\":\ngate 2\ngate 0\n0\nSF:here/p.c\nusage 64\n"),
      "\(result.output) \(result.errors)")
    #expect(result.output.contains("p.c"))
    await shell.remove()
  }

  @Test func lossesAreToldAndFailTheGate() async throws {
    guard try await shell.program() != nil else { return }
    let result = try await shell.run(
      """
      printf 'int main(void){return 0;}' > s.c; clang -static s.c -o s || { echo skipped; exit; }
      $S run -o rec -- ./s; echo $?
      $S ledger rec | grep -c 'linked statically'
      $S report rec --fail-on-loss >/dev/null; echo $?
      $S doctor -- ./s | grep -c '^BAD.*static'
      """)
    if result.output.hasSuffix("skipped\n") {
      print("skipped: no static libc")
    } else {
      #expect(result.output == "0\n1\n2\n1\n", "\(result.errors)")
      #expect(result.errors.contains("1 loss"))
    }
    await shell.remove()
  }

  /// What keeps a program of gcc's from being reported is told before it runs.
  @Test func doctorLooksForNotes() async throws {
    let result = try await shell.run(
      """
      printf 'int main(void){return 0;}' > n.c
      gcc --coverage -c n.c -o n.o && gcc --coverage n.o -o n || { echo skipped; exit; }
      $S doctor -- ./n | grep '^ok *counters'
      printf '#include <unistd.h>\\nint main(void){return execl("/bin/true", "true", (char *)0);}' > x.c
      gcc --coverage x.c -o x; $S doctor -- ./x | grep -c '^note *exec.*-std=c17'
      gcc -std=c17 --coverage x.c -o x; $S doctor -- ./x | grep -c exec
      mv n.gcno kept; $S doctor -- ./n | grep '^BAD *counters'
      """)
    if result.output.hasSuffix("skipped\n") {
      print("skipped: doctor of gcc's program: needs gcc")
    } else {
      let lines = result.output.split(separator: "\n")
      #expect(lines.first?.hasSuffix("gcov counters of 1 compiled files") == true)
      #expect(lines.dropFirst().prefix(2) == ["1", "0"])
      #expect(lines.last?.contains("1 of 1 .gcno files are not") == true, "\(result.errors)")
    }
    await shell.remove()
  }

  /// Scripts that run and are in no report are told of: by doctor before, by the ledger afterwards.
  @Test func whatIsNotCountedIsNamed() async throws {
    let result = try await shell.run(
      """
      printf '#!/usr/bin/env -S PERL=1 perl -w\\nsystem "true"' > p; printf '#!/bin/sh\\n./p' > s; chmod +x p s
      for program in sh ./s ./p cat; do
        $S doctor -- $program | sed -n 's/^note counters: none in //p' | cut -c 1-40
      done
      $S run -q -o r -- ./s; $S ledger r | sed '1,/^Nothing/d'
      $S ledger --deaths r 2>&1 | grep -c 'Not counted'
      $S ledger --json r | sed -n '/uncounted/,$p' | grep -c '"scripts" : "Perl"'
      """)
    #expect(
      result.output == """
        /usr/bin/sh, and Salvage counts no lines
        /bin/sh, and Salvage counts no lines of\u{20}
        /usr/bin/perl, and Salvage counts no lin
        /usr/bin/cat itself; its libraries and c

        Not counted, with the number of process images:
          perl (2), p (1): Salvage counts no lines of Perl; Devel::Cover does
          dash (1): Salvage counts no lines of shell scripts; kcov does
          true (1): no counters in them
        0
        2

        """, "\(result.errors)")
    await shell.remove()
  }

  /// Images that only became another program are left out, with what they were in the place of; losses are not.
  @Test func wrappersCollapse() async throws {
    guard try await shell.program() != nil else { return }
    let result = try await shell.run(
      """
      $S run -q -o r -- env A=1 timeout 9 nice sh -c "exec ./p"
      row() { sed 's/^ *[0-9?]* *//; s/  */ /g' | sed '1d; /^$/,$d'; }
      $S ledger r | row | grep -c .
      $S ledger --collapse r | row
      $S ledger --collapse r | grep -o 'env (1)'
      $S ledger --json --collapse r | grep -c '"beginning"'
      $S ledger --json --deaths r | sed -n '/uncounted/,$p' | grep -c '/env"'
      """)
    #expect(
      result.output.hasPrefix("6\n") || result.output.hasPrefix("7\n"), "\(result.output)")
    #expect(result.output.contains("timeout 9 nice sh -c"), "\(result.output) \(result.errors)")
    #expect(!result.output.contains("= ") && !result.output.contains("env A=1"), "\(result.output)")
    #expect(result.output.contains("env (1)\n3\n1\n"), "\(result.output)")
    await shell.remove()
  }

  /// What programs of -fsanitize-coverage need: a table, our callbacks for guards, lines.
  @Test func doctorKnowsBlocks() async throws {
    guard try await shell.program() != nil else { return }
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let stub = tests.appending(path: "../CShim/Cooperate/sancov.c").path
    let result = try await shell.run(
      """
      printf 'int main(void){return 0;}' > b.c
      make() { clang -fsanitize-coverage=$1 b.c -o b $2 $3 $4; $S doctor -- ./b; }
      doctor() { make "$@" | grep -E '^[a-zA-Z]+ +(counters|lines):' | cut -c 1-38; echo --; }
      clang -c '\(stub)' -o stub.o
      $S doctor | grep -c 'symbolizer:'
      doctor inline-bool-flag,pc-table -g
      doctor inline-8bit-counters,pc-table -gline-tables-only
      doctor inline-bool-flag,pc-table -g -Wl,-s -Wl,--build-id
      doctor inline-bool-flag -g
      doctor trace-pc-guard,pc-table -g
      doctor trace-pc-guard,pc-table -g stub.o -fno-sanitize-link-runtime
      make inline-bool-flag,pc-table -g -Wl,--build-id >/dev/null
      objcopy --only-keep-debug b b.debug && strip b && $S doctor -- ./b | grep -cE '^BAD +lines'
      """)
    #expect(
      result.output == """
        1
        ok   counters: -fsanitize-coverage: fl
        --
        ok   counters: -fsanitize-coverage: 8-
        note counters: 8-bit counters are 0 af
        --
        ok   counters: -fsanitize-coverage: fl
        BAD  lines: no debug information in it
        --
        BAD  counters: The program is built wi
        --
        BAD  counters: The program is built wi
        --
        ok   counters: -fsanitize-coverage: gu
        --
        0

        """, "\(result.errors)")
    await shell.remove()
  }

  @Test func theLedgerIsJSON() async throws {
    let result = try await shell.run(
      "$S run -q -- sh -c '(kill -9 $BASHPID); (exit 3); true'; $S ledger --json")
    struct Document: Decodable {
      struct Entry: Decodable {
        var id: String
        var parent: String?
        var pid: Int
        var end: String
      }
      var version: Int
      var lives: [Entry]
    }
    let document = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8))
    #expect(document.version == 1)
    #expect(document.lives.count >= 2)
    #expect(document.lives.filter { $0.parent == nil }.count == 1)
    await shell.remove()
  }

  @Test(arguments: ["sh", "bash"])
  func environmentForShells(_ name: String) async throws {
    let result = try await shell.run(
      """
      mkdir "it's"; cd "it's"
      cat > use <<'U'
      eval "$($S env)"
      sh -c 'exit 9'
      unset LD_PRELOAD SALVAGE_RECORDING
      $S ledger | grep -c 'exit 9'
      U
      \(name) ./use
      $S env --shell fish | grep -c "^set -gx LD_PRELOAD '"
      $S env --shell json | tr -d ' \\n' | head -c 14
      """)
    #expect(result.output == "1\n1\n{\"LD_PRELOAD\":", "\(result.errors)")
    await shell.remove()
  }

  @Test(arguments: ["sh", "bash"])
  func theShellSnippet(_ name: String) async throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let result = try await shell.run(
      """
      cat > use <<'U'
      trap 'echo trapped' EXIT
      LD_PRELOAD= ; export LD_PRELOAD
      . /\(root)/scripts/salvage.sh
      salvage_begin -o rec || exit 1
      sh -c 'exit 9'; echo "status $?"
      salvage_end 2>line
      echo "[$LD_PRELOAD${SALVAGE_RECORDING-}]"; grep -c 'recorded in' line
      salvage_end 2>/dev/null || echo refused
      U
      SALVAGE=$S \(name) ./use
      """)
    #expect(result.output == "status 9\n[]\n1\nrefused\ntrapped\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func inspectNamesWhatIsBad() async throws {
    let result = try await shell.run(
      """
      $S run -q -- true; echo rubbish > bad
      $S inspect .salvage/settings .salvage/u*/ledger .salvage/runs/* | grep -c '^[^ ].*: \\(settings\\|ledger\\|run\\)$'
      $S inspect bad; echo $?
      $S inspect --json .salvage/settings | head -c 1
      """)
    #expect(result.output == "3\n1\n[", "\(result.errors)")
    #expect(result.errors.contains("bad: "))
    await shell.remove()
  }

  @Test func wordsAreQuotedForTheShell() {
    #expect(shellLine(["a", "", "b c", "it's", "-x=1"]) == #"a '' 'b c' 'it'\''s' -x=1"#)
    #expect(shortened("a\nb" + String(repeating: "x", count: 20), to: 6) == #"a\nbx…"#)
  }
}
