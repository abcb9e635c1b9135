import Subprocess
import Testing

/// What a command sees of `salvage run` around it: nothing but two variables.
@Suite(.serialized) struct TransparencyTests {
  /// Scripts that print what a process was given; run bare and under salvage they print the same.
  static let probes = [
    "cat >/dev/null; printf '%s|' \"$@\"",
    "cat",
    "grep -E '^Sig(Blk|Ign|Cgt)|^Shd' /proc/self/status",
    "cut -d' ' -f5,6,7 /proc/self/stat | tr -d '0123456789-' ; [ $(cut -d' ' -f5 /proc/self/stat) = $PGRP ]"
      + " && echo same group",
    "ls /proc/self/fd | wc -l",
    "umask; pwd; ulimit -a",
    "env | grep -vE '^(LD_PRELOAD|SALVAGE_RECORDING|_|SHLVL|OLDPWD)=' | sort",
    "echo to stderr >&2",
    "test -t 0; echo $?; readlink /proc/self/fd/1 | tr -d '0-9'",
  ]

  static let surroundings = [
    "", "trap '' HUP USR1 PIPE;", "trap '' CHLD;", "umask 077;", "exec 5</etc/passwd 7>&1;",
    "ulimit -n 60;",
  ]

  @Test(arguments: surroundings)
  func sameInside(_ surrounding: String) async throws {
    let shell = try Shell()
    for probe in Self.probes {
      let script = """
        cat > probe <<'P'
        \(probe)
        P
        export PGRP=$(cut -d' ' -f5 /proc/self/stat)
        \(surrounding)
        printf 'in\\377put' > in; PREFIX sh ./probe a '' 'b c' $'\\377\\001' < in
        """
      let bare = try await shell.run(script.replacing("PREFIX", with: ""))
      let under = try await shell.run(script.replacing("PREFIX", with: "$S run -q --"))
      #expect(under.output == bare.output, "\(probe)")
      #expect(under.errors == bare.errors, "\(probe)")
      #expect(bare.output != "" || bare.errors != "")
    }
    await shell.remove()
  }

  /// `--hide-environment`: not even the two variables, in a program, in what it starts, and in what that
  /// starts with an environment of its own; and all of them are on the ledger.
  @Test func hiddenEnvironment() async throws {
    let shell = try Shell()
    let script = """
      cat > probe <<'P'
      env | grep -vE '^(_|SHLVL|OLDPWD)=' | sort
      tr '\\0' '\\n' < /proc/self/environ | grep -cE '^(LD_PRELOAD|SALVAGE)'
      env -i /usr/bin/env; env A=b /bin/sh -c 'env | grep -v ^_= | sort'
      P
      PREFIX sh ./probe
      """
    let bare = try await shell.run(script.replacing("PREFIX", with: ""))
    let under = try await shell.run(
      script.replacing("PREFIX", with: "$S run -q --hide-environment -o rec --"))
    #expect(under.output == bare.output)
    #expect(under.errors == bare.errors)
    let seen = try await shell.run("$S run -q -o seen -- sh ./probe")
    #expect(seen.output != bare.output, "without the option they are to be seen")
    let lives = "$S ledger %% --json | grep -c '\"entered\" : true'"
    let hidden = try await shell.run(lives.replacing("%%", with: "rec"))
    let plain = try await shell.run(lives.replacing("%%", with: "seen"))
    #expect(hidden.output == plain.output && hidden.output != "0\n")
    await shell.remove()
  }
}

extension String {
  fileprivate func replacing(_ word: String, with other: String) -> String {
    split(separator: word, omittingEmptySubsequences: false).joined(separator: other)
  }
}
