import Glibc

/// A program of somebody else that shows a text page by page.
enum Pager {
  /// Whether it took the text. One that cannot be started has shown nothing.
  static func show(_ text: String, through command: String) -> Bool {
    var ends: [Int32] = [-1, -1]
    guard isFound(command), pipe(&ends) == 0 else { return false }
    let (reading, writing) = (ends[0], ends[1])
    _ = fcntl(writing, F_SETFD, FD_CLOEXEC)
    // As git does it: leave a short text standing, show colours, and do not clear the screen. What is set stays.
    setenv("LESS", "FRX", 0)
    setenv("LV", "-c", 0)
    // Ctrl-C is the pager's.
    let before = [SIGINT, SIGQUIT].map { ($0, signal($0, SIG_IGN)) }
    defer { for (number, handler) in before { signal(number, handler) } }
    _ = fcntl(reading, F_SETFD, FD_CLOEXEC)
    let process = started(command, reading)
    // A short text waits in the pipe, where one can see whether anybody took it. For a long one the pager must be the only
    // reader: whoever writes would not hear that it left.
    let count = text.utf8.count
    var kept: Int32? = reading
    if count > mostInPipe || process == nil {
      close(reading)
      kept = nil
    }
    defer { if let kept { close(kept) } }
    guard let process else {
      close(writing)
      return false
    }
    write(text, to: writing)
    close(writing)
    var state: Int32 = 0
    while waitpid(process, &state, 0) == -1 && errno == EINTR {}
    let status = state >> 8 & 0xFF
    var left: Int32 = 0
    if let kept, status != 0, ioctl(kept, UInt(FIONREAD), &left) == 0, Int(left) == count { return false }
    // What a shell says of a command that it cannot run.
    return !(state & 0x7F == 0 && (status == 126 || status == 127))
  }

  /// Less than a pipe holds.
  private static let mostInPipe = 60_000

  /// A bare name that is nowhere on the path is not even tried: the shell would complain of it. What is more than a name
  /// and its flags is the shell's to understand.
  private static func isFound(_ command: String) -> Bool {
    guard command.allSatisfy({ $0.isLetter || $0.isNumber || "._+- ".contains($0) }) else { return true }
    let name = command.drop { $0 == " " }.prefix { $0 != " " }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }

  private static func started(_ command: String, _ input: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_addclose(&actions, input)
    // This process ignores some signals; the pager must not.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var usual = sigset_t()
    sigemptyset(&usual)
    for number in [SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ] { sigaddset(&usual, number) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let line: [String] = ["sh", "-c", command]
    var words = line.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var process: pid_t = 0
    return posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, environ) == 0 ? process : nil
  }

  /// Whoever has read enough leaves, which is no trouble.
  private static func write(_ text: String, to number: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...])
        let count = Glibc.write(number, rest.baseAddress, rest.count)
        if count > 0 { start += count } else if errno != EINTR { return }
      }
    }
  }
}
