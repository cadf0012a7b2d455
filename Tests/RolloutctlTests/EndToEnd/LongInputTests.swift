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
    #expect(outcome.status == 0 && outcome.output.contains("k   off: everybody gets off"), "\(outcome.end)")
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
}
