/// Swift source as words, without its comments and without the letters of its strings. What stands inside an
/// interpolation is code and counts.
struct SwiftText {
  struct Word: Equatable {
    let text: String
    let line: Int
    /// Follows a dot: a member, not a name of its own.
    let isMember: Bool
    /// In no braces, parentheses or brackets.
    let isTopLevel: Bool
    /// A `!` stands right behind it.
    var isForced = false
  }

  private(set) var words: [Word] = []
  /// Lines where `!` follows a closing bracket or a string.
  private(set) var forcedLines: [Int] = []

  private let letters: [Character]
  private var at = 0
  private var line = 1
  private var depth = 0
  private var last: Character = "\n"

  init(_ source: String) {
    letters = Array(source)
    code(untilParenthesis: false)
  }

  private func has(_ text: String) -> Bool { letters[at...].starts(with: text) }

  private mutating func step(_ count: Int = 1) {
    for _ in 0..<count where at < letters.count {
      if letters[at].isNewline { line += 1 }
      at += 1
    }
  }

  private mutating func code(untilParenthesis: Bool) {
    let outside = depth
    while at < letters.count {
      let letter = letters[at]
      if has("//") {
        while at < letters.count, !letters[at].isNewline { step() }
      } else if has("/*") {
        blockComment()
      } else if letter == "\"" || letter == "#" && startsRawString {
        string()
        last = "\""
      } else if letter.isLetter || letter == "_" {
        word()
      } else {
        if untilParenthesis, letter == ")", depth == outside { return }
        if "({[".contains(letter) { depth += 1 }
        if ")}]".contains(letter) { depth -= 1 }
        if letter == "!" { force() }
        last = letter
        step()
      }
    }
  }

  private mutating func word() {
    let (start, isMember) = (at, last == ".")
    while at < letters.count, letters[at].isLetter || letters[at].isNumber || letters[at] == "_" { step() }
    last = letters[at - 1]
    words.append(
      Word(text: String(letters[start..<at]), line: line, isMember: isMember, isTopLevel: depth == 0))
  }

  /// `!` right behind a value takes it by force; before a value, or as part of `!=`, it does not.
  private mutating func force() {
    guard at + 1 >= letters.count || letters[at + 1] != "=" else { return }
    if last.isLetter || last.isNumber || last == "_" {
      words[words.count - 1].isForced = true
    } else if ")]}\"`!".contains(last) {
      forcedLines.append(line)
    }
  }

  private mutating func blockComment() {
    var open = 0
    repeat {
      if has("/*") { open += 1; step(2) } else if has("*/") { open -= 1; step(2) } else { step() }
    } while open > 0 && at < letters.count
  }

  private var startsRawString: Bool { letters[at...].drop { $0 == "#" }.first == "\"" }

  private mutating func string() {
    let hashes = String(letters[at...].prefix { $0 == "#" })
    step(hashes.count)
    let quote = has("\"\"\"") ? "\"\"\"" : "\""
    step(quote.count)
    while at < letters.count, !has(quote + hashes) {
      if has("\\\(hashes)(") {
        step(2 + hashes.count)
        last = "("
        depth += 1
        code(untilParenthesis: true)
        depth -= 1
        step()
      } else if hashes.isEmpty, letters[at] == "\\" {
        step(2)
      } else {
        step()
      }
    }
    step(quote.count + hashes.count)
  }
}
