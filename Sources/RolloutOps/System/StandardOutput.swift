import Glibc
import Synchronization

/// Standard output and standard error of this process.
///
/// A reader that went away is no error: what is left to say is dropped, and the exit status stays what the command made
/// it.
package final class StandardOutput: Output {
  private let broken = Atomic(false)
  private let failed = Atomic(false)
  private let hasProgress = Atomic(false)

  package init() { signal(SIGPIPE, SIG_IGN) }

  /// Also before anything was written to a reader that is gone.
  package var isBroken: Bool {
    if broken.load(ordering: .relaxed) { return true }
    var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR | POLLHUP) != 0
  }

  /// Whether a result did not arrive although somebody waits for it: on a full disk, or with no standard output at all.
  package var hasLost: Bool { failed.load(ordering: .relaxed) }

  package func result(_ text: String) {
    guard !text.isEmpty else { return }
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
  }

  package func remark(_ text: String) { failure(text) }

  /// One line that is written over and over, on standard error and only where that is a terminal.
  package func progress(_ text: String?) {
    guard text != nil || hasProgress.load(ordering: .relaxed), isatty(STDERR_FILENO) == 1 else { return }
    hasProgress.store(text != nil, ordering: .relaxed)
    write("\r\u{1B}[K" + (text ?? ""), to: STDERR_FILENO)
  }

  package var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

  package func failure(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO) }

  package var width: Int? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  package func takeScreen() -> (any Screen)? { TerminalScreen() }

  package func pages(_ text: String, through pager: String?) {
    var size = winsize()
    guard let pager, isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
      ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0,
      text.utf8.count(where: { $0 == 0x0A }) >= Int(size.ws_row), Pager.show(text, through: pager)
    else { return result(text) }
  }
  package var asks: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  package func ask(_ question: String) -> String? {
    guard asks else { return nil }
    write(question + " ", to: STDERR_FILENO)
    return readLine()
  }

  private func write(_ text: String, to number: Int32) {
    guard !(number == STDOUT_FILENO && broken.load(ordering: .relaxed)) else { return }
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        let count = Glibc.write(
          number, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]).baseAddress,
          bytes.count - start)
        if count > 0 {
          start += count
        } else if errno != EINTR {
          if number == STDOUT_FILENO {
            if errno != EPIPE { failed.store(true, ordering: .relaxed) }
            broken.store(true, ordering: .relaxed)
          }
          return
        }
      }
    }
  }
}
