import Synchronization

/// A value that several threads read and change, one at a time.
final class Shared<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  init(_ value: Value) { self.value = Mutex(value) }

  func with<Answer: Sendable>(_ body: (inout Value) -> Answer) -> Answer {
    value.withLock { body(&$0) }
  }
}
