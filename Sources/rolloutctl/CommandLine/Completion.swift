/// What fits in the place of a value, for whoever presses Tab. A place where only a person knows what fits (a number,
/// a reason) offers nothing, never file names.
struct Completion: Sendable, Equatable {
  enum Files: Sendable, Equatable {
    case any
    /// Folders are offered too, as the way to such a file.
    case ending(String)
    case folders
  }

  var words: [String] = []
  var files: Files?
  /// A kind of candidate that only the running program can look up.
  var lookup: String?

  static let nothing = Completion()
  static let anyFile = Completion(files: .any)
  static let folder = Completion(files: .folders)
  static func words(_ words: [String]) -> Completion { Completion(words: words) }
  static func files(ending suffix: String) -> Completion { Completion(files: .ending(suffix)) }
  static func lookup(_ kind: String) -> Completion { Completion(lookup: kind) }

  /// This, or what `other` offers.
  func or(_ other: Completion) -> Completion {
    Completion(words: words + other.words, files: files ?? other.files, lookup: lookup ?? other.lookup)
  }
}
