import Testing

@testable import RolloutOps

/// Lines with colours and links, folded to any width.
@Suite struct PaintedTextTests {
  static let ink = Ink(isOn: true)

  static let lines = [
    "ai-summary   prompt_version v6 → v7   tier 2   owner maya   file:flags.json",
    "  ▶ 25% of paid   plan = paid    since Fri 20 Nov 18:58 +00:00   18h of 48h  █████░░░░░░░░░░",
    "  \(ink.warning("✗")) rollback: parse failures above 2%         nobody has looked at 25% of paid for 30h 20m",
    "  · fallback       try what users see when it is off (off -> the clause template), then attest fallback --evidence x",
    ink.warning("→ hold: soak: 30h to go, 18h of 48h done (and 3 more); earliest Sun 22 Nov 18:58 +00:00"),
    "Fri 20 Nov 2026 18:58 +00:00  12 min ago  maya  promote  5% of paid → 25% of paid  “a reason of some words”",
    Terminal.linked(
      "Gates (look at https://dash.example.com/d/summary?a=1, then attest \(ink.dim("gates of this stage")))"),
    "wide 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字 漢字",
  ]

  @Test(arguments: lines) func nothingIsLostAndNothingIsTooWide(line: String) {
    let words = Self.words(Terminal.unpainted(line))
    for columns in 40...120 {
      let rows = Terminal.folded(line, to: columns)
      #expect(rows.flatMap { Self.words(Terminal.unpainted($0)) } == words, "\(columns): \(rows)")
      for row in rows {
        #expect(Terminal.columns(of: row) <= columns, "\(columns): \(row)")
        #expect(Self.isClosed(row), "\(columns): a colour or link reaches into the next line: \(row)")
        for whole in ["18h of", "30h 20m", "18:58 +00:00", "22 Nov", "Nov 2026", "12 min ago", "--evidence x"] {
          let parts = whole.split(separator: " ").map(String.init)
          let ends = Self.words(Terminal.unpainted(row)).last == parts[0] && parts[0] != "18h"
          #expect(!ends || !line.contains(whole) || whole == "22 Nov" && row.contains("22 Nov"), "\(columns): \(row)")
        }
      }
    }
  }

  private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

  private static func isClosed(_ row: String) -> Bool {
    let (opened, closed) = (["\u{1B}[1m", "\u{1B}[2m"], "\u{1B}[22m")
    let colours = ["\u{1B}[31m", "\u{1B}[32m", "\u{1B}[33m"]
    func count(_ text: String) -> Int { row.split(separator: text, omittingEmptySubsequences: false).count - 1 }
    return opened.map(count).reduce(0, +) == count(closed) && colours.map(count).reduce(0, +) == count("\u{1B}[39m")
      && count("\u{1B}]8;;http") == count("\u{1B}]8;;\u{1B}\\")
  }

  @Test func whatFollowsStandsUnderItsColumn() {
    #expect(
      Terminal.folded("  ✗ soak   30h to go, 18h of 48h done and more of it than anybody can read at once", to: 40) == [
        "  ✗ soak   30h to go, 18h of 48h done",
        "      and more of it than anybody can",
        "      read at once",
      ])
    #expect(
      Terminal.folded("  ✗ soak   30h to go, 18h of 48h done and more of it than anybody can read at once", to: 60) == [
        "  ✗ soak   30h to go, 18h of 48h done and more of it than",
        "           anybody can read at once",
      ])
  }

  @Test func aCommandStaysWhole() {
    let command = "  rolloutctl attest a-key-of-quite-some-length gates --evidence \"…\""
    #expect(Terminal.folded(command, to: 60) == [command])
    #expect(Terminal.folded("  " + Self.ink.dim(command), to: 60).count == 1)
    let rows = Terminal.folded(
      "see what is there, then go on with rolloutctl rollback a-key-of-some-length --to off", to: 60)
    #expect(rows.contains { $0.contains("rolloutctl rollback a-key-of-some-length --to off") }, "\(rows)")
  }

  @Test func columnsCountWhatIsSeen() {
    #expect(Terminal.columns(of: Self.ink.bad("漢 a")) == 4)
    #expect(Terminal.columns(of: Terminal.linked("at https://a.example/b now")) == 26)
    #expect(Terminal.unpainted("\u{1B}[31ma\u{1B}]8;;x\u{1B}\\b\u{1B}") == "ab")
  }

  @Test func whatNobodyBreaksIsBrokenAtTheEdge() {
    #expect(Terminal.broken("abcdefgh", at: 3) == ["abc", "def", "gh"])
    #expect(Terminal.broken("漢字漢", at: 5) == ["漢字", "漢"])
    #expect(Terminal.broken(Self.ink.bad("abcd"), at: 2) == ["\u{1B}[31mab\u{1B}[39m", "\u{1B}[31mcd\u{1B}[39m"])
    for columns in 20...80 {
      for row in Terminal.broken(Self.lines[6], at: columns) {
        #expect(Terminal.columns(of: row) <= columns && Self.isClosed(row))
      }
    }
  }

  @Test(arguments: [
    ("see https://a.example/x, then", "https://a.example/x", "https://a.example/x"),
    ("(look at https://a.example/x)", "https://a.example/x", "https://a.example/x"),
    ("https://a.example/x_(y) ", "https://a.example/x_(y)", "https://a.example/x_(y)"),
    ("https://a.example/ü?q=“z", "https://a.example/ü?q=", "https://a.example/%C3%BC?q="),
    ("prometheus+https://p.example:9090 says", "prometheus+https://p.example:9090", "https://p.example:9090"),
    ("http://[::1]:80/a.", "http://[::1]:80/a", "http://[::1]:80/a"),
  ])
  func anAddressIsALink(text: String, shown: String, target: String) {
    let link = "\u{1B}]8;;\(target)\u{1B}\\\(shown)\u{1B}]8;;\u{1B}\\"
    #expect(Terminal.linked(text).contains(link), "\(Terminal.linked(text).debugDescription)")
    #expect(Terminal.unpainted(Terminal.linked(text)) == text)
  }

  @Test(arguments: [
    "https://…@a.example/x", "etcd+https://a.example:2379/p", "file://a/b", "://", "https://", "https://HOST/x",
    "https://a.example/" + String(repeating: "x", count: 3000), "no address",
  ])
  func whatLeadsNowhereIsNone(text: String) { #expect(Terminal.linked(text) == text) }
}
