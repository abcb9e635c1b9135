import Glibc
package import SystemPackage

/// Starts a program as a shell would: found along PATH, in our own process group, with the signal
/// dispositions that this process has.
package struct Launch: Sendable {
  /// The command as it was given, any bytes.
  package var arguments: [[UInt8]]
  package var environment: EnvironmentBlock
  /// Where it starts; nil: here.
  package var directory: FilePath?
  /// Its signal mask, where that is not ours: bit n-1 is signal n.
  package var blockedSignals: UInt64?
  /// Its stdout; nil: ours. Its stderr is then /dev/null.
  package var output: Int32?
  /// Past the functions of a library that was preloaded into this process.
  package var pastHooks = false

  package init(arguments: [[UInt8]], environment: EnvironmentBlock) {
    self.arguments = arguments
    self.environment = environment
  }

  /// A program that was found.
  package struct Program: Sendable, Hashable {
    package var path: [UInt8]
    package var filePath: FilePath { FilePath(String(decoding: path, as: UTF8.self)) }
  }

  /// The files that execvp(3) would try, in its order.
  package func candidates() -> [Program] {
    guard let name = arguments.first, !name.isEmpty else { return [] }
    let slash = UInt8(ascii: "/")
    if name.contains(slash) { return [Program(path: name)] }
    let path = Array((environment["PATH"] ?? "/bin:/usr/bin").utf8)
    return path.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
      // An empty entry is the current directory.
      Program(path: $0.isEmpty ? name : Array($0) + [slash] + name)
    }
  }

  /// The first candidate that can be executed.
  package func find() throws(SalvageError) -> Program {
    var refused: Int32?
    for program in candidates() {
      let code = Self.access(program)
      if code == 0 { return program }
      if code != ENOENT && code != ENOTDIR { refused = refused ?? code }
    }
    throw missing(refused)
  }

  private func missing(_ refused: Int32?) -> SalvageError {
    let name = String(decoding: arguments.first ?? [], as: UTF8.self)
    if let refused { return .notExecutable(name, Errno(rawValue: refused)) }
    return .commandNotFound(name)
  }

  private static func access(_ program: Program) -> Int32 {
    var status = stat()
    let path = program.path.map { CChar(bitPattern: $0) } + [0]
    guard stat(path, &status) == 0 else { return errno }
    guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
    return faccessat(AT_FDCWD, path, X_OK, Int32(AT_EACCESS)) == 0 ? 0 : errno
  }

  /// Starts it. Returns its pid and the file that runs.
  package func start() throws(SalvageError) -> (pid: Int32, program: Program) {
    var refused: Int32?
    for program in candidates() {
      var pid: pid_t = 0
      var code = Self.access(program)
      if code == 0 { code = spawn(program, arguments, &pid) }
      if code == 0 { return (pid, program) }
      if code == ENOEXEC {
        // A script without `#!`: execvp(3) gives it to the shell.
        let shell = Program(path: Array("/bin/sh".utf8))
        let line = [shell.path, program.path] + arguments.dropFirst()
        code = spawn(shell, line, &pid)
        if code == 0 { return (pid, program) }
      }
      if code != ENOENT && code != ENOTDIR { refused = refused ?? code }
    }
    throw missing(refused)
  }

  private typealias Spawn =
    @convention(c) (
      UnsafeMutablePointer<pid_t>, UnsafePointer<CChar>,
      UnsafePointer<posix_spawn_file_actions_t>?, UnsafePointer<posix_spawnattr_t>?,
      UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>
    ) -> Int32

  /// One posix_spawn without attributes but the mask, where that must be put back.
  private func spawn(_ program: Program, _ line: [[UInt8]], _ pid: inout pid_t) -> Int32 {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var useAttributes = false
    if let blockedSignals {
      var mask = sigset_t(bits: blockedSignals)
      posix_spawnattr_setsigmask(&attributes, &mask)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
      useAttributes = true
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let directory {
      guard let change = Self.addChangeOfDirectory else { return ENOSYS }
      let code = directory.withPlatformString { change(&actions, $0) }
      if code != 0 { return code }
    }
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    }
    let path = program.path.map { CChar(bitPattern: $0) } + [0]
    return withCStrings(line) { argv in
      withCStrings(environment.entries) { envp in
        let real = pastHooks ? Self.libcSpawn : nil
        return withUnsafePointer(to: &attributes) { attributes in
          withUnsafePointer(to: &actions) { actions in
            let actions = directory == nil && output == nil ? nil : actions
            let attributes = useAttributes ? attributes : nil
            if let real { return real(&pid, path, actions, attributes, argv, envp) }
            return posix_spawn(&pid, path, actions, attributes, argv, envp)
          }
        }
      }
    }
  }

  /// glibc 2.29 and later.
  private static var addChangeOfDirectory: AddChange? {
    dlsym(nil, "posix_spawn_file_actions_addchdir_np").map { unsafeBitCast($0, to: AddChange.self) }
  }

  private typealias AddChange =
    @convention(c) (
      UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>
    ) -> Int32

  /// libc's own posix_spawn, whatever stands in front of it.
  private static var libcSpawn: Spawn? {
    guard let libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD),
      let symbol = dlsym(libc, "posix_spawn")
    else { return nil }
    return unsafeBitCast(symbol, to: Spawn.self)
  }
}

/// Calls `body` with a null-terminated array of C strings.
private func withCStrings<R>(
  _ strings: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { string in
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
    for (index, byte) in string.enumerated() { copy[index] = CChar(bitPattern: byte) }
    copy[string.count] = 0
    return copy
  }
  pointers.append(nil)
  defer { for pointer in pointers { pointer?.deallocate() } }
  return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}

extension sigset_t {
  /// The set of the signals n whose bit n-1 is set.
  init(bits: UInt64) {
    self.init()
    sigemptyset(&self)
    for signal in Int32(1)...64 where bits >> UInt64(signal - 1) & 1 != 0 {
      sigaddset(&self, signal)
    }
  }
}
