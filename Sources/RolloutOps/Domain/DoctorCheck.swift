/// One thing that a kill needs, as it was found a moment ago.
package struct DoctorCheck: Hashable, Sendable {
  package enum State: String, Sendable {
    case fine
    /// A kill would work, and somebody should look at this.
    case warning
    /// A kill would not work.
    case failed
    /// Nobody could tell without trying it.
    case unknown
  }

  package let name: String
  package let state: State
  /// What was found, and what to do next.
  package let sentence: String

  package init(_ name: String, _ state: State, _ sentence: String) {
    (self.name, self.state, self.sentence) = (name, state, sentence)
  }
}
