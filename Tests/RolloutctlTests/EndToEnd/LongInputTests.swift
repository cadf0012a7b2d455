import Foundation
import Testing

/// Inputs of a size at which time that grows with the square would take minutes, each within a bound that linear time
/// keeps on the busiest machine.
@Suite struct LongInputTests {
  private static let bound = 20

  private static func world(note: String = LiveWorld.plainNote, flags: String) throws -> TemporaryFolder {
    try LiveWorld(note: note, flags: flags).folder
  }

  private static func run(_ words: [String], in folder: TemporaryFolder, input: String = "") throws -> Binary.Outcome {
    try Binary.run(words, in: folder, environment: ["ROLLOUT_ACTOR": "maya"], input: input, within: bound)
  }

  private static func members(_ count: Int, _ member: (Int) -> String) -> String {
    (0..<count).map(member).joined(separator: ",")
  }

  private static func flag(variants: String = "", more: String = "", metadata: String = "") -> String {
    #"{"state":"ENABLED","variants":{"on":true,"off":false\#(variants)},"defaultVariant":"on","#
      + #""metadata":{"rolloutctl":"managed","rolloutctl.kill":"off"\#(metadata)}\#(more)}"#
  }

  // MARK: One flag

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let flag: String
  }

  static let flags: [Case] = [
    Case(
      testDescription: "names that stand twice in its rules",
      flag: flag(more: #","targeting":{\#(members(120_000) { #""a\#($0 / 2)":\#($0)"# })}"#)),
    Case(
      testDescription: "variants that stand twice",
      flag: flag(variants: "," + members(120_000) { #""a\#($0 / 2)":\#($0)"# })),
    Case(
      testDescription: "metadata that stands twice",
      flag: flag(metadata: "," + members(120_000) { #""a\#($0 / 2)":\#($0)"# })),
    Case(
      testDescription: "members that no flag has", flag: flag(more: "," + members(40_000) { #""a\#($0)":\#($0)"# })),
    Case(testDescription: "variants", flag: flag(variants: "," + members(60_000) { #""a\#($0)":"v\#($0)""# })),
    Case(
      testDescription: "a variant's value",
      flag: flag(variants: #","big":{\#(members(60_000) { #""a\#($0)":\#($0)"# })}"#)),
  ]

  @Test(arguments: flags) func aKillOfAFlagWithThousandsOf(_ file: Case) throws {
    let folder = try Self.world(flags: #"{"flags":{"k":\#(file.flag)}}"#)
    let outcome = try Self.run(["kill", "k", "--within", "20s"], in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("k is OFF: everybody gets \"off\""), "\(outcome.end)")
    let text = try folder.read("flags.json")
    #expect(text.contains(#""defaultVariant":"off""#) && text.contains(#""rolloutctl":"killed""#))
    #expect(try Self.run(["doctor", "k"], in: folder).end != .timeout)
  }

  @Test func ofRepeatedVariantsTheLastOneStays() throws {
    let variants = Self.members(120_000) { #""a\#($0 / 2)":\#($0)"# }
    let folder = try Self.world(flags: #"{"flags":{"k":\#(Self.flag(variants: "," + variants))}}"#)
    #expect(try Self.run(["kill", "k", "--to", "off"], in: folder).status == 0)
    let text = try folder.read("flags.json")
    #expect(text.contains(#""a59999":119999"#) && text.contains(#""a0":1"#))
    #expect(!text.contains(#""a59999":119998"#) && !text.contains(#""a0":0"#))
  }

  @Test func waysBackAreNamedOutOfThousandsOfVariants() throws {
    let variants = Self.members(20_000) { #""a\#($0)":false"# }
    let folder = try Self.world(flags: #"{"flags":{"k":\#(Self.flag(variants: "," + variants))}}"#)
    let outcome = try Self.run(["kill", "k", "--to", "nobody"], in: folder)
    #expect(outcome.status == 1 && outcome.errors.contains("rolloutctl kill k --to a19999"), "\(outcome.end)")
  }

  // MARK: Many flags

  @Test func aKillOfThousandsOfFlagsInAFile() throws {
    let flags = Self.members(2_500) { #""k\#($0)":\#(Self.flag())"# }
    let folder = try Self.world(flags: "{\"flags\":{\(flags)}}")
    let outcome = try Self.run(["kill", "--all", "--yes", "--within", "60s"], in: folder)
    #expect(outcome.status == 0, "\(outcome.end)")
    let text = try folder.read("flags.json")
    #expect(text.components(separatedBy: #""rolloutctl":"killed""#).count == 2_501)
    #expect(folder.has("flags.json.rollout/k2499.journal"))
  }

  @Test func aSettingsFileOfThousandsOfStores() throws {
    let folder = try Self.world(flags: #"{"flags":{"k":\#(Self.flag())}}"#)
    let stores = Self.members(12_000) { #""s\#($0)":"file:\#($0).json""# }
    try folder.write("rolloutctl.json", #"{"stores":{\#(stores),"here":"file:flags.json"}}"#)
    let outcome = try Self.run(["kill", "k", "--store", "here"], in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("OFF: everybody gets \"off\""), "\(outcome.end)")
    // Without a store said, the one that has the flag is found.
    let status = try Self.run(["status", "k"], in: folder)
    #expect(status.status == 0 && status.output.contains("■"), "\(status.end)")
  }

  @Test func aSettingsFileOfThousandsOfNamesThatNobodyKnows() throws {
    let folder = try Self.world(flags: #"{"flags":{"j":\#(Self.flag()),"k":\#(Self.flag())}}"#)
    try folder.write("rolloutctl.json", "{\(Self.members(40_000) { #""storr\#($0)":1"# })}")
    let outcome = try Self.run(["kill", "j", "k"], in: folder)
    #expect(outcome.output.contains("k is OFF: everybody gets \"off\""), "\(outcome.end)")
    #expect(outcome.status == 1 && outcome.errors.contains("\"storr39999\" is no setting of this version"))
  }

  @Test func thousandsOfAlertsAboutOneFlag() throws {
    let folder = try Self.world(flags: #"{"flags":{"k":\#(Self.flag())}}"#)
    try folder.write("rolloutctl.json", #"{"alerts":[{"when":{"flag":"*"},"kill":["$flag"]}]}"#)
    let alerts = Self.members(40_000) {
      #"{"labels":{"flag":"k"},"startsAt":"2026-11-20T10:00:00Z","fingerprint":"\#($0)"}"#
    }
    let event = #"{"status":"firing","alerts":[\#(alerts)]}"#
    let outcome = try Self.run(["kill", "--on-alert"], in: folder, input: event)
    #expect(outcome.status == 0, "\(outcome.end)")
    let journal = try folder.read("flags.json.rollout/k.journal")
    #expect(journal.contains("[99 since 2026-11-20T10:00:00Z]; and 39900 more alerts"))
  }

  // MARK: Notes

  @Test(arguments: ["<!--a-->", "<!--é-->"]) func aNoteOfCommentsInOneLine(comment: String) throws {
    let line = "\n" + String(repeating: comment, count: 60_000) + "\n"
    let folder = try Self.world(note: LiveWorld.plainNote + line, flags: #"{"flags":{}}"#)
    let outcome = try Self.run(["check", LiveWorld.note], in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("stages from the schedule"), "\(outcome.end)")
  }

  @Test func aNoteOfThousandsOfApprovers() throws {
    let line = "\nApprovers: \(Self.members(60_000) { "p\($0)" })\n"
    let folder = try Self.world(note: LiveWorld.plainNote + line, flags: #"{"flags":{}}"#)
    #expect(try Self.run(["check", LiveWorld.note], in: folder).status == 0)
  }

  // MARK: Logs

  private static let record = #"{"prompt_version":"v6","latency_ms":12}"# + "\n"

  private static func compare(_ log: String, in folder: TemporaryFolder) throws -> Binary.Outcome {
    try run(
      ["compare", log, "--control", "v6", "--canary", "v7", "--metric", "mean(latency_ms)", "--format", "json"],
      in: folder)
  }

  static let lines: [Case] = [
    Case(testDescription: "a text", flag: #"{"a":"\#(String(repeating: "x\\n", count: 1 << 20))"}"#),
    Case(testDescription: "members", flag: "{\(members(200_000) { #""a\#($0)":\#($0)"# })}"),
    Case(testDescription: "nested values", flag: #"{"a":[\#(members(500_000) { _ in "{}" })]}"#),
    Case(
      testDescription: "attributes that stand twice",
      flag: #"{"attributes":[{"key":"x","value":{"b":1,\#(members(120_000) { #""a\#($0 / 2)":1"# })}}]}"#),
    Case(testDescription: "what is no record", flag: String(repeating: #"{"a":["#, count: 500_000)),
  ]

  @Test(arguments: lines) func aLogWithOneLineOf(_ line: Case) throws {
    let folder = try TemporaryFolder()
    let records = String(repeating: Self.record + Self.record.replacing("v6", with: "v7"), count: 100)
    try folder.write("log.ndjson", records + line.flag + "\n" + records)
    let outcome = try Self.compare("log.ndjson", in: folder)
    #expect(outcome.output.contains(#""records":20"#) || outcome.output.contains(#""records": 200"#), "\(outcome.end)")
    let drawn = try Self.run(["sample", "--traces", "log.ndjson", "--size", "5"], in: folder)
    #expect(drawn.status == 0, "\(drawn.end)")
  }

  /// Hundreds of megabytes out of a few hundred kilobytes: refused at a limit, as evidence and as a sample.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/gzip")))
  func aGzipFileThatGrowsBeyondAnyLog() throws {
    let folder = try TemporaryFolder()
    let make = "(cat log.ndjson; head -c 400000000 /dev/zero) | /usr/bin/gzip > log.ndjson.gz"
    try folder.write("log.ndjson", String(repeating: Self.record, count: 100))
    #expect(try Binary.run(["-c", make], in: folder, program: "/bin/sh").status == 0)
    for words in [
      ["compare", "log.ndjson.gz", "--control", "v6", "--canary", "v7"], ["sample", "--traces", "log.ndjson.gz"],
    ] {
      let outcome = try Self.run(words, in: folder)
      #expect(outcome.status == 1 && outcome.output == "", "\(outcome)")
      #expect(outcome.errors.contains("it grows to more than 200 times its size"), "\(outcome)")
    }
  }
}
