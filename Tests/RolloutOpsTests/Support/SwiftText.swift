/// Swift source as words, without its comments and without the letters of its strings. What stands inside an
/// interpolation is code and counts.
struct SwiftText: Sendable {
  struct Word: Equatable, Sendable {
    let text: String
    let line: Int
    /// Follows a dot: a member, not a name of its own.
    let isMember: Bool
    /// The dot follows a word: `Plan.Stage`, not `Plan().stage`.
    let isQualified: Bool
    /// In no braces, parentheses or brackets.
    let isTopLevel: Bool
    /// The last character before it that is no blank.
    let mark: Character
    /// Which braces it stands in, of `scopes`.
    let scope: Int
    /// In no parentheses or brackets within these braces.
    let isListed: Bool
    /// In the parentheses of a tuple, not of a call or of parameters.
    let isInTuple: Bool
    /// A `!` stands right behind it.
    var isForced = false
    /// A `:` stands right behind it.
    var isLabel = false

    var isCapitalized: Bool { text.utf8.first.map { (65...90).contains($0) } ?? false }
  }

  /// A pair of braces.
  struct Scope: Equatable, Sendable {
    /// The types that it stands in, outermost first: `Plan`, `Stage`.
    let owners: [String]
    /// Whether it is a type's own, in which members are declared, and no function's.
    let isType: Bool
    /// Whether nobody outside of the file sees what is declared in it.
    let isPrivate: Bool
  }

  private(set) var words: [Word] = []
  private(set) var scopes = [Scope(owners: [], isType: false, isPrivate: false)]
  /// Lines where `!` follows a closing bracket or a string.
  private(set) var forcedLines: [Int] = []

  static let kinds: Set = ["struct", "enum", "class", "protocol", "actor", "typealias", "extension"]
  static let modifiers: Set = [
    "package", "public", "internal", "static", "final", "indirect", "mutating", "lazy", "nonisolated", "override",
    "set",
    "private", "fileprivate", "class", "convenience", "weak",
  ]

  private let bytes: [UInt8]
  private var at = 0
  private var line = 1
  private var depth = 0
  private var last: UInt8 = 10
  private var mark: UInt8 = 10
  private var dotFollowsWord = false
  /// Of the open parentheses, whether each is a tuple's.
  private var tuples: [Bool] = []
  /// The open braces: the scope, and how deep it lies.
  private var open: [(scope: Int, depth: Int)] = [(0, 0)]
  /// The type whose brace comes next.
  private var opening: [String] = []
  private var opensPrivately = false

  init(_ source: String) {
    bytes = Array(source.utf8)
    words.reserveCapacity(bytes.count / 6)
    code(untilParenthesis: false)
  }

