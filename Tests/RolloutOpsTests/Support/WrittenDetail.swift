@testable import RolloutOps

extension Entry.Content {
  /// A member of the detail by its name in the line, whatever the deed makes of it.
  func detail(_ name: String) -> JSON? { written.first { $0.name == name }?.value }
}
