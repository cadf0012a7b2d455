import Synchronization

/// How many of several threads have still to come to a certain point.
package final class Countdown: Sendable {
  private let left: Atomic<Int>

  package init(_ count: Int) { left = Atomic(count) }

  package func arrive() { left.subtract(1, ordering: .relaxed) }

  package var isOver: Bool { left.load(ordering: .relaxed) <= 0 }
}
