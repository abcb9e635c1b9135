import Testing

/// Signals and job control around `salvage run`: each reaches the command once, or not at all.
@Suite(.serialized) struct SignalTests {
  /// Starts a command that counts signals, in a process group of its own; `$salvage` is salvage's pid and
  /// `$cmd` the command's.
  private static let start = """
    cat > counter <<'C'
    exec {idle}<> <(:)
    for s in HUP INT QUIT TERM USR1 USR2 CONT WINCH; do trap "echo $s >> got" $s; done
    echo $$ > pid
    # Without its directory the test is over.
    until [ -e end ] || [ ! -e counter ]; do read -rt 0.02 -u $idle; done
    exit 7
    C
    # Job control: a group of its own that is not orphaned, and INT and QUIT are not ignored.
    set -m
    bash -c 'echo $$ > leader; exec $S run -q -- bash ./counter' &
    job=$!
    # A shell with job control leaves its loops when a job of it is stopped (bash 5.2).
    set +m
    until_true test -s pid
    salvage=$(cat leader) cmd=$(cat pid)

    """
  private static let finish = """

    touch end; wait $job; echo "status $?"; sort got 2>/dev/null | uniq -c | tr -s ' '
    """

  @Test(arguments: ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"])
  func sentToSalvageAloneGoesOn(_ signal: String) async throws {
    let shell = try Shell()
    let result = try await shell.run(
      Self.start + "kill -\(signal) $salvage; until_true grep -q \(signal) got" + Self.finish)
    #expect(result.output == "status 7\n 1 \(signal)\n", "\(result.errors)")
    await shell.remove()
  }

  /// Twice in turn: the second is told from the first.
  @Test(arguments: ["HUP", "INT", "TERM", "USR1", "WINCH"])
  func sentToTheGroupComesOnce(_ signal: String) async throws {
    let shell = try Shell()
    let result = try await shell.run(
      Self.start + """
        kill -\(signal) -- -$salvage; until_true grep -q \(signal) got
        kill -\(signal) -- -$salvage
        until_true eval '[[ $(grep -c \(signal) got) -ge 2 ]]'
        # What is forwarded comes behind this, if anything is.
        kill -USR2 $salvage; until_true grep -q USR2 got
        """ + Self.finish)
    #expect(result.output == "status 7\n 2 \(signal)\n 1 USR2\n".sortedLines, "\(result.errors)")
    await shell.remove()
  }

  @Test func alternatingSendersAreTold() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      Self.start + """
        # Salvage's helper is another one for each signal of the group: from then on the next is told.
        helper() { for c in $(child_of $salvage); do [[ $c == $cmd ]] || echo $c; done; }
        is_another() { local now=$(helper); [[ -n $now && $now != *$1* ]]; }
        for n in 1 2 3; do
          old=$(helper)
          kill -USR1 -- -$salvage; until_true eval "[[ \\$(grep -c USR1 got) -ge $((2 * n - 1)) ]]"
          until_true is_another $old
          kill -USR1 $salvage; until_true eval "[[ \\$(grep -c USR1 got) -ge $((2 * n)) ]]"
        done
        """ + Self.finish)
    #expect(result.output == "status 7\n 6 USR1\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func aStopOfTheGroupStopsBoth() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      Self.start + """
        kill -TSTP -- -$salvage
        until_true is_state $cmd T && until_true is_state $salvage T && echo both stopped
        kill -CONT -- -$salvage
        until_true is_state $cmd S && until_true is_state $salvage S && echo both run
        until_true grep -q CONT got
        """ + Self.finish)
    #expect(result.output == "both stopped\nboth run\nstatus 7\n 1 CONT\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func aStopOfSalvageAloneStopsTheCommandToo() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      Self.start + """
        kill -TSTP $salvage
        until_true is_state $cmd T && until_true is_state $salvage T && echo both stopped
        kill -CONT $salvage
        until_true grep -q CONT got && until_true is_state $salvage S && echo both run
        """ + Self.finish)
    #expect(result.output == "both stopped\nboth run\nstatus 7\n 1 CONT\n", "\(result.errors)")
    await shell.remove()
  }

  /// Somebody stops the command and continues it, and knows nothing of salvage.
  @Test func aStopOfTheCommandAloneDoesNotHang() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      Self.start + """
        kill -STOP $cmd; until_true is_state $cmd T
        kill -CONT $cmd; until_true grep -q CONT got
        """ + Self.finish)
    #expect(result.output == "status 7\n 1 CONT\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func noProcessIsLeftBehind() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      Self.start + """
        kill -KILL $salvage; wait $job 2>/dev/null
        # The helper dies with salvage; the command lives on, as below any other parent.
        until_true eval '[[ -z $(pgrep -g $salvage -x salvage) ]]' && echo gone
        kill -0 $cmd && echo command lives
        touch end
        """)
    #expect(result.output == "gone\ncommand lives\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func theFirstProcessOfANamespaceReapsAndPassesSignalsOn() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      """
      unshare -pf --mount-proc true 2>/dev/null || { echo skipped; exit 0; }
      cat > script <<'C'
      exec {idle}<> <(:)
      trap 'echo TERM; exit 8' TERM
      sh -c '(sleep 0.05; exit 0) & exit 0'
      until [ -z "$(ps -eo stat= | grep Z)" ]; do read -rt 0.02 -u $idle; done
      echo ready > ready
      while :; do read -rt 0.02 -u $idle; done
      C
      unshare -pf --mount-proc $S run -q -- bash ./script > out &
      until_true test -s ready
      kill -TERM $(child_of $!)
      wait $!; echo "status $?"; cat out
      """)
    if result.output == "skipped\n" {
      print("skipped: no pid namespaces here")
    } else {
      #expect(result.output == "status 8\nTERM\n", "\(result.errors)")
    }
    await shell.remove()
  }
}

extension String {
  /// The first line, then the others sorted as `sort` does.
  fileprivate var sortedLines: String {
    var lines = split(separator: "\n").map(String.init)
    let first = lines.removeFirst()
    lines.sort { ($0.split(separator: " ").last ?? "") < ($1.split(separator: " ").last ?? "") }
    return ([first] + lines).joined(separator: "\n") + "\n"
  }
}
