/// On what terms a store is worked with.
package struct StoreTerms: Sendable {
  /// When whoever asks gives up altogether: a kill's deadline. Nil for the ordinary patience.
  package var deadline: Instant?
  /// Whether http may leave this machine.
  package var allowsPlain = false
  /// A file of certificates to trust in place of the system's.
  package var authorities: String?
  /// Whether a flag file is written into, and never replaced.
  package var staysInPlace = false
  /// Whether applications read the flag files themselves, though git keeps them.
  package var isLive = false
  /// Who reads the flags that lie in flag files and documents.
  package var readers = FlagReaders.all
  /// Whether nobody else writes a document behind a web server, so that nothing has to guard its changes.
  package var hasSingleWriter = false
  /// Whether an examination may send a change that a server must refuse, to see whether it does.
  package var proves = false
  /// What every flag that is made in PostHog is given, where a project wants that.
  package var tags: [String] = []
  package var evaluationContexts: [String] = []
  /// What an evaluation endpoint wants to be asked with, and the header that its token goes in.
  package var evaluationHeaders: [HTTPRequest.Header] = []
  package var evaluationTokenName: String?
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
    let name = Self.fileName(identity)
    return Folder(path: Path.joined(root, ".rollout/\(name)"), files: context.files, base: root)
  }

  /// A store's name as that of a folder: what is no letter, digit, dot, hyphen or underscore becomes a hyphen, and where
  /// that loses something a digest keeps two stores apart.
  private static func fileName(_ identity: String) -> String {
    var name = ""
    for character in identity.unicodeScalars {
      let isPlain = character.isASCII && (character.properties.isAlphabetic || character.properties.numericType != nil)
      if isPlain || character == "_" || (character == "." && !name.isEmpty) {
        name.unicodeScalars.append(character)
      } else if name.last != "-" {
        name += "-"
      }
    }
    return "\(name.prefix(80))-\(SHA256.hex(identity).prefix(8))"
  }
}
