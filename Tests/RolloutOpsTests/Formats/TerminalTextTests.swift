import Testing

@testable import RolloutOps

@Suite struct TerminalTextTests {
  // In a loop, not as arguments: those are printed raw while the tests run.
  @Test func outsideTextIsHarmless() {
    let cases = [
      ("plain", "plain"), ("Grüße, 世界 🚀 ⚠️", "Grüße, 世界 🚀 ⚠️"), ("e\u{301}", "e\u{301}"), ("", ""),
      ("a\u{1B}[31mb", "a\\u{1b}[31mb"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\r\n", "\\r\\n"),
      ("\u{0}\u{7F}\u{9B}2J", "\\u{0}\\u{7f}\\u{9b}2J"),
      ("\u{202A}\u{202E}\u{2066}\u{2069}", "\\u{202a}\\u{202e}\\u{2066}\\u{2069}"),
      ("a\u{200B}b\u{200D}c\u{FEFF}", "a\\u{200b}b\\u{200d}c\\u{feff}"),
      ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"),
      ("\u{AD}\u{3164}\u{E0041}", "\\u{ad}\\u{3164}\\u{e0041}"),
    ]
    for (text, shown) in cases {
      #expect(Array(Terminal.plain(text).unicodeScalars) == Array(shown.unicodeScalars))
    }
  }

  @Test func nothingThatATerminalObeysIsLeft() {
    let all = (0...0x10FFFF).compactMap { Unicode.Scalar(UInt32($0)) }
    var text = ""
    text.unicodeScalars.append(contentsOf: all)
    let left = Terminal.plain(text).unicodeScalars.filter {
      $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x2028...0x202E).contains($0.value)
        || (0x2066...0x2069).contains($0.value) || (0x200B...0x200F).contains($0.value)
    }
    #expect(left.isEmpty)
  }

  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("世界", 4), ("ｆ", 2), ("ﾊ", 1), ("한", 2),
    ("\u{1112}\u{1161}\u{11AB}", 2),
    ("🚀", 2), ("⚠", 1), ("⚠\u{FE0F}", 2), ("👍🏽", 2), ("🇩🇪", 2), ("→✓▶·█", 5), ("नि", 2), ("⏳", 2), ("x̂̃", 1),
  ])
  func columns(text: String, expected: Int) {
    #expect(Terminal.width(text) == expected)
  }

  @Test func fillsAndClips() {
    #expect(Terminal.padded("世", to: 4) == "世  ")
    #expect(Terminal.padded("abcde", to: 4) == "abcde")
    #expect(Terminal.clipped("abcde", to: 5) == "abcde")
    #expect(Terminal.clipped("abcdef", to: 5) == "abcd…")
    #expect(Terminal.clipped("世界世界", to: 4) == "世…")
    #expect(Terminal.clipped("e\u{301}e\u{301}e\u{301}", to: 2) == "e\u{301}…")
    #expect(Terminal.clipped("abc", to: 0) == "")
    #expect(Terminal.clipped("abc", to: 1) == "…")
  }

  @Test func wrapsBetweenWords() {
    #expect(Terminal.wrapped("one two  three\nfour", to: 9) == ["one two", "three", "four"])
    #expect(Terminal.wrapped("", to: 9) == [""])
    #expect(Terminal.wrapped("abcdefgh ij", to: 3) == ["abc", "def", "gh", "ij"])
    #expect(Terminal.wrapped("ab abcdef", to: 3) == ["ab", "abc", "def"])
    #expect(Terminal.wrapped("世界世界 a", to: 6) == ["世界世", "界 a"])
    #expect(Terminal.wrapped("a b c", to: 3) == ["a b", "c"])
  }

  @Test(arguments: 0..<40)
  func wrappedTextKeepsItsWordsAndItsWidth(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let letters: [Character] = ["a", "b", "世", "é", "🚀", " ", " ", "\n"]
    let text = String((0..<200).compactMap { _ in letters.randomElement(using: &random) })
    for width in 2...30 {
      let lines = Terminal.wrapped(text, to: width)
      #expect(lines.allSatisfy { Terminal.width($0) <= width && !$0.hasPrefix(" ") && !$0.hasSuffix(" ") })
      #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " && $0 != "\n" })
    }
  }

  /// Unicode's own table, by way of Python, for every character that Python's (older) version knows.
  @Test(.needsPython) func widthsAgreeWithUnicode() throws {
    let table = try Python.run(
      """
      import unicodedata as u
      for c in range(0x110000):
          k = u.category(chr(c))
          if k in ('Cn', 'Cs', 'Co', 'Cc'): continue
          w = 0 if k in ('Mn', 'Me', 'Cf') or 0x1160 <= c <= 0x11FF or 0xD7B0 <= c <= 0xD7FF else \\
              2 if u.east_asian_width(chr(c)) in 'WF' else 1
          print(c, w)
      """)
    var wrong: [String] = []
    for line in table.split(separator: "\n") {
      let parts = line.split(separator: " ").compactMap { Int($0) }
      guard let scalar = Unicode.Scalar(UInt32(parts[0])) else { continue }
      // The soft hyphen is a format character that terminals show; U+1171E became a spacing mark in Unicode 16.
      if scalar == "\u{AD}" || scalar == "\u{1171E}" { continue }
      let width = Terminal.width(String(scalar))
      if width != parts[1] { wrong.append("U+\(String(scalar.value, radix: 16)): \(width), not \(parts[1])") }
    }
    #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(20))")
  }

  @Test func inkIsSilentWhenOff() {
    #expect(Ink.none.bad("no") == "no")
    let ink = Ink(isOn: true)
    #expect(ink.strong(ink.bad("x")) == "\u{1B}[1m\u{1B}[31mx\u{1B}[39m\u{1B}[22m")
    #expect(ink.good("") == "")
  }
}
