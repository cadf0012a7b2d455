import Foundation
import RolloutOps
import Testing

@testable import rolloutctl

/// What is printed for eyes: as wide as the terminal, with ages, colours and links where they are wanted, and help page by
/// page.
@Suite(.enabled(if: Live.hasFlagsPython || Live.isRequired, Live.flagsReason)) struct TerminalTests {
  // MARK: Widths

  static let lines = [
    "status ai-summary", "gate ai-summary", "history ai-summary", "changes --since 30d", "plan notes/summary.md",
    "promote ai-summary", "help", "help kill", "help notes", "status -h", "-h",
  ]

  /// Whatever the width: the same words in the same order, and none that is cut.
  @Test(arguments: lines) func everyWidthHasTheSameWords(line: String) throws {
    let world = try DemoWorld.played()
    // Without the bar, for which a narrow line has no room, and the minutes of hours, which pass meanwhile.
    func words(_ text: String) -> [String] {
      let words = text.split(whereSeparator: \.isWhitespace).filter { word in !word.allSatisfy { "█░".contains($0) } }
      return words.joined(separator: " ").replacing(#/\b(\d+h) \d+m\b/#) { $0.1 }.split(separator: " ").map(String.init)
    }
    let whole = try world.type("rolloutctl \(line)", merged: true).output
    for columns in [60, 61, 72, 80, 99, 120, 160, 200] {
      let text = try world.type("COLUMNS=\(columns) rolloutctl \(line)", merged: true).output
      // In short help a comment stands above its line where both do not fit on one.
      let (some, all) = (words(text), words(whole))
      #expect(line.hasSuffix("-h") ? some.sorted() == all.sorted() : some == all, "\(columns):\n\(text)")
      for row in Readme.lines(text) where Terminal.width(row) > columns {
        let isCommand = row.contains("rolloutctl ") || row.hasPrefix("    ") && line.hasPrefix("help")
        #expect(isCommand, "\(columns): \(row)")
      }
    }
  }

  @Test func linesFillTheWindow() throws {
    let world = try DemoWorld.played()
    let narrow = try world.type("COLUMNS=60 rolloutctl help kill").output
    let wide = try world.type("COLUMNS=200 rolloutctl help kill").output
    #expect(Readme.lines(narrow).count > Readme.lines(wide).count * 3 / 2)
    #expect(Readme.lines(wide).map { Terminal.width($0) }.max().map { $0 > 180 } == true)
    let play = try TerminalPlay.of(
      ["status", "ai-summary"], in: world.folder, at: world.place, columns: 60, rows: 50, [.end])
    #expect(play.last.contains("    https://dashboards.example.com/d/summary, then attest"), "\(play.last)")
  }

  // MARK: Ages

  @Test func agesStandBesideTimesForEyesOnly() throws {
    let world = try DemoWorld.played()
    for line in ["history ai-summary", "changes --since 30d"] {
      let rows = Readme.lines(try world.type("rolloutctl \(line)").output).filter { !$0.isEmpty }
      #expect(rows.allSatisfy { $0.contains(#/\+00:00  (\d+ min|\d+h|\d+ days) ago +/#) }, "\(rows)")
      #expect(rows.first?.contains(" days ago ") == true && rows.last?.contains("18h ago") == true, "\(rows)")
      let json = try world.type("rolloutctl \(line) --format json").output
      #expect(!json.contains("ago\"") && !json.contains("just now"))
    }
    _ = try world.type("rolloutctl kill ai-summary")
    for line in ["status", "status ai-summary"] {
      #expect(try world.type("rolloutctl \(line)").output.contains("+00:00, just now"))
      for format in ["json", "markdown"] {
        #expect(try !world.type("rolloutctl \(line) --format \(format)").output.contains("just now"))
      }
    }
  }

  // MARK: Colours and links

  @Test(arguments: [
    ("", false), ("CLICOLOR_FORCE=1", true), ("CLICOLOR_FORCE=0", false), ("CLICOLOR_FORCE=1 NO_COLOR=1", false),
    ("CLICOLOR_FORCE=1 NO_COLOR=", true), ("CLICOLOR_FORCE=1 TERM=dumb", true),
  ])
  func aPipeHasColoursOnlyWhereTheyAreForced(variables: String, isPainted: Bool) throws {
    let world = try DemoWorld.played()
    let text = try world.type("\(variables) rolloutctl status ai-summary").output
    #expect(text.contains("\u{1B}[") == isPainted)
    #expect(!text.contains("\u{1B}]"), "a link in a pipe")
    #expect(try !world.type("\(variables) rolloutctl status ai-summary --color never").output.contains("\u{1B}"))
    #expect(try world.type("\(variables) rolloutctl status ai-summary --color always").output.contains("\u{1B}["))
  }

  @Test(
    arguments: [
      ([:], true, true), (["NO_COLOR": "1"], false, true), (["CLICOLOR": "0"], false, true),
      (["TERM": "dumb"], false, false), (["CI": "true"], true, false),
    ] as [([String: String], Bool, Bool)])
  func aTerminalHasThemUnlessTheyAreUnwanted(variables: [String: String], isPainted: Bool, isLinked: Bool) throws {
    let world = try DemoWorld.played()
    let play = try TerminalPlay.of(
      ["status", "ai-summary"], in: world.folder, at: world.place, rows: 50, environment: variables, [.end])
    #expect(play.written.contains("\u{1B}[1m") == isPainted)
    let address = "https://dashboards.example.com/d/summary"
    let link = "\u{1B}]8;;\(address)\u{1B}\\\(address)\u{1B}]8;;\u{1B}\\"
    #expect(play.written.components(separatedBy: link).count == (isLinked ? 3 : 1), "\(play.written.debugDescription)")
    // A link takes no columns and stays on its line.
    for line in play.written.components(separatedBy: "\r\n") {
      #expect(Terminal.columns(of: line) <= 80)
      #expect(line.components(separatedBy: "]8;;http").count == line.components(separatedBy: "]8;;\u{1B}").count)
    }
  }

  /// Each stream for itself: the refusal goes to a file, the result to the terminal.
  @Test func whatGoesToAFileHasNoColours() throws {
    let world = try DemoWorld.played()
    let play = try TerminalPlay.of(
      ["-c", "rolloutctl kill ai-summary; rolloutctl promote ai-summary 2> errors; true"], in: world.folder,
      at: world.place, program: "/bin/sh", [.end])
    #expect(play.written.contains("\u{1B}["))
    let errors = try world.folder.read("\(world.place)/errors")
    #expect(errors.contains("not done") && !errors.contains("\u{1B}"), "\(errors.debugDescription)")
  }

  // MARK: Help

  @Test func theNameAloneIsAnsweredWithAScreenOfHelp() throws {
    let outcome = try Binary.run([])
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
    #expect(outcome.output == (try Binary.run(["-h"]).output))
    let lines = Readme.lines(outcome.output)
    #expect(lines.count <= 24, "\(lines.count) lines")
    for command in CommandTable.names { #expect(outcome.output.contains(" \(command)"), "\(command)") }
    #expect(try Binary.run(["-q"]).status == 2)
  }

  /// Twenty lines, and a few more where a command has many flags of its own.
  @Test(arguments: CommandTable.names) func shortHelpFitsAScreen(command: String) throws {
    let outcome = try Binary.run([command, "-h"])
    #expect(outcome.status == 0 && outcome.errors == "")
    #expect(try Binary.run(["-h", command]).output == outcome.output)
    let lines = Readme.lines(outcome.output)
    let own = try #require(CommandTable.rolloutctl[command]).description.flags.filter { !$0.isCommon }
    #expect(lines.count <= 16 + own.count + own.count / 3, "\(lines.count): \(outcome.output)")
    #expect(outcome.output.contains("Usage: rolloutctl \(command)"))
    for flag in own { #expect(outcome.output.contains(flag.spelling), "\(flag.spelling)") }
    for example in try #require(CommandTable.rolloutctl[command]).description.examples() {
      #expect(lines.contains { $0.hasPrefix("  " + example.line) }, "\(example.line)")
    }
    let whole = try Binary.run([command, "--help"]).output
    #expect(whole.contains("Exit status:") && !outcome.output.contains("Exit status:"))
    #expect(try Binary.run(["help", command]).output == whole)
  }

  private func page(
    _ words: [String], rows: Int = 24, _ environment: [String: String], _ steps: [TerminalPlay.Step] = [.end]
  ) throws -> (play: TerminalPlay, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    return (try TerminalPlay.of(words, in: folder, rows: rows, environment: environment, steps), folder)
  }

  @Test func allOfHelpGoesThroughThePager() throws {
    let tell = ["PAGER": "cat > paged; env | grep -E '^(LESS|LV)=' > settings"]
    for words in [["kill", "--help"], ["help", "kill"], ["--help"], ["help", "notes"]] {
      let (play, folder) = try page(words, tell)
      #expect(try folder.read("paged") == Binary.run(words).output, "\(words)")
      #expect(try folder.read("settings").split(separator: "\n").sorted() == ["LESS=FRX", "LV=-c"])
      #expect(play.end == 0 && play.written == "", "\(play.written)")
    }
    let (_, folder) = try page(["help", "kill"], tell.merging(["LESS": "M"]) { $1 })
    #expect(try folder.read("settings").contains("LESS=M"))
  }

  /// In the middle of the night nobody turns pages.
  @Test(
    arguments: [
      (["kill", "-h"], 24, [:]), ([], 30, [:]), (["kill", "--help"], 200, [:]),
      (["kill", "--help"], 24, ["TERM": "dumb"]),
      (["kill", "--help"], 24, ["CI": "true"]), (["kill", "--help"], 24, ["ROLLOUTCTL_PAGER": "cat"]),
      (["kill", "nobody"], 5, [:]), (["kill", "--help"], 24, ["ROLLOUTCTL_PAGER": "no-such-pager"]),
      (["kill", "--help"], 24, ["ROLLOUTCTL_PAGER": "./no-such-pager 2> /dev/null"]),
      (["kill", "--help"], 24, ["ROLLOUTCTL_PAGER": "false"]),
    ] as [([String], Int, [String: String])])
  func withoutAPagerItIsPrinted(words: [String], rows: Int, variables: [String: String]) throws {
    let (play, folder) = try page(
      words, rows: rows, ["PAGER": "touch paged; cat > /dev/null"].merging(variables) { $1 })
    #expect(!folder.has("paged"))
    let plain = try Binary.run(words, in: try TemporaryFolder())
    #expect(play.end == plain.status)
    if plain.status == 0 {
      #expect(play.written.replacingOccurrences(of: "\r\n", with: "\n") == plain.output)
    }
  }

  /// A pager that leaves early is no trouble, and its Ctrl-C ends no more than it wants to.
  @Test func aPagerMayLeave() throws {
    let (play, _) = try page(["help", "notes"], ["PAGER": "head -n 1"])
    #expect(play.end == 0 && play.written.contains("notes: the rollout note"), "\(play.written)")
    let (paged, _) = try page(
      ["help", "notes"], ["PAGER": "trap 'exit 3' INT; echo up; while :; do sleep 0.1; done"],
      [.see("up"), .type("\u{3}"), .end])
    #expect(paged.end == 0, "\(paged.written)")
  }

  @Test func lessShowsThePagesAndGivesTheTerminalBack() throws {
    try #require(Tool(name: "less").path != nil || !Live.isRequired)
    guard Tool(name: "less").path != nil else { return }
    let (play, _) = try page(
      ["kill", "--help"], [:],
      // Less asks in the last row once it has filled the others.
      [.see("Usage: rolloutctl kill"), .see("\n:"), .shot("first"), .type(" "), .miss("Usage:"), .type("q"), .end])
    #expect(play.shots["first"]?.count == 24)
    #expect(play.end == 0)
    play.expectGivenBack()
  }
}
