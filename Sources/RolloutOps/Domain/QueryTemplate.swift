/// A query to a metrics server with places to fill in: `$version` inside a quoted label value, `$window` where a time
/// span stands, `$segment` where a label's name stands.
///
/// The text is read as PromQL's own lexer would read its strings, so that whatever is filled in stays what it is meant
/// to be: a version with a quotation mark in it cannot end the string and go on as a query.
package struct QueryTemplate: Hashable, Sendable {
  enum Part: Hashable, Sendable {
    case plain(String)
    /// Between such quotation marks; a pattern takes the version literally only when it is escaped once more.
    case version(quote: Character, isPattern: Bool)
    case window
    case segment
  }

  package let text: String
  let parts: [Part]

  package struct Fault: Error, Hashable, Sendable {
    package let reason: String
    /// Characters from the start of the text.
    package let offset: Int
  }

  package struct Filling: Hashable, Sendable {
    package var version: String
    package var window: TimeSpan
    /// The label by which the answer is split; nil for one answer.
    package var segment: String?

    package init(version: String, window: TimeSpan, segment: String? = nil) {
      (self.version, self.window, self.segment) = (version, window, segment)
    }
  }

  package init(_ text: some StringProtocol) throws(Fault) {
    var lexer = Lexer(text)
    self.text = String(text)
    parts = try lexer.read()
    guard parts.contains(where: { if case .version = $0 { true } else { false } }) else {
      throw Fault(
        reason: "a query that does not say `$version` cannot tell the canary from the control; write one such as "
          + "`{prompt_version=\"$version\"}`", offset: 0)
    }
  }

  package var hasWindow: Bool { parts.contains(.window) }
  package var hasSegment: Bool { parts.contains(.segment) }

  /// A label that nothing carries: splitting by it leaves one answer.
  private static let wholeLabel = "rolloutctl_whole"

  package func filled(_ filling: Filling) -> String {
    parts.map { part in
      switch part {
      case .plain(let text): text
      case .version(let quote, let isPattern):
        Self.escaped(isPattern ? Self.literal(filling.version) : filling.version, in: quote)
      case .window: "\(max(1, filling.window.seconds))s"
      case .segment: filling.segment ?? Self.wholeLabel
      }
    }.joined()
  }

  /// What a label may be called.
  package static func isLabel(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
      default: false
      }
    }
  }

  /// PromQL's strings take the escapes of Go's, where only the string's own mark may be escaped.
  private static func escaped(_ text: String, in quote: Character) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case _ where Character(scalar) == quote: out += "\\\(quote)"
      case "\n": out += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        out += "\\x" + (digits.count < 2 ? "0" : "") + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// The text as a regular expression (RE2's) that only that text matches.
  private static func literal(_ text: String) -> String {
    String(text.flatMap { "\\.+*?()|[]{}^$".contains($0) ? ["\\", $0] : [$0] })
  }
}

extension QueryTemplate {
  private struct Lexer {
    private let characters: [Character]
    private var at = 0
    private var plain = ""
    private var parts: [Part] = []

    init(_ text: some StringProtocol) { characters = Array(text) }

    mutating func read() throws(Fault) -> [Part] {
      var literal: (quote: Character, isPattern: Bool, start: Int)?
      while at < characters.count {
        let character = characters[at]
        if let inside = literal {
          switch character {
          case "\\":
            plain.append(character)
            at += 1
            if at < characters.count { take() }
          case inside.quote:
            literal = nil
            take()
          case "$": try place(in: (inside.quote, inside.isPattern))
          default: take()
          }
        } else {
          switch character {
          case "\"", "'":
            literal = (character, isAfterPattern, at)
            take()
          case "#": throw Fault(reason: "from # on it would be a comment; leave it out", offset: at)
          case "$": try place(in: nil)
          default: take()
          }
        }
      }
      if let literal { throw Fault(reason: "the quotation mark is not closed", offset: literal.start) }
      finish()
      return parts
    }

    private mutating func take() {
      plain.append(characters[at])
      at += 1
    }

    private mutating func finish() {
      if !plain.isEmpty { parts.append(.plain(plain)) }
      plain = ""
    }

    /// After `=~` and `!~` the text is a regular expression.
    private var isAfterPattern: Bool {
      let before = characters[..<at].reversed().drop(while: \.isWhitespace).prefix(2)
      return before.first == "~" && ["=", "!"].contains(before.last)
    }

    private mutating func place(in literal: (quote: Character, isPattern: Bool)?) throws(Fault) {
      let start = at
      let rest = characters[(at + 1)...]
      let name = String(rest.prefix { $0.isLetter || $0 == "_" || $0 == "{" })
      // The end of a line, in a regular expression.
      if name.isEmpty, literal != nil { return take() }
      finish()
      at += 1 + name.count
      switch (name, literal) {
      case ("version", let literal?): parts.append(.version(quote: literal.quote, isPattern: literal.isPattern))
      case ("version", nil):
        throw Fault(reason: "`$version` stands in quotation marks, as the value of a label", offset: start)
      case ("window", nil): parts.append(.window)
      case ("segment", nil): parts.append(.segment)
      case ("window", _):
        throw Fault(reason: "`$window` is a time span and stands in brackets: `[$window]`", offset: start)
      case ("segment", _):
        throw Fault(
          reason: "`$segment` is the label to split by and stands without quotes: `by ($segment)`", offset: start)
      default:
        throw Fault(reason: "there is no `$\(name)`; a query has `$version`, `$window` and `$segment`", offset: start)
      }
    }
  }

  /// The names of metrics, labels and functions in it, for the units that metrics carry in theirs.
  var names: [Substring] {
    var inLiteral: Character?
    var words: [Substring] = []
    var start: String.Index?
    for index in text.indices {
      let character = text[index]
      let isName = inLiteral == nil && (character.isLetter || character.isNumber || "_:".contains(character))
      if isName, start == nil { start = index }
      if !isName, let from = start {
        words.append(text[from..<index])
        start = nil
      }
      if let quote = inLiteral {
        if character == quote { inLiteral = nil }
      } else if character == "\"" || character == "'" {
        inLiteral = character
      }
    }
    if let start { words.append(text[start...]) }
    return words
  }
}
