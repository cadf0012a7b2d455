import Glibc

/// Keeps an interrupt from the keyboard, a hang-up or a termination waiting while a change is under way, so that the
/// journal line is finished; it strikes as soon as the change is done.
package struct SignalHold: Interruptions {
  package init() {}

  package func postponed<Answer, Failure: Error>(
    _ body: () throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    var held = sigset_t()
    var before = sigset_t()
    sigemptyset(&held)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] { sigaddset(&held, signal) }
    pthread_sigmask(SIG_BLOCK, &held, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
  }
}
