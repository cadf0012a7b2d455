import Foundation
import Testing

@testable import RolloutOps
@testable import rolloutctl

extension DocumentationTests {
  /// The README shows what the program really prints.
  ///
  /// Its `console` blocks are typed in order, line by line after `$ `, in the folder that the demo leaves; what follows
  /// a line is what it printed, both streams together. The `markdown` block is the demo's note, and the tables of verbs
  /// and exit codes are those of the program. `ROLLOUTCTL_REGENERATE=1 swift test --filter Readme` writes all of that
  /// anew; an output that differs in nothing but times is left as it is.
  @Suite(.serialized) struct ReadmeTests {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] != nil))
    func regenerate() throws {
      let text = try Readme.remade(Repository.text("README.md"))
      try Data(text.utf8).write(to: Repository.root.appendingPathComponent("README.md"))
    }

    @Test func everythingPrintedInItIsPrinted() throws {
      let text = try Repository.text("README.md")
      let remade = try Readme.remade(text)
      let (old, new) = (Readme.lines(text), Readme.lines(remade))
      let place = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
      let hint: Comment = """
        README.md:\(place + 1) is stale: ROLLOUTCTL_REGENERATE=1 swift test --filter Readme
        there: \(place < old.count ? old[place] : "(end)")
        made:  \(place < new.count ? new[place] : "(end)")
        """
      let same = text == remade
      #expect(same, hint)
    }

    @Test func theTwoCommandsAreTheTwo() throws {
      let text = try Repository.text("README.md")
      #expect(text.contains("\n```sh\nswift run rolloutctl demo\nswift test\n```\n"))
      #expect(text.components(separatedBy: "```console\n").count > 2, "nothing would be compared")
    }

    @Test func whatItNamesExists() throws {
      let spans = Span.read(Readme.prose(try Repository.text("README.md"))).filter(\.isLiteral).map(\.text)
      let table = CommandTable.rolloutctl
      for words in spans.map({ $0.split(separator: " ").map(String.init) }) where words.first == "rolloutctl" {
        guard words.count > 1 else { continue }
        #expect(table[words[1]] != nil, "\(words)")
      }
      let flags = Set(table.allFlags.map(\.spelling))
      for span in spans where !span.contains("swift test") {
        for word in span.split(separator: " ") where word.hasPrefix("--") {
          #expect(flags.contains(String(word)), "\(span)")
        }
      }
      let folders = spans.filter { $0.hasPrefix("Sources/") }
      #expect(try folders.sorted() == Self.folders())
      let sources = Repository.root.appendingPathComponent("Sources").path
      let files = try FileManager.default.subpathsOfDirectory(atPath: sources).map { Path.name(of: $0) }
      for file in spans where file.hasSuffix(".swift") { #expect(files.contains(file), "\(file)") }
    }

    private static func folders() throws -> [String] {
      try ["Sources/RolloutOps", "Sources/rolloutctl"].flatMap { above in
        try FileManager.default.contentsOfDirectory(atPath: Repository.root.appendingPathComponent(above).path)
          .filter { !$0.hasSuffix(".swift") }.map { "\(above)/\($0)" }
      }.sorted()
    }

    @Test(arguments: [
      ("since Fri 20 Nov 17:52 +00:00   18h of 48h", "since <time> 18h of 48h"),
      ("Tue 8 Dec 2026 09:05 +01:00  maya", "<time> maya"),
      ("Tue 8 Dec 2026 09:05 +01:00  12 min ago  maya", "<time> maya"),
      ("by maya, Tue 8 Dec 09:05 +01:00, just now: everybody", "by maya, <time>: everybody"),
      ("soak   29h 59m to go, 18h 2m of 48h done", "soak   29h to go, 18h of 48h done"),
      (
        "OFF: everybody gets \"off\"   74.6 ms   file:flags.json",
        "OFF: everybody gets \"off\"   <measured>   file:flags.json"
      ),
      ("internal lasted 3d 4h of 24h", "internal lasted 3d 4h of 24h"),
    ])
    func onlyTimesAreVolatile(line: String, plain: String) {
      #expect(Readme.plain(line) == plain)
    }
  }
}

/// The README as text: where its made parts are, and how they are made.
enum Readme {
  static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Without its blocks.
  static func prose(_ text: String) -> String {
    text.components(separatedBy: "```").enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined()
  }

  static func remade(_ text: String) throws -> String {
    let world = try DemoWorld.played()
    var made: [String] = []
    var rest = lines(text)[...]
    func takeBlock() -> [String] {
      let block = Array(rest.prefix { $0 != "```" })
      rest = rest.dropFirst(block.count)
      return block
    }
    while let line = rest.popFirst() {
      made.append(line)
      switch line {
      case "```markdown":
        _ = takeBlock()
        made += lines(DemoFiles.note).dropLast()
      case "```console": made += try played(takeBlock(), in: world)
      case "| group | commands | for |": made += remadeTable(&rest, verbs)
      case "| code | meaning |":
        made += remadeTable(&rest, ExitStatus.allCases.map { "| \($0.rawValue) | \($0.meaning) |" })
      default: break
      }
    }
    return made.joined(separator: "\n")
  }

  private static func remadeTable(_ rest: inout ArraySlice<String>, _ rows: [String]) -> [String] {
    let separator = rest.popFirst() ?? ""
    rest = rest.drop { $0.hasPrefix("|") }
    return [separator] + rows
  }

  private static var verbs: [String] {
    CommandGroup.inOrder.map { group in
      let names = CommandTable.rolloutctl.descriptions.filter { $0.group == group }.map { "`\($0.name)`" }
      return "| \(group.name) | \(names.joined(separator: " ")) | \(group.summary) |"
    }
  }

  /// The block with what its lines print now.
  private static func played(_ block: [String], in world: DemoWorld) throws -> [String] {
    var made: [String] = []
    var rest = block[...]
    while let line = rest.popFirst() {
      guard line.hasPrefix("$ ") else {
        throw Binary.Failure(description: "a console block begins with a command, not with: \(line)")
      }
      let shown = Array(rest.prefix { !$0.hasPrefix("$ ") })
      rest = rest.dropFirst(shown.count)
      let outcome = try world.type(String(line.dropFirst(2)), merged: true)
      guard outcome.status >= 0 else { throw Binary.Failure(description: "\(line): \(outcome)") }
      let printed = Array(lines(outcome.output.replacingOccurrences(of: world.folder.path, with: "~")).dropLast())
      made.append(line)
      made += shown.map(plain) == printed.map(plain) ? shown : printed
    }
    return made
  }

  /// Without what another run prints otherwise: moments, with their ages and the spaces that align what follows them; the minutes of
  /// hours, since a slow machine takes some between the demo and here; and measured times.
  static func plain(_ line: String) -> String {
    line
      .replacing(#/([+-]\d\d:\d\d)(, | +)(just now|\d+(h| min| days) ago)/#) { $0.1 }
      .replacing(#/(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}( \d{4})? \d\d:\d\d [+-]\d\d:\d\d */#) { match in
        match.0.hasSuffix(" ") ? "<time> " : "<time>"
      }
      .replacing(#/\b(\d+h) \d+m\b/#) { $0.1 }
      .replacing(#/\b\d+(\.\d+)? (ms|s)\b/#) { _ in "<measured>" }
  }
}
