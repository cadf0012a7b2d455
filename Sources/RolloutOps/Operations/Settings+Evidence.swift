/// Where a note's evidence is, from its own folder and those above it.
extension EvidencePlace {
  /// Paths start from the note's folder, or from one above it.
  init(below folder: String, _ context: Context, allowsPlain: Bool = false) {
    self.init(context, allowsPlain: allowsPlain) { Settings.locate(pattern: $0, below: folder, context) }
  }
}

extension Settings {
  /// As `locate`, for a pattern: it starts in the folder where its first plain part is found.
  static func locate(pattern: String, below folder: String, _ context: Context) -> String {
    guard !Path.isAbsolute(pattern) else { return pattern }
    let parts = pattern.split(separator: "/").map(String.init)
    let plain = parts.prefix { part in !part.contains { "*?[".contains($0) } }
    guard let first = plain.first else { return Path.joined(folder, pattern) }
    let found = locate(first, below: folder, context)
    return Path.joined(Path.folder(of: found), pattern)
  }
}
