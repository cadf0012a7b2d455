import Synchronization

/// A terminal that one command has for itself: it draws pictures, and hears keys, signals and its own jobs.
package protocol Screen: Sendable {
  var size: ScreenSize { get }
  /// Whether nobody can see it any more.
  var isGone: Bool { get }
  /// One picture in the place of the last.
  func draw(_ lines: [String])
  /// Begins a job beside; its end is an event. A job that hangs hinders nobody.
  func start(_ job: @escaping @Sendable () -> Void)
  func wait(until moment: Instant, _ clock: any WallClock) -> ScreenEvent
  /// Gives the terminal back as it was, with the last picture left on it.
  func close()
}

package struct ScreenSize: Hashable, Sendable {
  package let columns: Int
  package let rows: Int
}

package enum ScreenEvent: Hashable, Sendable {
  case key(Character)
  /// The window has another size, or was given to others meanwhile.
  case changed
  /// A job has ended.
  case news
  case time
  /// A signal that wants the command to end.
  case signal(Int32)
}

/// Where a job lays its answer for the one who waits.
package final class Slot<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)

  package init() {}

  package func put(_ value: Value) { self.value.withLock { $0 = value } }

  package func take() -> Value? {
    value.withLock { value in
      defer { value = nil }
      return value
    }
  }
}
