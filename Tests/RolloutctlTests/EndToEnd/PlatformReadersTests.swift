import Testing

@testable import RolloutOps

/// What a user types about flags that a platform's SDKs do not all read alike, through the real executable.
@Suite(.enabled(if: Tool.python.isWanted, "python3 is not installed here")) struct PlatformReadersTests {
  private static func statsig() throws -> PlatformWorld {
    try PlatformWorld(.statsig)
  }

  private func note(_ world: PlatformWorld, _ old: String, _ new: String) throws {
    let path = "notes/summary.md"
    try world.world.folder.write(path, world.world.folder.read(path).replacing(old, with: new))
  }

  @Test func checkRefusesValuesThatDifferByCapitalsAndNothingIsWritten() throws {
    let world = try Self.statsig()
    try note(world, "- paid: plan = paid", "- paid: plan in [paid, Paid]")
    let check = try world.run("check", "notes/summary.md")
    #expect(check.end == .status(7) && check.output.contains("differ by capitals alone"), "\(check)")
    let promote = try world.run("promote", "notes/summary.md")
    #expect(promote.end == .status(0), "the first stage names no such list: \(promote)")
    try world.done("attest", "ai-summary", "gates", "--evidence", "looked")
    let refused = try world.run("promote", "notes/summary.md")
    #expect(refused.end == .status(7) && refused.errors.contains("differ by capitals alone"), "\(refused)")
  }

  @Test func doctorFindsWhatAnEarlierVersionWroteAndTheNextChangeMendsIt() throws {
    let world = try Self.statsig()
    try note(world, "Cohorts:", "Exclude: beta = true\nCohorts:")
    try world.done("promote", "notes/summary.md")
    let split = Split(
      exposure: Exposure(
        grants: [Grant(cohort: .equals(attribute: "team", AttributeValue("staff")), share: .whole)],
        exclusions: [.equals(attribute: "beta", AttributeValue("true"))]), unit: "tenant", canary: "on", control: "off")
    let early = try StatsigRules(
      conditions: StatsigConditions(unit: "tenant", manner: .early), environment: nil
    ).encode(.split(split), over: [])
    try world.tell(.post, "/edit", ["flag": "ai-summary", "change": ["rules": .array(early)]])
    let status = try world.done("status", "notes/summary.md")
    #expect(!status.output.contains("drift"), "\(status)")
    let found = try world.run("doctor", "ai-summary")
    #expect(found.output.contains("beta = true stands there as an earlier version"), "\(found)")
    #expect(found.output.contains("statsig-node lets requests without tenant in"), "\(found)")
    try world.done("exclude", "ai-summary", "tenant=nobody", "--reason", "to have it written anew")
    try world.done("include", "ai-summary", "tenant=nobody", "--reason", "it was")
    #expect(try !world.run("doctor", "ai-summary").output.contains("earlier version"))
    try world.done("kill", "ai-summary")
    #expect(try world.flag("ai-summary")["isEnabled"] == false)
  }
}
