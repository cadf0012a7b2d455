import Synchronization

/// What a test puts in the way of others, who may be threads. A `Mutex` over the function alone would wrap it once more
/// at every look, and a call would go through all the wrappings: after a thousand looks a thousand of them.
final class Hook<Input, Output>: Sendable {
  private struct Held: Sendable { var act: @Sendable (Input) -> Output }

  private let held: Mutex<Held>

  init(_ act: @escaping @Sendable (Input) -> Output) { held = Mutex(Held(act: act)) }

  func withLock(_ change: (inout @Sendable (Input) -> Output) -> Void) { held.withLock { change(&$0.act) } }

  /// Outside of the lock: it may come back here.
  func callAsFunction(_ input: Input) -> Output { held.withLock { $0 }.act(input) }
}
