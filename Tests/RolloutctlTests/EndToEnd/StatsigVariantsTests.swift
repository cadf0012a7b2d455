import Foundation
import Testing

@testable import RolloutOps

/// What a user types about a flag with variants on Statsig, through the real executable, and what the real SDKs read then.
@Suite(.enabled(if: Tool.python.isWanted, "python3 is not installed here")) struct StatsigVariantsTests {
  private static let path = "notes/summary.md"

  private static func platform(_ variants: String, environment: String = "") throws -> PlatformWorld {
    let world = try PlatformWorld(.statsig, path: environment)
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
    let gate = try PlatformWorld(.statsig)
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

/// The virtual environment with the platforms' SDKs (Tests/Live/requirements-platforms.txt).
enum StatsigReaders {
  static let python: String = {
    let given = ProcessInfo.processInfo.environment["ROLLOUTCTL_PLATFORM_VENV"] ?? ".venv/platforms"
    return URL(filePath: given, relativeTo: Repository.root).path + "/bin/python"
  }()
  static let areThere = Tool.python.isWanted && FileManager.default.isExecutableFile(atPath: python)
}

/// Stage by stage, what the real executable writes as Statsig's real SDKs of both generations read it.
@Suite(.enabled(if: StatsigReaders.areThere, "no virtual environment with the platforms' SDKs"))
struct StatsigValuesByBinaryTests {
  private static let contexts: [JSON] =
    (0..<400).map { unit in
      [
        "tenant": .string("t-\(unit)"), "team": unit % 10 == 0 ? "staff" : "sales",
        "plan": unit % 2 == 0 ? "paid" : "free",
      ]
    } + [["team": "staff", "plan": "paid"], [:]]

  private let world: PlatformWorld
  private let api: String

  init() throws {
    world = try PlatformWorld(.statsig)
    let (folder, path) = (world.world.folder, LiveWorld.note)
    let variants = #"{"control": {"model": "m-4"}, "canary": {"model": "m-5"}, "off": {"model": null}}"#
    let note = try folder.read(path) + "\n\nVariants:\n```json\n\(variants)\n```\n"
    try folder.write(path, note)
    let address = try #require(world.environment["ROLLOUT_STORE"])
    api = String(address.dropFirst("statsig+".count))
  }

  /// What each context gets by either SDK, which must agree.
  private func values() throws -> [JSON] {
    let folder = world.world.folder
    let asked: [JSON] = [["load": .array(Self.contexts)], ["config": "ai-summary"]]
    try folder.write("asked", asked.map { $0.written(.compact) + "\n" }.joined())
    let answers = try ["statsig", "statsig_core"].map { name in
      let script = Repository.root.appending(path: "Tests/Live/platforms/\(name)_reader.py").path
      let words = "'\(StatsigReaders.python)' -X utf8 '\(script)' \(api) --unit tenant --as tenant"
      let read = try world.shell("\(words) < asked")
      let last = try #require(read.output.split(separator: "\n").last, "\(read)")
      return try #require(try JSON.parse(String(last))["variants"]?.items, "\(read)")
    }
    #expect(answers[0] == answers[1])
    return answers[0]
  }

  private func canaries(_ values: [JSON]) -> Set<Int> {
    Set(values.indices.filter { values[$0] == ["model": "m-5"] })
  }

  @Test func everyStageReachesWhomItShould() throws {
    let note = LiveWorld.note
    let isStaff = { (index: Int) in Self.contexts[index]["team"] == "staff" && Self.contexts[index]["tenant"] != nil }
    let staff = Set(Self.contexts.indices.filter(isStaff))
    try world.done("promote", note)
    #expect(try canaries(values()) == staff)
    var before = staff
    for _ in 0..<2 {
      try world.done("attest", "ai-summary", "gates", "--evidence", "looked")
      try world.done("promote", note)
      let now = try canaries(values())
      #expect(before.isSubset(of: now) && now.allSatisfy { staff.contains($0) || Self.contexts[$0]["plan"] == "paid" })
      before = now
    }
    #expect(before.count > staff.count, "some of those who pay are in")
    let out = try #require(before.subtracting(staff).first)
    let tenant = try #require(Self.contexts[out]["tenant"]?.text)
    try world.done("exclude", "ai-summary", "tenant=\(tenant)", "--reason", "asked")
    #expect(try canaries(values()) == before.subtracting([out]))
    try world.done("kill", "ai-summary")
    let killed = try values()
    #expect(killed.allSatisfy { $0 == ["model": "m-4"] }, "everybody gets control")
    try world.done("kill", "ai-summary", "--to", "off")
    #expect(try values().allSatisfy { $0 == ["model": .null] })
    try world.done("restore", "ai-summary", "--reason", "mended")
    #expect(try canaries(values()) == staff)
  }
}
