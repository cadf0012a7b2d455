import Foundation
import Testing

/// A machine that had only the executable: from nothing to a first stage, and every way in which that can go wrong.
@Suite struct FirstMinutesTests {
  /// An empty folder, and a home that is elsewhere.
  final class Place {
    let folder: TemporaryFolder
    private let home: TemporaryFolder

    init() throws { (folder, home) = (try TemporaryFolder(), try TemporaryFolder()) }

    /// In the folder itself or in one below it.
    func run(_ words: [String], below: String = ".", environment: [String: String] = [:]) throws -> Binary.Outcome {
      let binary = try #require(Binary.path)
      return try Tool.sh.run(
        ["-c", "cd \"$0\" && shift && exec \"$@\"", below, "", binary] + words, in: folder,
        environment: ["HOME": home.path, "ROLLOUT_ACTOR": "maya"].merging(environment) { $1 })
    }

    /// What a person would do who types what the program says: the words behind `next: rolloutctl`.
    func follow(_ outcome: Binary.Outcome, below: String = ".") throws -> (words: [String], outcome: Binary.Outcome) {
      let line = outcome.output.split(separator: "\n").last { $0.hasPrefix("next: rolloutctl ") }
      let words = try #require(line, "nothing says what is next: \(outcome)").dropFirst("next: rolloutctl ".count)
        .split(separator: " ").map(String.init)
      return (words, try run(words, below: below))
    }

    /// The stage that the flag file itself shows.
    func stage(of flag: String, in file: String) throws -> String? {
      let document = try #require(try LiveWorld.object(folder.read(file)))
      let flag = (document["flags"] as? [String: Any])?[flag] as? [String: Any]
      #expect(flag?["targeting"] != nil, "nobody is let in")
      return (flag?["metadata"] as? [String: Any])?["rolloutctl.stage"] as? String
    }

    var names: Set<String> {
      Set(FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? [])
    }
  }

  // MARK: Four commands

  struct Way: Sendable, CustomTestStringConvertible {
    var words: [String]
    var flag = "summary"
    var file = "flags.json"
    var below = "."
    var testDescription: String { "\(below): \(words.joined(separator: " "))" }
  }

  static let ways = [
    Way(words: ["summary.md"]), Way(words: ["notes/summary.md"]),
    Way(words: ["summary.md", "--flag", "ai.x"], flag: "ai.x"),
    Way(words: ["summary.md", "--store", "conf/f.json"], file: "conf/f.json"),
    Way(words: ["summary.md", "--store", "file:f.json", "--tier", "0"], file: "f.json"),
    Way(words: ["summary.md", "--change-type", "model"]),
    Way(words: ["summary.md"], file: "sub/flags.json", below: "sub"),
    Way(words: ["../summary.md"], file: "sub/flags.json", below: "sub"),
    Way(words: ["summary.md", "--cohort", "beta: tenant = acme", "--schedule", "beta 1d -> 5% 2d -> 100%"]),
  ]

  /// Each line is the one that the line before it says.
  @Test(arguments: ways) func fourCommandsAndAStageStands(way: Way) throws {
    let place = try Place()
    try FileManager.default.createDirectory(atPath: place.folder.path("sub"), withIntermediateDirectories: true)
    let begun = try place.run(["init"] + way.words, below: way.below)
    #expect(begun.end == .status(0) && begun.errors == "", "\(begun)")
    let checked = try place.follow(begun, below: way.below)
    #expect(checked.words.first == "check" && checked.outcome.end == .status(0), "\(checked)")
    #expect(!checked.outcome.output.contains("error:"), "\(checked)")
    let promoted = try place.follow(checked.outcome, below: way.below)
    #expect(promoted.words.first == "promote" && promoted.outcome.end == .status(0), "\(promoted)")
    let first = way.words.contains("--cohort") ? "beta" : "internal"
    #expect(try place.stage(of: way.flag, in: way.file) == first)
    let status = try place.run(["status", way.words[0]], below: way.below)
    #expect(status.end == .status(0) && status.output.contains("▶ \(first)"), "\(status)")
  }

