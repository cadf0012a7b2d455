import Testing

@testable import RolloutOps

/// What a user types about a flag with variants on Statsig, through the real executable, and what the real SDKs read then.
@Suite(.enabled(if: Tool.python.isWanted, "python3 is not installed here")) struct StatsigVariantsTests {
  private static let path = "notes/summary.md"

  private static func platform(_ variants: String, environment: String = "") throws -> PlatformWorld {
    let world = try PlatformWorld(
      "statsig", address: "statsig+http://HOST\(environment)", variable: "STATSIG_CONSOLE_KEY")
    let note = world.world.folder
    try note.write(path, note.read(path) + "\n\nVariants:\n```json\n\(variants)\n```\n")
    return world
  }

  private static let texts = #"{"control": "short", "canary": "long"}"#

  private func config(_ world: PlatformWorld) throws -> JSON {
    try #require(try world.tell(.get, "/state")["configs"]?["ai-summary"])
  }

  @Test func planAndCheckSayWhatApplicationsRead() throws {
    let world = try Self.platform(Self.texts)
    let plan = try world.done("plan", Self.path)
    #expect(plan.output.contains("applications get the member value of the dynamic configuration"), "\(plan)")
    let json = try JSON.parse(Array(world.done("plan", Self.path, "--format", "json").output.utf8))
    #expect(json["reading"]?.text?.contains("its default is control's value") == true)
    let markdown = try world.done("plan", Self.path, "--format", "markdown")
    #expect(markdown.output.contains("the member value of the dynamic"), "\(markdown)")
    try world.done("check", Self.path)
    let gate = try PlatformWorld("statsig", address: "statsig+http://HOST", variable: "STATSIG_CONSOLE_KEY")
    #expect(try !gate.done("plan", Self.path).output.contains("dynamic configuration"))

    let wrapped = try Self.platform(#"{"control": {"value": 1}, "canary": {"value": 2}}"#)
    let check = try wrapped.run("check", Self.path)
    #expect(check.end == .status(7) && check.output.contains("write 2 in its place"), "\(check)")
    let promote = try wrapped.run("promote", Self.path)
    #expect(promote.end == .status(7) && promote.errors.contains("in its place"), "\(promote)")
    #expect(try wrapped.requests().allSatisfy { $0["method"] == "GET" })
  }

  @Test func aRolloutWithVariantsIsMovedKilledByItsCardAndRestored() throws {
    let world = try Self.platform(Self.texts)
    try world.done("promote", Self.path)
    try world.done("attest", "ai-summary", "gates", "--evidence", "looked")
    try world.done("promote", Self.path)
    #expect(try config(world)["defaultValue"] == ["value": "short"])
    let status = try world.done("status", "ai-summary")
    #expect(!status.output.contains("drift"), "\(status)")
    let card = try world.card("ai-summary")
    #expect(card.kill.contains("/console/v1/dynamic_configs/ai-summary/disable"), "\(card.kill)")
    #expect(try world.shell(card.proof).status != 0)
    #expect(try world.shell(card.kill).status == 0)
    #expect(try world.shell(card.proof).output == "true\n")
    #expect(try world.run("status", "ai-summary").output.contains("killed"))
    try world.done("kill", "ai-summary")
    try world.done("restore", "ai-summary", "--reason", "mended")
    #expect(try config(world)["isEnabled"] == true)
    let doctor = try world.run("doctor", "ai-summary")
    #expect(doctor.end == .status(0), "\(doctor)")
  }

  @Test func killAllFindsGatesAndConfigurations() throws {
    let world = try Self.platform(Self.texts)
    try world.done("promote", Self.path)
    let folder = world.world.folder
    let plain = try folder.read(Self.path).split(separator: "\n\nVariants:")[0].replacing("ai-summary", with: "ai-gate")
    try folder.write("notes/gate.md", String(plain))
    try world.done("promote", "notes/gate.md")
    let kill = try world.done("kill", "--all", "--yes")
    #expect(kill.output.contains("ai-summary") && kill.output.contains("ai-gate"), "\(kill)")
    #expect(try config(world)["isEnabled"] == false && world.flag("ai-gate")["isEnabled"] == false)
  }

  @Test func inOneEnvironmentItsKillLeavesTheOthersAlone() throws {
    let world = try Self.platform(Self.texts, environment: "/production")
    try world.done("promote", Self.path)
    let staging: JSON = [
      "name": "theirs", "passPercentage": 100, "conditions": [["type": "public"]], "environments": ["staging"],
      "id": "s", "returnValue": ["value": "other"],
    ]
    let rules = try #require(try config(world)["rules"]?.items)
    try world.tell(.post, "/edit", ["config": "ai-summary", "change": ["rules": .array(rules + [staging])]])
    let kill = try world.done("kill", "ai-summary")
    #expect(kill.output.contains("control"), "\(kill)")
    let after = try config(world)
    #expect(after["isEnabled"] == true && after["rules"]?.items?.last?["passPercentage"] == 100)
    #expect(after["rules"]?.items?.dropLast().allSatisfy { $0["passPercentage"] == 0 } == true)
  }
}
