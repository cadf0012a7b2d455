/// Text on a terminal: made harmless, measured in columns, and cut or filled to a width.
///
/// Every word that comes from outside (notes, flag names, server answers, paths) goes through `plain` before it is
/// printed. Measuring and cutting come after that and before any colour.
package enum Terminal {
  /// The text on one line, with nothing in it that a terminal obeys or hides: control characters, line separators,
  /// marks of writing direction and characters without a shape are spelled out, as `\n` or `\u{1b}`.
  package static func plain(_ text: some StringProtocol) -> String {
    guard !text.unicodeScalars.allSatisfy(isVisible) else { return String(text) }
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where isVisible(scalar): out.unicodeScalars.append(scalar)
      default: out += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return out
  }

  /// A sentence in which no address shows who logs in there, and by which password.
  package static func withoutPasswords(_ text: String) -> String {
    let parts = text.split(separator: "://", omittingEmptySubsequences: false)
    guard parts.count > 1, text.utf8.contains(UInt8(ascii: "@")) else { return text }
    let rest = parts.dropFirst().map { part in
      let authority = part.prefix { !$0.isWhitespace && !"/?#'\"“”".contains($0) }
      return authority.lastIndex(of: "@").map { "…" + part[$0...] } ?? String(part)
    }
    return ([String(parts[0])] + rest).joined(separator: "://")
  }

  /// The columns that the text takes: none for a combining mark, two for East Asian wide characters and emoji.
  package static func width(_ text: some StringProtocol) -> Int {
    var columns = 0
    var last = 0
    for scalar in text.unicodeScalars {
      if scalar == "\u{FE0F}" {
        // The emoji form of a character that is narrow by itself.
        if last == 1 { columns += 1 }
        last = 0
      } else if last == 2 && scalar.properties.isEmojiModifier {
        last = 0
      } else {
        last = width(scalar)
        columns += last
      }
    }
    return columns
  }

  /// The text with spaces behind it, at least `columns` wide.
  package static func padded(_ text: some StringProtocol, to columns: Int) -> String {
    String(text) + String(repeating: " ", count: max(0, columns - width(text)))
  }

  /// The text, or its beginning and `…` where it is wider than `columns`. A character is never cut in two.
  package static func clipped(_ text: some StringProtocol, to columns: Int) -> String {
    guard width(text) > columns else { return String(text) }
    guard columns > 0 else { return "" }
    return String(beginning(of: Substring(text), within: columns - 1)) + "…"
  }

  /// Text behind a mark, wrapped, with the further lines below its beginning.
  package static func hanging(_ text: String, behind mark: String, to columns: Int) -> [String] {
    let rest = String(repeating: " ", count: width(mark))
    return wrapped(plain(text), to: columns - width(mark)).enumerated().map { ($0 == 0 ? mark : rest) + $1 }
  }

  /// Lines no wider than `columns`, broken between words; a word that is wider than a line is broken inside. Spaces
  /// and line breaks of the text count as one space. Empty text is one empty line.
  package static func wrapped(_ text: some StringProtocol, to columns: Int) -> [String] {
    let columns = max(columns, 2)
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in text.split(whereSeparator: { $0 == " " || $0.isNewline || $0 == "\t" }) {
      var rest = Substring(word)
      if used > 0, used + 1 + width(rest) <= columns {
        line += " "
        used += 1
      } else if used > 0 {
        lines.append(line)
        (line, used) = ("", 0)
      }
      // Of a word without an end each line takes its own part, and never looks at the rest.
      while true {
        let part = beginning(of: rest, within: columns)
        guard part.endIndex < rest.endIndex else { break }
        // A cluster of characters may be wider than any line; it stays whole.
        let piece = part.isEmpty ? rest.prefix(1) : part
        lines.append(String(piece))
        rest = rest[piece.endIndex...]
      }
      line += rest
      used += width(rest)
    }
    return used > 0 || lines.isEmpty ? lines + [line] : lines
  }

  private static func beginning(of text: Substring, within columns: Int) -> Substring {
    var used = 0
    var end = text.startIndex
    for index in text.indices {
      used += width(String(text[index]))
      if used > columns { break }
      end = text.index(after: index)
    }
    return text[..<end]
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return false
    default:
      // Variation selectors choose between two shapes of a visible character; the rest of this class shows nothing.
      return !scalar.properties.isDefaultIgnorableCodePoint || (0xFE00...0xFE0F).contains(scalar.value)
    }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? 0 : 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // Vowels and final consonants of a Hangul syllable stand inside the square of its first consonant.
    if (0x1160...0x11FF).contains(scalar.value) || (0xD7B0...0xD7FF).contains(scalar.value) { return 0 }
    if scalar.properties.isEmojiPresentation && !(0x1F1E6...0x1F1FF).contains(scalar.value) { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// East Asian Width W and F outside the emoji (Unicode Standard Annex 11), gaps without characters closed.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4C6,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x16FE0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFF,
  ]
}
