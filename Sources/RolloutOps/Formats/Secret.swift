/// A token or password. It prints as `…` wherever a value is described, interpolated, mirrored or dumped, so that no
/// sentence, report or crash can show it; only the door that sends it reads `plain`.
package struct Secret: Hashable, Sendable {
  package let plain: String

  package init(_ plain: String) { self.plain = plain }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "…" }
  package var debugDescription: String { "…" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
