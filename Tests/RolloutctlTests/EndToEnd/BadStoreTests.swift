import Foundation
import Glibc
import Testing

/// Flag files that somebody else wrote, links, locks, and stores that disagree.
@Suite struct BadStoreTests {
  static let good = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#
  static let rule = #"{"if": [{"==": [{"var": "x"}, "y"]}, "on", "off"]}"#
  static let foreign =
    #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting": \#(rule)}"#

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let flags: String
    let says: [String]
  }

  static let broken: [Case] = [
    Case(
      testDescription: "cut off", flags: "{\n  \"flags\": {\n    \"ai-summary\": ",
      says: ["flags.json:3:", "mend it first"]),
    Case(testDescription: "empty", flags: "", says: ["flags.json:1:1:", "mend it first"]),
    Case(testDescription: "no flags in it", flags: "[1, 2]", says: ["flags.json:1:1:", "mend it first"]),
    Case(
      testDescription: "a key twice", flags: "{\"flags\": {\n\"ai-summary\": \(good),\n\"ai-summary\": \(good)}}",
      says: ["flags.json:3:1:", "stands twice", "mend it first"]),
    Case(
      testDescription: "another flag that readers reject",
      flags: "{\"flags\": {\n\"ai-summary\": \(good),\n\"x\": {\"state\": \"ON\", \"variants\": {\"a\": 1}}}}",
      says: ["flags.json:3:", "flag \"x\"", "readers in Node and Python reject the whole file"]),
    Case(
      testDescription: "a default that is no variant",
      flags: "{\"flags\": {\"ai-summary\": \(good),\n\"x\": \(good.replacing(#"t": "off""#, with: #"t": "nope""#))}}",
      says: ["flags.json:2:", "\"nope\" is not among the variants"]),
  ]

  @Test(arguments: broken) func aBrokenFileIsNeverOverwritten(file: Case) throws {
    let world = try LiveWorld(flags: file.flags)
    let outcome = try world.run("promote", LiveWorld.note)
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.output == "")
    for sentence in file.says { #expect(outcome.errors.contains(sentence), "\(outcome)") }
    #expect(try world.folder.read("flags.json") == file.flags)
    #expect(try world.entered() == [])

    // A kill does what it can and never says "off" of a file that readers cannot follow.
    let killed = try world.run("kill", "ai-summary")
    if file.testDescription == "a key twice" {
      // Readers take the last of them, and that one was read back as off.
      #expect(killed.status == 0 && killed.output.contains("stands twice"), "\(killed)")
      return
    }
    #expect(killed.status == 1, "\(killed)")
    let said = killed.output + killed.errors
    // What readers refuse can be changed by hand; a file that is no JSON only by putting another one in its place.
    let isReadable = ["another flag that readers reject", "a default that is no variant"].contains(file.testDescription)
    #expect(
      said.contains("NOT off") && said.contains(isReadable ? "by hand:" : "put the last good file back"), "\(killed)")
  }

  @Test func noFlagFileAtAll() throws {
    let world = try LiveWorld()
    try FileManager.default.removeItem(atPath: world.folder.path("flags.json"))
    let before = try world.snapshot()
    let outcome = try world.run("promote", LiveWorld.note)
    #expect(outcome.status == 1 && outcome.output == "")
    #expect(outcome.errors.contains("there is no flag file at") && outcome.errors.contains("--store"))
    #expect(try world.run("kill", "ai-summary").status == 1)
    #expect(try world.snapshot() == before)
  }

  // MARK: Somebody else's rules

  @Test func foreignRulesAreReplacedOnlyWhenAskedTo() throws {
    let world = try LiveWorld(flags: "{\"flags\": {\"ai-summary\": \(Self.foreign)}}")
    let before = try world.snapshot()
    let refused = try world.run("promote", LiveWorld.note)
    #expect(refused.status == 6, "\(refused)")
    #expect((refused.output + refused.errors).contains("rules that rolloutctl did not write"))
    #expect(try world.snapshot() == before)

    let adopted = try world.run("promote", LiveWorld.note, "--adopt")
    #expect(adopted.status == 0, "\(adopted)")
    #expect((adopted.output + adopted.errors).contains(Self.foreign), "what is replaced is not said: \(adopted)")
    #expect(try world.entered() == ["internal"])
    #expect(try Self.replaced(world) == Self.foreign)
  }

  @Test func aKillKeepsForeignRulesInTheJournal() throws {
    let world = try LiveWorld(flags: "{\"flags\": {\"ai-summary\": \(Self.foreign)}}")
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try world.isKilled())
    #expect(try Self.replaced(world) == Self.foreign)
    try world.verify()
  }

  /// In mid-rollout: the drift is shown and left alone, and the kill keeps what it replaces.
  @Test func foreignRulesInMidRolloutAreDrift() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("flags.json", "{\"flags\": {\"ai-summary\": \(Self.foreign)}}")
    for words in [["promote", LiveWorld.note], ["include", LiveWorld.note, "tenant=x", "--reason", "r"]] {
      let outcome = try world.start(words).finish()
      #expect(outcome.status == 6, "\(words): \(outcome)")
    }
    #expect(try world.folder.read("flags.json").contains(Self.rule))
    #expect(try world.run("status", "ai-summary", "--exit-code").status == 6)
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try world.isKilled())
    #expect(try Self.replaced(world) == Self.foreign)
  }

  private static func replaced(_ world: LiveWorld) throws -> String? {
    try world.entries().compactMap { ($0["detail"] as? [String: Any])?["replaced"] as? String }.last
  }

  // MARK: A stage that is not next

  @Test(arguments: ["25% of paid", "100%"]) func aStageThatIsNotNextIsAConflict(stage: String) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let before = try world.snapshot()
    let outcome = try world.run("promote", LiveWorld.note, "--to", stage)
    #expect(outcome.status == 6, "\(outcome)")
    #expect(
      (outcome.output + outcome.errors).contains("\(stage) is not next: from internal the next stage is 5% of paid"))
    let unknown = try world.run("promote", LiveWorld.note, "--to", "5% of piad")
    #expect(unknown.status == 2, "\(unknown)")
    #expect((unknown.output + unknown.errors).contains("did you mean 5% of paid"))
    #expect(try world.snapshot() == before)
  }

  // MARK: Links

  @Test func theTargetOfALinkIsReplacedAndTheLinkStays() throws {
    let world = try LiveWorld()
    let files = FileManager.default
    try world.folder.write("shared/real.json", world.folder.read("flags.json"))
    try files.removeItem(atPath: world.folder.path("flags.json"))
    try files.createSymbolicLink(atPath: world.folder.path("flags.json"), withDestinationPath: "shared/real.json")
    try world.done("promote", LiveWorld.note)
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try files.destinationOfSymbolicLink(atPath: world.folder.path("flags.json")) == "shared/real.json")
    let attributes = try files.attributesOfItem(atPath: world.folder.path("shared/real.json"))
    #expect(attributes[.type] as? FileAttributeType == .typeRegular)
    #expect(try world.isKilled(in: "shared/real.json"))
    // The journal is beside the real file, whatever name led there.
    #expect(try world.entered("shared/real.json.rollout/ai-summary.journal") == ["internal"])
    #expect(try world.run("status", "ai-summary", "--exit-code", "--store", "shared/real.json").status == 5)
  }

  @Test func aLinkToNothingIsSaid() throws {
    let world = try LiveWorld()
    try FileManager.default.removeItem(atPath: world.folder.path("flags.json"))
    try FileManager.default.createSymbolicLink(
      atPath: world.folder.path("flags.json"), withDestinationPath: "gone/real.json")
    let outcome = try world.run("promote", LiveWorld.note)
    #expect(outcome.status == 1 && outcome.output == "", "\(outcome)")
    #expect(outcome.errors.contains("there is no flag file"), "\(outcome)")
    #expect(!world.folder.has("gone"))
  }

  // MARK: Settings that disagree

  /// Where an address is refused, and where it stands in the place of something else.
  @Test(arguments: [
    "ftp://maya:planted-password@h/x", "http://maya:planted-password@h:99999/x",
    "unleash:https://maya:planted-password@h/p/e", "etcd+http://maya:planted-password@h/ /x",
  ])
  func noPasswordOfARefusedAddressIsPrinted(address: String) throws {
    let world = try LiveWorld()
    for words in [
      ["kill", "ai-summary"], ["status"], ["doctor"], ["promote", LiveWorld.note], ["history"], ["card", "ai-summary"],
    ] {
      for form in ["text", "json"] {
        let outcome = try world.start(words + ["--store", address, "--format", form]).finish()
        #expect(outcome.status != 0 || words == ["doctor"], "\(words): \(outcome)")
        #expect(!"\(outcome)".contains("planted-password"), "\(words): \(outcome)")
      }
    }
    for words in [
      ["promote", address], ["status", address, "--format", "json"], ["kill", "ai-x", "--nonsense", address],
    ] {
      let outcome = try world.start(words).finish()
      #expect(!"\(outcome)".contains("maya:planted-password"), "\(words): \(outcome)")
    }
  }

  @Test func aKillActsOnEveryStoreAndAPromotionOnNone() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    for name in ["line.json", "variable.json", "configured.json"] {
      try world.folder.write(name, world.folder.read("flags.json"))
    }
    try world.folder.write("rolloutctl.json", #"{"store": "file:configured.json"}"#)
    let environment = ["ROLLOUT_STORE": "file:variable.json"]
    let before = try world.snapshot()
    let outcome = try world.run("promote", LiveWorld.note, environment: environment)
    #expect(outcome.status == 6 && outcome.errors.contains("the settings name two stores"), "\(outcome)")
    #expect(try world.snapshot() == before)

    // What the command line names is the only store; where it names none, all the others are.
    let said = try world.run("kill", LiveWorld.note, "--store", "line.json", environment: environment)
    #expect(said.status == 0, "\(said)")
    let others = ["variable.json", "configured.json", "flags.json"]
    #expect(try world.isKilled(in: "line.json") && others.allSatisfy { try !world.isKilled(in: $0) })
    let killed = try world.run("kill", LiveWorld.note, environment: environment)
    #expect(killed.status == 0, "\(killed)")
    for name in others {
      #expect(try world.isKilled(in: name), "\(name)")
      #expect(killed.output.contains(name), "\(name) is not named: \(killed)")
    }
  }

  /// One of two stores cannot be written: the other dies all the same, and the status is not 0.
  @Test func oneStoreThatCannotFollowIsNotPassedOver() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("broken.json", "{\"flags\": {\"ai-summary\": ")
    try world.folder.write("rolloutctl.json", #"{"store": "file:flags.json"}"#)
    let killed = try world.run("kill", "ai-summary", environment: ["ROLLOUT_STORE": "file:broken.json"])
    #expect(killed.status == 1, "\(killed)")
    #expect((killed.output + killed.errors).contains("NOT off in \(world.folder.path)/broken.json"))
    #expect(try world.isKilled())
  }
}