  /// In a repository a flag file is at its root, or where there is one, and not among the notes.
  @Test(arguments: [true, false]) func aNoteOfARepositoryFindsItsFlagFile(isThere: Bool) throws {
    let place = try Place()
    try place.folder.write(".git/HEAD", "ref: refs/heads/main\n")
    try place.folder.write("notes/old.md", "")
    let text = "{\"flags\":   {}}"
    if isThere { try place.folder.write("flags.json", text) }
    let begun = try place.run(["init", "summary.md"], below: "notes")
    #expect(begun.end == .status(0), "\(begun)")
    #expect(!place.folder.has("notes/flags.json") && begun.output.contains(place.folder.path("flags.json")), "\(begun)")
    if isThere { #expect(try place.folder.read("flags.json") == text) }
    #expect(begun.output.contains("is new") != isThere)
    #expect(try place.run(["promote", "notes/summary.md"]).end == .status(0))
    #expect(try place.stage(of: "summary", in: "flags.json") == "internal")
  }

  /// What the settings say already stands in no note, and the file that they name is made.
  @Test(arguments: [true, false]) func theStoreOfTheSettingsIsMade(isVariable: Bool) throws {
    let place = try Place()
    try place.folder.write("rolloutctl.json", isVariable ? "{}" : #"{"store": "file:conf/live.json"}"#)
    let environment = isVariable ? ["ROLLOUT_STORE": "file:conf/live.json"] : [:]
    let begun = try place.run(["init", "notes/summary.md"], environment: environment)
    #expect(begun.end == .status(0) && begun.output.contains("conf/live.json is new"), "\(begun)")
    #expect(try !place.folder.read("notes/summary.md").contains("Store: file"))
    #expect(try place.run(["promote", "notes/summary.md"], environment: environment).end == .status(0))
    #expect(try place.stage(of: "summary", in: "conf/live.json") == "internal")
  }

  @Test func withoutAPathTheTemplateIsPrinted() throws {
    let place = try Place()
    let bare = try place.run(["init"])
    #expect(bare.end == .status(0) && bare.errors == "" && bare.output.hasPrefix("# AI Rollout Note\n"))
    #expect(try place.run(["init", "-"]) == bare)
    #expect(try place.run(["init", "-", "--owner", "maya"]).output.contains("\nOwner: maya\n"))
    #expect(place.names == [])
    let dry = try place.run(["init", "summary.md", "--dry-run"])
    #expect(dry.end == .status(0) && dry.output.contains("flags.json would be new") && place.names == [], "\(dry)")
  }

  /// Whatever a template can hold can be said without a terminal.
  @Test func everythingIsTakenAsAnOption() throws {
    let place = try Place()
    let words = """
      --flag=ai-x --title=T --change=C --gain=G --risk=R --change-type=tool --tier=3 --owner=O --on-call=P --unit=user \
      --time-zone=UTC --fallback=F --runbook=r.md --exclude=a=b --dashboard=https://d.example.com --evidence=t/*.ndjson
      """.split(separator: " ").map(String.init)
    let labels = ["--version-label", "tool_version = 2", "--control-version", "tool_version = 1"]
    let begun = try place.run(["init", "x.md"] + words + labels)
    #expect(begun.end == .status(0), "\(begun)")
    let text = try place.folder.read("x.md")
    #expect(text.contains("# T\n") && !text.contains(": <!--"), "\(text)")
    let checked = try place.run(["check", "x.md", "--strict"])
    #expect(checked.output.split(separator: "\n").filter { $0.contains("warning") }.count == 1, "\(checked)")
    #expect(checked.output.contains("[runbook-missing]"))
  }

  // MARK: Bad nights

  struct Night: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var words: [String]
    var says: String
    var status: Int32 = 2
  }

  static let nights = [
    Night(testDescription: "the note is there", words: ["init", "old.md"], says: "next: rolloutctl check old.md"),
    Night(testDescription: "a folder", words: ["init", "dir"], says: "name the note in it, such as dir/rollout.md"),
    Night(testDescription: "a folder to be", words: ["init", "new/"], says: "such as new/rollout.md"),
    Night(testDescription: "an empty variable", words: ["init", ""], says: "it is empty"),
    Night(
      testDescription: "an empty owner", words: ["init", "n.md", "--owner", ""], says: "--owner '': it is empty"),
    Night(testDescription: "a link", words: ["init", "link.md"], says: "link.md is a link that leads nowhere"),
    Night(
      testDescription: "a key with a blank", words: ["init", "n.md", "--flag", "ai x"],
      says: "no flag can have this key"),
    Night(testDescription: "a name without letters", words: ["init", "./--.md"], says: "say it with --flag KEY"),
    Night(
      testDescription: "the flag file is a folder", words: ["init", "n.md", "--store", "dir"],
      says: "dir is a folder; name a flag file with --store, such as dir/flags.json"),
    Night(testDescription: "YAML", words: ["init", "n.md", "--store", "f.yaml"], says: "JSON, not YAML"),
    Night(
      testDescription: "a name of no store", words: ["init", "n.md", "--store", "prod"],
      says: "no store is called prod in rolloutctl.json; a flag file is named like prod.json"),
    Night(
      testDescription: "a store of no kind", words: ["init", "n.md", "--store", "ftp://x"],
      says: "there is no store \"ftp:\"",
      status: 1),
    Night(
      testDescription: "the flag file's folder is a file", words: ["init", "n.md", "--store", "old.md/f.json"],
      says: "old.md", status: 1),
    Night(
      testDescription: "no note to check", words: ["check", "no.md"], says: "rolloutctl init no.md writes a new one"),
    Night(
      testDescription: "a misspelled note", words: ["promote", "dir/../odl.md"], says: "did you mean dir/../old.md?"),
    Night(testDescription: "a misspelled note to check", words: ["check", "odl.md"], says: "did you mean old.md?"),
    Night(
      testDescription: "no note to promote", words: ["promote", "no.md"], says: "rolloutctl init no.md writes a new one"
    ),
  ]

  /// Nothing is written, and the sentence leads on.
  @Test(arguments: nights) func aBadNightWritesNothing(night: Night) throws {
    let place = try Place()
    try place.folder.write("old.md", "# Mine\n")
    try place.folder.write("dir/keep", "")
    symlink("nowhere.md", place.folder.path("link.md"))
    let before = place.names
    let outcome = try place.run(night.words)
    #expect(outcome.end == .status(night.status), "\(outcome)")
    #expect((outcome.output + outcome.errors).contains(night.says), "\(outcome)")
    #expect(place.names == before, "\(outcome)")
    #expect(try place.folder.read("old.md") == "# Mine\n")
  }

  /// Before the first move no journal knows the key.
  @Test(arguments: ["summary", "summry.md", "sumary"]) func aKeyThatNobodyKnowsYetLeadsToItsNote(typed: String) throws {
    let place = try Place()
    #expect(try place.run(["init", "summary.md"]).end == .status(0))
    let outcome = try place.run(["promote", typed])
    #expect(outcome.end == .status(2) && outcome.errors.hasSuffix("did you mean summary.md?\n"), "\(outcome)")
  }

  @Test func helpSaysHowAMissingNoteExits() throws {
    let (outcome, help) = (try Binary.run(["check", "no.md"]), try Binary.run(["help", "check"]).output)
    #expect(help.contains("  \(outcome.status)  the command line was wrong, or there is no such note\n"), "\(outcome)")
  }

  /// A flag file that nobody can read stays as it is, and is told of before the note is put to work.
  @Test func aBrokenFlagFileIsToldOf() throws {
    let place = try Place()
    try place.folder.write("flags.json", "{\"flags\": ")
    let begun = try place.run(["init", "summary.md"])
    #expect(begun.end == .status(0) && begun.errors.contains("mend it first"), "\(begun)")
    #expect(try place.folder.read("flags.json") == "{\"flags\": ")
  }

  @Test(.enabled(if: BadDiskTests.canMount, BadDiskTests.reason)) func aReadOnlyFolderIsSaid() throws {
    let runs = try BadDiskTests.play(
      """
      mkdir disk; mount -t tmpfs -o size=64k tmpfs disk; mount -o remount,ro disk; cd disk
      run init init summary.md
      ls >"$OUT/names"
      """, in: LiveWorld())
    #expect(try runs["init"].status == 1 && runs["init"].errors.contains("the file system is read-only"))
    #expect(try runs.file("names") == "")
  }

  // MARK: Repairs

  /// What is proposed makes the file that the note means, from every folder, and after it the same line goes through.
  @Test(arguments: [".", "notes", "svc"]) func aRepairNamesTheFileThatIsRead(below: String) throws {
    let place = try Place()
    try place.folder.write(".git/HEAD", "ref: refs/heads/main\n")
    try place.folder.write("notes/summary.md", LiveWorld.plainNote)
    try place.folder.write("svc/keep", "")
    let note = place.folder.path("notes/summary.md")
    let refused = try place.run(["promote", note], below: below)
    #expect(refused.end == .status(1), "\(refused)")
    #expect(!refused.errors.contains("notes/flags.json"), "\(refused)")
    let repair = try #require(refused.errors.components(separatedBy: "(a new one: ").dropFirst().first)
    let line = String(try #require(repair.components(separatedBy: ")\n").first))
    #expect(try Tool.sh.run(["-c", line], in: place.folder).end == .status(0))
    #expect(try place.run(["promote", note], below: below).end == .status(0))
    #expect(try place.stage(of: "ai-summary", in: "flags.json") == "internal")
  }

  /// From below, an address that starts at a folder above does not tell where the file is.
  @Test(arguments: [true, false]) func aStoreFromAboveIsShownWithItsPlace(isConfigured: Bool) throws {
    let place = try Place()
    try place.folder.write("flags.json", "{\"flags\": {}}")
    try place.folder.write("rolloutctl.json", isConfigured ? #"{"store": "file:flags.json"}"# : "{}")
    let note = LiveWorld.plainNote.replacing(
      "Store: file:flags.json\n", with: isConfigured ? "" : "Store: file:flags.json\n")
    try place.folder.write("notes/summary.md", note)
    #expect(try place.run(["promote", "summary.md"], below: "notes").end == .status(0))
    let status = try place.run(["status", "summary.md"], below: "notes").output
    #expect(status.contains("   file:\(place.folder.path("flags.json"))\n"), "\(status)")
    #expect(try place.run(["status", "notes/summary.md"]).output.contains("   file:flags.json\n"))
  }

  // MARK: At a terminal

  private func answer(_ answers: [String], _ words: [String], in place: Place) throws -> Binary.Outcome {
    let answers = String(decoding: try JSONEncoder().encode(answers), as: UTF8.self)
    return try Tool.python.run(
      [Live.script("answers.py"), answers, try #require(Binary.path)] + words, in: place.folder,
      environment: ["ROLLOUT_ACTOR": "maya"])
  }

  @Test(.enabled(if: Tool.python.isWanted, Tool.python.reason)) func aTerminalIsAsked() throws {
    let place = try Place()
    let outcome = try answer(
      [
        "ai search", "ai-search", "ranking v1 -> v2", "", "7", "1", "v2", "prompt version", "v1", "the old list",
        "staff", "plan = beta", "",
      ],
      ["init", "notes/search.md"], in: place)
    #expect(outcome.end == .status(0), "\(outcome)")
    #expect(outcome.output.contains("ai search cannot be taken") && outcome.output.contains("7 cannot be taken"))
    let text = try place.folder.read("notes/search.md")
    for line in [
      "Flag: ai-search", "Change: ranking v1 -> v2", "Owner: maya", "Tier: 1", "Version: prompt_version = v2",
      "Control version: prompt_version = v1", "Fallback: the old list", "- internal: plan = beta",
      "Store: file:flags.json",
    ] { #expect(text.contains("\n\(line)\n"), "\(line) in \(text)") }
    #expect(text.contains("\nDashboard / query: <!--"))
    let checked = try place.run(["check", "notes/search.md"])
    #expect(checked.end == .status(0), "\(checked)")
    #expect(try place.run(["promote", "notes/search.md"]).end == .status(0))
    #expect(try place.stage(of: "ai-search", in: "flags.json") == "internal")
  }

  /// Only Enter: what is in brackets, the rest open.
  @Test(.enabled(if: Tool.python.isWanted, Tool.python.reason)) func emptyAnswersLeaveItOpen() throws {
    let place = try Place()
    let outcome = try answer(Array(repeating: "", count: 9), ["init", "summary.md"], in: place)
    #expect(outcome.end == .status(0), "\(outcome)")
    let text = try place.folder.read("summary.md")
    #expect(text.contains("\nFlag: summary\n") && text.contains("\nOwner: maya\n") && text.contains("\nFallback: <!--"))
  }

  /// What a flag gave is not asked.
  @Test(.enabled(if: Tool.python.isWanted, Tool.python.reason)) func whatIsKnownIsNotAsked() throws {
    let place = try Place()
    let words = ["--flag=ai-x", "--owner=lee", "--tier=3", "--fallback=none", "--change=c", "--dashboard=d"]
    let outcome = try answer(["", "", ""], ["init", "x.md"] + words, in: place)
    #expect(outcome.end == .status(0) && !outcome.output.contains("Owner"), "\(outcome)")
  }

  @Test(.enabled(if: Tool.python.isWanted, Tool.python.reason), arguments: 0..<9, ["\u{4}", "\u{3}"])
  func whoStopsInTheMiddleHasWrittenNothing(count: Int, key: String) throws {
    let place = try Place()
    let outcome = try answer(Array(repeating: "", count: count) + [key], ["init", "x.md"], in: place)
    #expect(outcome.end == .status(key == "\u{4}" ? 2 : 130), "\(outcome)")
    if key == "\u{4}" { #expect(outcome.output.contains("nothing was written"), "\(outcome)") }
    #expect(place.names == [])
  }

  /// Nobody answers ten questions for a note that cannot be written.
  @Test(.enabled(if: Tool.python.isWanted, Tool.python.reason)) func aNoteThatIsThereAsksNothing() throws {
    let place = try Place()
    try place.folder.write("x.md", "mine")
    let outcome = try answer([], ["init", "x.md"], in: place)
    #expect(outcome.end == .status(2) && !outcome.output.contains("[x]"), "\(outcome)")
    #expect(try place.folder.read("x.md") == "mine")
  }
}
