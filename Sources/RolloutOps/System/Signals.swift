import Glibc

/// The signals that want to end a command.
package enum Signals {
  static let hangUp = SIGHUP

  /// Ends the process as the signal would have at once, had nobody made it wait.
  static func raise(_ number: Int32, after shift: any HandShift) -> Never {
    shift.end()
    end(by: number)
  }

  package static func end(by number: Int32) -> Never {
    signal(number, SIG_DFL)
    kill(getpid(), number)
    // Only where somebody else blocks it.
    _exit(128 + number)
  }
}
