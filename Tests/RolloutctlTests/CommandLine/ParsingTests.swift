import RolloutOps
import Testing

@testable import rolloutctl

/// What a command line is read as. Nothing acts here.
@Suite struct ParsingTests {
  private func request(_ words: [String]) throws(UsageError) -> CommandTable.Request {
    try CommandTable.rolloutctl.parse(words)
  }

  private func options<Options>(_ type: Options.Type, _ words: [String]) throws -> Options {
    guard case .command(let options, _) = try request(words) else { throw Unexpected() }
    return try #require(options as? Options)
  }

  private struct Unexpected: Error {}

  private func fault(_ words: [String]) -> UsageError? {
    do {
      _ = try request(words)
      return nil
    } catch {
      return error
    }
  }

  @Test func whatCollectsMayBeGivenAgain() throws {
    let words = ["a", "--canary", "v7", "--control", "v6", "--canary=v8", "--traces", "b", "--by", "x"]
    guard case .options(let options, _) = try CompareOptions.read(words, defaults: [], others: { [] }) else {
      throw Unexpected()
    }
    #expect(options.request.canaries == ["v7", "v8"] && options.request.traces == ["b", "a"])
    #expect(throws: UsageError(command: "compare", fault: .givenTwice(flag: "--by"))) {
      try CompareOptions.read(words + ["--by", "y"], defaults: [], others: { [] })
    }
  }

  @Test(arguments: [
    ["promote", "n.md", "--to", "5% of paid"],
    ["promote", "--to", "5% of paid", "n.md"],
    ["promote", "--to=5% of paid", "n.md"],
    ["promote", "--to=5% of paid", "--", "n.md"],
    ["--", "promote", "n.md", "--to", "5% of paid"],
  ])
  func readsAFlagBeforeAndAfterTheTarget(words: [String]) throws {
    var expected = PromoteOptions()
    expected.target = "n.md"
    expected.to = "5% of paid"
    #expect(try options(PromoteOptions.self, words) == expected)
  }

  @Test(arguments: [["-n", "5"], ["-n5"], ["-n=5"], ["--limit", "5"], ["--limit=5"], ["-qn5"], ["-qvn", "5"]])
  func readsShortSpellings(words: [String]) throws {
    #expect(try options(HistoryOptions.self, ["history"] + words).limit == 5)
  }

  @Test func bundlesSwitches() throws {
    let common = try options(KillOptions.self, ["kill", "a", "-qv", "b"]).common
    #expect(common.quiet && common.verbose)
  }

  @Test func everythingAfterTwoDashesIsAWord() throws {
    #expect(
      try options(KillOptions.self, ["kill", "a", "--", "--all", "-q", "--"]).flags == ["a", "--all", "-q", "--"])
    #expect(try options(KillOptions.self, ["kill", "-5", "-"]).flags == ["-5", "-"])
  }

  @Test func commonFlagsBeforeTheCommandAreDefaults() throws {
    let before = try options(KillOptions.self, ["--store", "a.json", "-q", "--format=json", "kill", "x"]).common
    #expect(before.stores == ["a.json"] && before.quiet && before.format == .json)
    let both = try options(KillOptions.self, ["--store", "a.json", "kill", "--store", "b.json", "x"]).common
    #expect(both.stores == ["b.json"])
    let several = try options(KillOptions.self, ["kill", "--store", "b.json", "x", "--store=c.json"]).common
    #expect(several.stores == ["b.json", "c.json"])
    #expect(try options(RestoreOptions.self, ["--reason", "r", "restore", "x"]).common.reason == "r")
  }

  @Test(
    arguments: [
      (["promote", "--help"], "promote", .whole), (["promote", "-h", "--bogus"], "promote", .short),
      (["-h", "kill"], "kill", .short), (["--help", "kill"], "kill", .whole), (["--help"], nil, .whole),
      (["-h"], nil, .short), (["promote", "-qh"], "promote", .short), ([], nil, .short),
    ] as [([String], String?, HelpLength)])
  func helpIsAskedInManyWays(words: [String], command: String?, length: HelpLength) throws {
    guard case .help(let asked, let howMuch) = try request(words) else { throw Unexpected() }
    #expect(asked == command && howMuch == length)
  }

  @Test func versionIsAFlagAndACommand() throws {
    guard case .version = try request(["--version"]) else { throw Unexpected() }
    #expect(try options(VersionOptions.self, ["version"]) == VersionOptions())
  }

  @Test func readsValuesIntoWhatTheyMean() throws {
    #expect(try options(KillOptions.self, ["kill", "x"]).within == nil)
    #expect(try options(KillOptions.self, ["kill", "x", "--within", "2m"]).within == .minutes(2))
    #expect(try options(KillOptions.self, ["kill", "x", "--within", "90"]).within == TimeSpan(seconds: 90))
    #expect(try options(DoctorOptions.self, ["doctor", "--within=5"]).within == TimeSpan(seconds: 5))
    #expect(try options(ChangesOptions.self, ["changes", "--since=2h"]).since == "2h")
    #expect(try options(ChangesOptions.self, ["changes", "--until", "2026-11-24T10:00"]).until == "2026-11-24T10:00")
    #expect(try options(PlanOptions.self, ["plan", "n.md", "--at", "2026-11-24T10:00"]).at == "2026-11-24T10:00")
    let note = try options(
      InitOptions.self,
      ["init", "--version-label", "prompt_version = v7", "--tier", "0", "--change-type", "model", "--store", "f.json"])
    #expect(note.answers.version == VersionLabel(field: "prompt_version", value: "v7").description)
    #expect(note.answers.tier == 0 && note.answers.changeType == .model && note.answers.store == "f.json")
    #expect(note.note == nil)
    #expect(try options(CheckOptions.self, ["check", "a", "b", "--format", "github"]).notes == ["a", "b"])
  }

  @Test(
    arguments: [
      (["-q"], nil, .noCommand),
      (["promot", "x"], nil, .unknownCommand("promot", nearest: "promote")),
      (["xyzzy"], nil, .unknownCommand("xyzzy", nearest: nil)),
      (["--stroe", "a", "promote"], nil, .unknownFlag("--stroe", nearest: "--store")),
      (["--stroe", "a", "kill"], "kill", .misspelledFlag("--stroe", meant: "--store")),
      (["--to", "x", "promote"], nil, .foreignFlag("--to")),
      (["--store"], nil, .valueMissing(flag: "--store", valueName: "ADDRESS")),
      (["promote", "x", "--dryrun"], "promote", .unknownFlag("--dryrun", nearest: "--dry-run")),
      (["promote", "x", "-dry-run"], "promote", .unknownFlag("-dry-run", nearest: "--dry-run")),
      (["promote", "x", "-z"], "promote", .unknownFlag("-z", nearest: nil)),
      (["promote", "x", "--verify"], "promote", .foreignFlag("--verify")),
      (["--store", "a", "version"], "version", .foreignFlag("--store")),
      (["promote", "x", "--to"], "promote", .valueMissing(flag: "--to", valueName: "STAGE")),
      (
        ["promote", "x", "--reason", "--dry-run"], "promote",
        .valueLooksLikeFlag(flag: "--reason", valueName: "TEXT", word: "--dry-run")
      ),
      (["promote", "x", "--dry-run=yes"], "promote", .valueUnwanted(flag: "--dry-run", value: "yes")),
      (["promote", "x", "--to="], "promote", .badValue(of: "--to", value: "", reason: "it is empty")),
      (["promote", ""], "promote", .badValue(of: "TARGET", value: "", reason: "it is empty")),
      (["promote", "x", "--to", "a", "--to", "a"], "promote", .givenTwice(flag: "--to")),
      (["promote"], "promote", .argumentMissing("TARGET")),
      (["promote", "x", "y"], "promote", .argumentUnexpected("y")),
      (["restore", "x"], "restore", .flagMissing("--reason TEXT")),
      (["exclude", "x", "tenant=a"], "exclude", .flagMissing("--reason TEXT")),
      (
        ["history", "-n", "-5"], "history",
        .badValue(of: "-n", value: "-5", reason: "it is a whole number of at least 1")
      ),
      (
        ["status", "--format", "xml"], "status",
        .badValue(of: "--format", value: "xml", reason: "it is one of text, json, markdown")
      ),
      (["kill"], "kill", .senseless("FLAG is missing; or say --all, or --on-alert")),
      (["kill", "x", "--all"], "kill", .senseless("--all, --on-alert and single flags exclude each other")),
    ] as [([String], String?, UsageError.Fault)])
  func saysWhatIsWrong(words: [String], command: String?, fault: UsageError.Fault) {
    let found = self.fault(words)
    #expect(found?.command == command && found?.fault == fault)
  }

  @Test(arguments: [
    ["promote", "x", "--override", "soak"], ["finish", "x", "--override", "soak"],
    ["kill", "x", "--within", "0s"], ["kill", "x", "--within", "0"],
    ["status", "--interval", "5s"], ["status", "--watch", "--interval", "0s"], ["replan", "x"],
    ["init", "--version-label", "v7"], ["init", "--tier", "4"], ["completions", "tcsh"], ["completions"],
    ["history", "--action", "kil"], ["history", "--limit", "0"],
  ])
  func refusesWhatMakesNoSense(words: [String]) {
    #expect(fault(words)?.command == words[0])
  }

  @Test func saysItInWordsThatATerminalCanBear() {
    let message = fault(["promote", "x", "--t\u{1B}[2Jo"])?.message(program: "rolloutctl")
    #expect(message == "rolloutctl promote: there is no flag --t\\u{1b}[2Jo\ntry 'rolloutctl help promote'\n")
    #expect(
      fault(["kil\n"])?.message(program: "rolloutctl")
        == "rolloutctl: there is no command 'kil\\n'; did you mean kill?\ntype: rolloutctl kill\n")
  }

  @Test func readsAnUnfinishedLineAsFarAsItGoes() throws {
    let words = ["__complete", "stages", "--store", "f.json", "promote", "-q", "--to=a", "n.md", "--reason"]
    guard case .candidates(let kind, let line) = try request(words) else { throw Unexpected() }
    #expect(kind == "stages" && line.command == "promote" && line.arguments == ["n.md"])
    #expect(line.values == ["store": "f.json", "to": "a"])
    guard case .candidates("", _) = try request(["__complete"]) else { throw Unexpected() }
  }
}
