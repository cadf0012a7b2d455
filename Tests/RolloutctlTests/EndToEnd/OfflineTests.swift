import Foundation
import Testing

@testable import rolloutctl

/// The stage before any traffic, with the real binary: a gzipped evaluation, and what it lets through.
@Suite struct OfflineTests {
  static let note =
    LiveWorld.plainNote.replacingOccurrences(
      of: "Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s",
      with: "Schedule: offline -> 5% of paid 0s -> 100% 0s\nEvaluation: eval/*.csv.gz"
    ).replacingOccurrences(
      of: "Rollback trigger:",
      with: """
        Metrics to watch:
        - quality: mean(quality)
        - parse failures: rate(parse_error)
        Kill trigger:
        - cost exceeds 5x control over 1h
        Rollback trigger:
        - quality drops by more than 5%
        """)

  static func write(_ world: LiveWorld, kindly: Int = 80, knownBad: Int = 80) throws {
    var rows = ["prompt_version,set,quality,parse_error"]
    for (version, base) in [("v6", 80), ("v7", kindly)] {
      for (set, count) in [("representative", 60), ("known-bad", 30), ("format-sensitive", 30)] {
        let start = version == "v7" && set == "known-bad" ? knownBad : base
        rows += (0..<count).map { "\(version),\(set),0.\(start + $0 % 9),false" }
      }
    }
    try world.folder.write("eval/v7.csv", rows.joined(separator: "\n") + "\n")
    let gzip = try Binary.run(["-f", "eval/v7.csv"], in: world.folder, program: "/usr/bin/gzip")
    try #require(gzip.status == 0, "\(gzip)")
  }

  @Test func theEvaluationGatesTheFirstTraffic() throws {
    let world = try LiveWorld(note: Self.note)
    let checked = try world.run("check", LiveWorld.note)
    #expect(checked.status == 0, "\(checked)")
    let plan = try world.done("plan", LiveWorld.note)
    #expect(plan.output.contains("nobody live: before/after evidence from eval/*.csv.gz"), "\(plan)")
    try world.done("promote", LiveWorld.note)
    let missing = try world.run("gate", LiveWorld.note)
    #expect(missing.status == 3 && missing.output.contains("no file has such a name"), "\(missing)")

    try Self.write(world, knownBad: 60)
    let worse = try world.run("gate", LiveWorld.note)
    #expect(worse.status == 4 && worse.output.contains("worse in known-bad: 0.6"), "\(worse)")
    #expect(try world.run("promote", LiveWorld.note).status == 4)
    #expect(try world.run("watch", "--once", LiveWorld.note, actor: "ci").status == 4)
    #expect(try world.entered().last == "offline")

    try Self.write(world)
    let status = try world.run("status", LiveWorld.note)
    #expect(status.output.contains("Gates (canary 120 · control 120 · eval/*.csv.gz)"), "\(status)")
    #expect(status.output.contains("not asked offline: it looks over 1h of traffic"), "\(status)")
    #expect(status.output.contains("representative 60, known-bad 30, format-sensitive 30"), "\(status)")
    try world.done("promote", LiveWorld.note)
    #expect(try world.entered().last == "5% of paid")
    let history = try world.done("history", LiveWorld.note)
    #expect(history.output.contains("saw canary 120 · control 120"), "\(history)")
    try world.verify()
  }
}
