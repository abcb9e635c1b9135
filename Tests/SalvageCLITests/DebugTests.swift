import Testing

/// `SALVAGE_DEBUG` names a file that every process appends its events to.
@Suite struct DebugTests {
  @Test(arguments: ["", "--private"]) func eachEventIsALine(_ option: String) async throws {
    let shell = try Shell()
    guard let program = try await shell.program() else { return }
    let result = try await shell.run(
      """
      export SALVAGE_DEBUG=$PWD/events
      $S run -q \(option) -- sh -c '"$0"; true' \(program)
      sed -E 's/^[0-9]+ [0-9]+ [0-9a-f]{16} //' events | grep -vE '^(leased|saved) [0-9]+$' | cut -d' ' -f1,2 | sort | uniq -c | tr -s ' '
      grep -cvE '^[0-9]+ [0-9]+ [0-9a-f]{16} [a-z-]+ -?[0-9]+( .*)?$' events
      """)
    // The shell enters, and starts the program, which attaches and forks a child that is killed.
    let mode = option.isEmpty ? 1 : 3
    #expect(
      result.output
        .contains(" 1 attached \(mode)\n"), "\(result.output)\(result.errors)")
    for event in [" 1 entered 0\n", "forked 1\n", " 1 starts 0\n", "ended 1\n"] {
      #expect(result.output.contains(event), "\(result.output)")
    }
    #expect(result.output.hasSuffix("\n0\n"), "\(result.output)")
    await shell.remove()
  }

  /// The variable changes nothing where the file can't be written, and no link is followed.
  @Test func aFileThatCannotBeWrittenIsNone() async throws {
    let shell = try Shell()
    let result = try await shell.run(
      """
      : > target; ln -s target link; mkfifo pipe
      for file in link pipe nothing/events relative /; do
        case $file in /*|relative) ;; *) file=$PWD/$file ;; esac
        SALVAGE_DEBUG=$file $S run -q -- sh -c 'echo out; exit 3'; echo $?
      done
      wc -c < target
      """)
    #expect(result.output == String(repeating: "out\n3\n", count: 5) + "0\n", "\(result.errors)")
    await shell.remove()
  }
}
