/// Documentation in no format's words: help prints it plain, a man page in roff.
///
/// In every text, what stands between backticks is meant literally: a flag, a command line, a file's name. Tests check
/// that flags and commands named so exist.
enum Block: Sendable, Equatable {
  case heading(String)
  case paragraph(String)
  case list([String])
  /// Lines to be typed or shown as they are.
  case code(String)
  case entries([Entry])
}

/// A term and what it means.
struct Entry: Sendable, Equatable {
  let term: String
  let text: String

  init(_ term: String, _ text: String) {
    self.term = term
    self.text = text
  }
}

/// A stretch of a text, literal or prose.
struct Span: Sendable, Equatable {
  let text: String
  let isLiteral: Bool

  static func read(_ text: String) -> [Span] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { offset, part in
      part.isEmpty ? nil : Span(text: String(part), isLiteral: offset % 2 == 1)
    }
  }
}

extension Block {
  /// Every text in it that may hold literals.
  var texts: [String] {
    switch self {
    case .heading, .code: []
    case .paragraph(let text): [text]
    case .list(let items): items
    case .entries(let entries): entries.flatMap { [$0.term, $0.text] }
    }
  }
}