  private func byte(_ ahead: Int) -> UInt8 { at + ahead < bytes.count ? bytes[at + ahead] : 0 }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte == 95 || byte >= 128
  }

  private static func isOfWord(_ byte: UInt8) -> Bool { isLetter(byte) || byte >= 48 && byte <= 57 }

  private mutating func step(_ count: Int = 1) {
    for _ in 0..<count where at < bytes.count {
      if bytes[at] == 10 { line += 1 }
      at += 1
    }
  }

  private mutating func code(untilParenthesis: Bool) {
    let outside = depth
    while at < bytes.count {
      let letter = bytes[at]
      if letter == 32 {
        last = letter
        at += 1
      } else if Self.isLetter(letter) {
        word()
      } else if letter == 47, byte(1) == 47 {
        while at < bytes.count, bytes[at] != 10 { at += 1 }
      } else if letter == 47, byte(1) == 42 {
        blockComment()
      } else if letter == 34 || letter == 35 && startsRawString {
        string()
        (last, mark) = (34, 34)
      } else {
        if untilParenthesis, letter == 41, depth == outside { return }
        sign(letter)
      }
    }
  }

  private mutating func sign(_ letter: UInt8) {
    switch letter {
    case 40:
      depth += 1
      // `-> (a: A)`, `b: (a: A)`, `[(a: A)]`, `B<(a: A)>`, `= (a: a)`, `, (a: a)`, `((a: a))`
      tuples.append([62, 58, 91, 60, 61, 44, 40].contains(mark))
    case 41:
      depth -= 1
      _ = tuples.popLast()
    case 91: depth += 1
    case 93: depth -= 1
    case 123: openBrace()
    case 125: closeBrace()
    case 33: force()
    case 46: dotFollowsWord = Self.isOfWord(last)
    case 58: if Self.isOfWord(last), !words.isEmpty { words[words.count - 1].isLabel = true }
    default: break
    }
    last = letter
    if letter != 10 { mark = letter } else { line += 1 }
    at += 1
  }

  private mutating func openBrace() {
    depth += 1
    let around = scopes[open[open.count - 1].scope]
    scopes.append(
      Scope(
        owners: around.owners + opening, isType: !opening.isEmpty, isPrivate: around.isPrivate || opensPrivately))
    open.append((scopes.count - 1, depth))
    (opening, opensPrivately) = ([], false)
  }

  private mutating func closeBrace() {
    depth -= 1
    if open.count > 1 { open.removeLast() }
  }

  private mutating func word() {
    let (start, isMember) = (at, last == 46)
    while at < bytes.count, Self.isOfWord(bytes[at]) { at += 1 }
    let word = Word(
      text: String(decoding: bytes[start..<at], as: UTF8.self), line: line, isMember: isMember,
      isQualified: isMember && dotFollowsWord, isTopLevel: depth == 0,
      mark: Character(UnicodeScalar(mark)), scope: open[open.count - 1].scope,
      isListed: depth == open[open.count - 1].depth, isInTuple: tuples.last ?? false)
    (last, mark) = (bytes[at - 1], bytes[at - 1])
    name(word)
    words.append(word)
  }

  /// Whether it names the type whose braces come next: `struct Plan`, `extension Plan.Stage`.
  private mutating func name(_ word: Word) {
    guard let before = words.last else { return }
    if Self.kinds.contains(before.text), !before.isMember, word.isCapitalized, Self.isOfWord(word.mark.asciiValue ?? 0)
    {
      guard before.text != "typealias" else { return }
      (opening, opensPrivately) = ([word.text], isPrivate(words.count - 1))
    } else if !opening.isEmpty, word.isMember, before.text == opening.last, before.line == word.line, word.isCapitalized
    {
      opening.append(word.text)
    }
  }

  /// Whether a declaration is this file's alone, by the words before its keyword.
  func isPrivate(_ keyword: Int) -> Bool {
    var index = keyword - 1
    var isSetter = false
    while index >= 0, Self.modifiers.contains(words[index].text) {
      if ["private", "fileprivate"].contains(words[index].text), !isSetter { return true }
      isSetter = words[index].text == "set"
      index -= 1
    }
    return false
  }

  /// `!` right behind a value takes it by force; before a value, or as part of `!=`, it does not.
  private mutating func force() {
    guard byte(1) != 61 else { return }
    if Self.isOfWord(last) {
      words[words.count - 1].isForced = true
    } else if [41, 93, 125, 34, 96, 33].contains(last) {
      forcedLines.append(line)
    }
  }

  private mutating func blockComment() {
    var open = 0
    repeat {
      if byte(0) == 47, byte(1) == 42 {
        open += 1
        step(2)
      } else if byte(0) == 42, byte(1) == 47 {
        open -= 1
        step(2)
      } else {
        step()
      }
    } while open > 0 && at < bytes.count
  }

  private var startsRawString: Bool {
    var ahead = 0
    while byte(ahead) == 35 { ahead += 1 }
    return byte(ahead) == 34
  }

  private func ends(_ quotes: Int, _ hashes: Int) -> Bool {
    (0..<quotes).allSatisfy { byte($0) == 34 } && (0..<hashes).allSatisfy { byte(quotes + $0) == 35 }
  }

  private mutating func string() {
    var hashes = 0
    while byte(hashes) == 35 { hashes += 1 }
    step(hashes)
    let quotes = byte(1) == 34 && byte(2) == 34 ? 3 : 1
    step(quotes)
    while at < bytes.count {
      let letter = bytes[at]
      if letter == 34, ends(quotes, hashes) { break }
      if letter != 92 {
        if letter == 10 { line += 1 }
        at += 1
      } else if (0..<hashes).allSatisfy({ byte(1 + $0) == 35 }), byte(1 + hashes) == 40 {
        step(2 + hashes)
        (last, mark) = (40, 40)
        depth += 1
        tuples.append(false)
        code(untilParenthesis: true)
        _ = tuples.popLast()
        depth -= 1
        step()
      } else {
        step(hashes == 0 ? 2 : 1)
      }
    }
    step(quotes + hashes)
  }
}
