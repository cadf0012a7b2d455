/// Where evidence is looked for, and by which doors.
package struct EvidencePlace: Sendable {
  let context: Context
  /// Whether a server on another machine may be asked in the clear.
  let allowsPlain: Bool
  /// From a path or pattern of the note to an absolute one.
  let locate: @Sendable (String) -> String

  package init(_ context: Context, allowsPlain: Bool, locate: @escaping @Sendable (String) -> String) {
    (self.context, self.allowsPlain, self.locate) = (context, allowsPlain, locate)
  }
}
