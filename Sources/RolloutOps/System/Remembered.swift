import Synchronization

/// The last value of its kind, for whoever may need it again soon; safe to share.
package final class Remembered<Value: Sendable>: Sendable {
  private let value: Mutex<Value?>

  package init(_ value: Value? = nil) { self.value = Mutex(value) }

  package var last: Value? {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }

  /// Changes it; nothing where nothing is remembered.
  package func change(_ body: (inout Value) -> Void) {
    value.withLock { value in
      guard var changed = value.take() else { return }
      body(&changed)
      value = changed
    }
  }
}

extension Remembered where Value: ExpressibleByDictionaryLiteral {
  /// Nothing is known yet, and what comes is added.
  package static var empty: Remembered { Remembered([:]) }
}
