import Glibc
import Synchronization

/// Where handlers of signals write: they may do nothing else.
private let bell = Atomic<Int32>(-1)

/// The terminal of this process, with its alternate screen.
///
/// Keys come one by one and unseen, and Ctrl-C stays a signal. Whatever ends or stops the command gives the terminal back
/// first: its modes, its cursor, and its normal screen with the last picture on it.
final class TerminalScreen: Screen {
  private struct State {
    /// Those that the terminal is given back with.
    var modes: termios?
    var isTaken = false
    var hearsKeys: Bool
    var events: [ScreenEvent] = []
    var picture: [String] = []
  }

  private let state: Mutex<State>
  private let ears: Int32
  private let gone = Atomic(false)

  private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
  private static let news: UInt8 = 0

  /// Nil where standard output is no terminal, or the machine gives no pipe.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard isatty(STDOUT_FILENO) == 1, pipe(&ends) == 0 else { return nil }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    ears = ends[0]
    state = Mutex(State(hearsKeys: isatty(STDIN_FILENO) == 1))
    bell.store(ends[1], ordering: .relaxed)
    for number in Self.ending + [SIGTSTP, SIGCONT, SIGWINCH] { Self.listen(number) }
  }

  /// Who started the command may have made it deaf to a signal, and that stays so.
  private static func listen(_ number: Int32) {
    let before = signal(number) { number in
      let kept = errno
      var byte = UInt8(truncatingIfNeeded: number)
      _ = Glibc.write(bell.load(ordering: .relaxed), &byte, 1)
      errno = kept
    }
    if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
  }

  var isGone: Bool { gone.load(ordering: .relaxed) }

  var size: ScreenSize {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return ScreenSize(columns: 80, rows: 24)
    }
    return ScreenSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  // MARK: Drawing

  /// Where a line fills its last row, the cursor still stands on that row's last character: erasing would take it.
  func draw(_ lines: [String]) {
    state.withLock { state in
      state.picture = lines
      guard take(&state) else { return }
      let columns = size.columns
      let rows = lines.map { line in
        let wide = Terminal.columns(of: line)
        return line + (wide > 0 && wide % columns == 0 ? "" : "\u{1B}[K")
      }
      // A terminal that knows the first and the last of these shows the picture all at once; others pass them over.
      write("\u{1B}[?2026h\u{1B}[H" + rows.joined(separator: "\r\n") + "\u{1B}[J\u{1B}[?2026l")
    }
  }

  /// The alternate screen, if this command is the one that the terminal listens to.
  private func take(_ state: inout State) -> Bool {
    guard !state.isTaken else { return true }
    guard isInFront else { return false }
    if state.hearsKeys {
      var modes = termios()
      if tcgetattr(STDIN_FILENO, &modes) == 0 {
        state.modes = modes
        modes.c_lflag &= ~tcflag_t(ICANON | ECHO)
        withUnsafeMutableBytes(of: &modes.c_cc) { settings in
          settings[Int(VMIN)] = 1
          settings[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSANOW, &modes)
      }
    }
    write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H\u{1B}[2J")
    state.isTaken = true
    return true
  }

  private func give(_ state: inout State) {
    guard state.isTaken else { return }
    state.isTaken = false
    write("\u{1B}[?2026l\u{1B}[?25h\u{1B}[?1049l" + state.picture.map { $0 + "\n" }.joined())
    if var modes = state.modes, isInFront { tcsetattr(STDIN_FILENO, TCSANOW, &modes) }
    state.modes = nil
  }

  /// Setting modes from behind would stop the command.
  private var isInFront: Bool { tcgetpgrp(STDOUT_FILENO) == getpgrp() }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...])
        let count = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
        if count > 0 {
          start += count
        } else if errno != EINTR {
          gone.store(true, ordering: .relaxed)
          return
        }
      }
    }
  }

  // MARK: Hearing

  func start(_ job: @escaping @Sendable () -> Void) {
    let body: @Sendable () -> Void = {
      job()
      var byte = Self.news
      _ = Glibc.write(bell.load(ordering: .relaxed), &byte, 1)
    }
    if !DetachedThread.run(body) { body() }
  }

  func wait(until moment: Instant, _ clock: any WallClock) -> ScreenEvent {
    while true {
      if let event = state.withLock({ $0.events.isEmpty ? nil : $0.events.removeFirst() }) { return event }
      let left = Int(moment.microseconds - clock.now().microseconds)
      guard left > 0 else { return .time }
      // A descriptor below zero is passed over.
      let keys = state.withLock { $0.hearsKeys && $0.isTaken } ? STDIN_FILENO : -1
      var heard = [
        pollfd(fd: ears, events: Int16(POLLIN), revents: 0), pollfd(fd: keys, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&heard, 2, Int32(clamping: (left + 999) / 1000)) > 0 else { continue }
      if heard[0].revents != 0 { bytes(from: ears).forEach(hear) }
      if heard[1].revents != 0 { type(bytes(from: STDIN_FILENO)) }
    }
  }

  private func hear(_ byte: UInt8) {
    switch Int32(byte) {
    case Int32(Self.news): tell(.news)
    case SIGTSTP: stop()
    case SIGCONT, SIGWINCH: tell(.changed)
    case let number: tell(.signal(number))
    }
  }

  /// Keys; none at all where the terminal is gone.
  private func type(_ bytes: [UInt8]) {
    if bytes.isEmpty { state.withLock { $0.hearsKeys = false } }
    for byte in bytes { tell(.key(Character(Unicode.Scalar(byte)))) }
  }

  private func tell(_ event: ScreenEvent) { state.withLock { $0.events.append(event) } }

  /// As the signal alone would have: whoever started the command sees which one it was.
  private func stop() {
    state.withLock { give(&$0) }
    signal(SIGTSTP, SIG_DFL)
    raise(SIGTSTP)
    Self.listen(SIGTSTP)
    tell(.changed)
  }

  private func bytes(from number: Int32) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = read(number, &buffer, buffer.count)
    return Array(buffer.prefix(max(0, count)))
  }

  func close() {
    state.withLock { give(&$0) }
    for number in Self.ending + [SIGTSTP, SIGCONT, SIGWINCH] { signal(number, SIG_DFL) }
    bell.store(-1, ordering: .relaxed)
  }
}
