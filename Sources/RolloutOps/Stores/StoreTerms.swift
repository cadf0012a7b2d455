/// On what terms a store is worked with.
package struct StoreTerms: Sendable {
  /// When whoever asks gives up altogether: a kill's deadline. Nil for the ordinary patience.
  package var deadline: Instant?
  /// Whether http may leave this machine.
  package var allowsPlain = false
  /// A file of certificates to trust in place of the system's.
  package var authorities: String?
  /// The folder below which stores that have none of their own keep journals.
  package var root: String

  package init(root: String) { self.root = root }

  package func until(_ deadline: Instant) -> StoreTerms {
    var terms = self
    terms.deadline = deadline
    return terms
  }

  /// Where the journals of a store are kept that has no place for them: a folder for each store, since two of them (a
  /// project's test and production) may have flags of the same name.
  func journalFolder(_ identity: String, _ context: Context) -> Folder {
    let name = StoreAddress.fileName(identity)
    return Folder(path: Path.joined(root, ".rollout/\(name)"), files: context.files, base: root)
  }
}
