import Subprocess
import Testing

/// The line that says what a command is at: on a terminal alone, while it lasts. The command is held by a fifo that nobody
/// reads yet.
@Suite(.serialized) struct ProgressTests {
  private let shell: Shell
  init() throws { shell = try Shell() }

  /// `start WIDTH` runs go.sh in a terminal, `screen` prints what stands on it.
  private static let terminal = """
    command -v gcc tmux >/dev/null || exit 9
    export LC_ALL=C.UTF-8
    echo 'int main(void) { return 0; }' > a.c; gcc --coverage a.c -o a
    long=$(printf 'x%.0s' {1..130}); $S run -q -o $long -- ./a; mkfifo fifo hold
    t() { tmux -u -S $D/socket "$@"; }
    start() { t -f /dev/null new-session -d -x $1 -y 12 "bash go.sh"; }
    screen() { t capture-pane -p | grep .; }
    shows() { screen | grep -q "$1"; }
    lasts() { (($(ps -o etimes= -p $(cat pid)) >= 3)); }
    trap 't kill-server 2>/dev/null' EXIT

    """

  private func run(_ script: String) async throws -> Shell.Result? {
    let result = try await shell.run(Self.terminal + script)
    guard result.status != .exited(9) else {
      print("skipped: no gcc and tmux for progress")
      return nil
    }
    return result
  }

  @Test(arguments: [80, 120]) func aLineWhileItLasts(_ width: Int) async throws {
    let result = try await run(
      """
      echo "$S archive $long -o fifo; echo finished; read line < hold" > go.sh
      start \(width); until_true shows '^salvage: packing'
      screen | wc -l; screen | head -n 1 | tr -d '\\n' | wc -m; screen | grep -c 'xxx…$'
      cat fifo > a.archive; until_true shows finished; screen | sed 's/[0-9]* KiB/N KiB/'
      """)
    guard let result else { return }
    #expect(
      result.output == """
        1
        \(width - 3)
        1
        salvage: fifo: 1 recording, 1 process image, N KiB
        finished

        """, "\(result.errors)")
    await shell.remove()
  }

  @Test(arguments: [
    ("report REC -f lcov -o fifo", "writing lcov"), ("merge REC -o fifo", "merging"),
    ("report REC -f html=pages -f lcov=fifo", "writing lcov"),
  ]) func everyLongCommand(_ words: String, _ stage: String) async throws {
    let result = try await run(
      """
      echo "$S \(words.replacing("REC", with: "$long")) 2>&1; echo finished; read line < hold" > go.sh
      start 80; until_true shows '^salvage: \(stage)'; cat fifo > out; until_true shows finished
      screen | grep -c '\(stage)'; [ -s out ] && echo written
      """)
    guard let result else { return }
    #expect(result.output == "0\nwritten\n", "\(result.errors)")
    await shell.remove()
  }

  /// Of a large ledger, which goes to somebody who does not read it yet.
  @Test func aLedger() async throws {
    let generator = #filePath.replacing(/Tests\/SalvageCLITests.*/, with: "Benchmarks/ledgers.py")
    let result = try await run(
      """
      python3 '\(generator)' $long 3000 || exit 9
      echo "$S ledger $long | { read line < fifo; cat > out; }; echo finished; read line < hold" > go.sh
      start 80; until_true shows '^salvage: writing the ledger'; echo > fifo; until_true shows finished
      screen | grep -c writing; wc -l < out | sed 's/^3.../thousands/'
      """)
    guard let result else { return }
    #expect(result.output == "0\nthousands\n", "\(result.errors)")
    await shell.remove()
  }

  /// A terminal that cannot erase, --quiet, and what is no terminal.
  @Test(arguments: ["TERM=dumb $S archive REC", "$S archive REC -q", "$S archive REC 2>err"])
  func noLine(_ command: String) async throws {
    let words = command.replacing("REC", with: "$long -o fifo")
    let result = try await run(
      """
      echo "\(words) & echo \\$! > pid; wait; echo finished; read line < hold" > go.sh
      touch err; start 80; until_true lasts; screen; cat err; cat fifo > out; until_true shows finished
      cat -v err | grep -c '\\^'; screen | grep -c packing
      """)
    guard let result else { return }
    #expect(result.output == "0\n0\n", "\(result.errors)")
    await shell.remove()
  }

  /// What a signal ends leaves no half line.
  @Test func interrupted() async throws {
    let result = try await run(
      """
      echo "trap : INT; $S archive $long -o fifo; echo; echo end \\$?; read line < hold" > go.sh
      start 80; until_true shows '^salvage: packing'; t send-keys C-c; until_true shows '^end'
      screen | grep -c packing
      """)
    guard let result else { return }
    #expect(result.output == "0\n", "\(result.errors)")
    await shell.remove()
  }

  @Test func quietAndVerbose() async throws {
    let result = try await run(
      """
      $S report $long -v -f html=pages -f lcov=a.info 2>&1 | sed 's/[0-9]*\\.[0-9][0-9] s$/N s/'
      $S report $long -q -f total 2>&1; $S archive $long -q -o a.archive 2>&1
      echo 'quiet = true' > .salvage.toml; $S archive $long -o b.archive 2>&1
      $S archive $long -v -o b.archive 2>&1 | grep -c ' s$'
      """)
    guard let result else { return }
    #expect(
      result.output == """
        salvage: reading the recording: N s
        salvage: reading what programs say of their sources: N s
        salvage: adding up: N s
        salvage: writing html: N s
        salvage: writing lcov: N s
        100.00
        1

        """, "\(result.errors)")
    await shell.remove()
  }
}
