import Foundation
import Testing

@testable import RolloutOps

/// Clusters of which some members hang, only learn, or were replaced: a majority that answers is enough for every verb.
@Suite(.serialized, .waits, .enabled(if: EtcdWorld.isWanted, EtcdWorld.reason)) struct EtcdMembersTests {
  /// Far more than it takes, far less than a hung member would cost.
  private func inTime(
    _ seconds: Double, _ what: String, at place: SourceLocation = #_sourceLocation,
    _ body: () throws -> Binary.Outcome
  ) rethrows -> Binary.Outcome {
    let start = ContinuousClock.now
    let outcome = try body()
    let took = (ContinuousClock.now - start) / .seconds(1)
    print("etcd members: \(what): \(took) s")
    #expect(took < seconds, "\(what) took \(took) s: \(outcome)", sourceLocation: place)
    return outcome
  }

  @Test(arguments: EtcdWorld.programs) func aHungMemberNamedFirstCostsNoVerbMuch(program: String) throws {
    let etcd = try EtcdWorld(members: 3, program: program)
    try etcd.done("promote", LiveWorld.note)
    try etcd.control("/pause", "0")
    for words in [
      ["status", "ai-summary"], ["exclude", "ai-summary", "tenant = acme", "--reason", "x"], ["kill", "ai-summary"],
      ["restore", "ai-summary", "--reason", "again"], ["doctor"],
    ] {
      let outcome = try inTime(7, words[0]) { try etcd.start(words).finish() }
      #expect(outcome.status == 0, "\(words): \(outcome)")
    }
    #expect(try etcd.stage == "internal")
    try etcd.agree()
    // Most are silent now: that is said, and no later than somebody would wait for it.
    try etcd.control("/pause", "1")
    let status = try inTime(25, "status of a silent cluster") { try etcd.run("status", "ai-summary") }
    #expect(status.status == 1 && status.errors.contains("most members of the cluster are away"), "\(status)")
    let kill = try inTime(12, "kill in a silent cluster") { try etcd.run("kill", "ai-summary", "--within", "4s") }
    #expect(kill.status == 1 && kill.errors.contains("NOT off"), "\(kill)")
    try etcd.control("/resume", "1")
    try etcd.done("kill", "ai-summary")
    #expect(try etcd.mark == "killed")
    try etcd.control("/resume", "0")
    try etcd.agree()
  }

  /// It answers what needs no majority, and keeps everything else waiting until it gives up after seconds.
  @Test(arguments: EtcdWorld.programs) func anIsolatedMemberNamedFirstCostsNoVerbMuch(program: String) throws {
    let etcd = try EtcdWorld(members: 3, program: program, "--links")
    try etcd.done("promote", LiveWorld.note)
    try etcd.control("/isolate", "0")
    for words in [
      ["status", "ai-summary"], ["exclude", "ai-summary", "tenant = acme", "--reason", "x"], ["kill", "ai-summary"],
      ["restore", "ai-summary", "--reason", "again"], ["kill", "--all", "--yes"], ["doctor"],
    ] {
      let outcome = try inTime(7, "\(words[0]) beside an isolated member") { try etcd.start(words).finish() }
      #expect(outcome.status == 0, "\(words): \(outcome)")
    }
    #expect(try etcd.mark == "killed")
    try etcd.agree()
    // Named alone it can neither show nor change anything, and that is what is said of it.
    let alone = try inTime(12, "kill by an isolated member alone") {
      try etcd.world.run(
        "kill", "ai-summary", "--within", "4s",
        environment: etcd.environment.merging(["ROLLOUT_STORE": EtcdWorld.address([etcd.ports[0]])]) { $1 })
    }
    #expect(alone.status == 1 && alone.errors.contains("NOT off"), "\(alone)")
    try etcd.control("/rejoin", "0")
    try etcd.done("kill", "ai-summary")
    try etcd.agree()
  }

  @Test(arguments: EtcdWorld.programs) func aLearnerNamedFirstIsPassedOver(program: String) throws {
    let etcd = try EtcdWorld(program: program, "--learner")
    try etcd.done("promote", LiveWorld.note)
    try etcd.done("kill", "ai-summary")
    #expect(try etcd.mark == "killed")
    try etcd.done("status", "ai-summary")
    let doctor = try etcd.done("doctor")
    #expect(doctor.output.contains("△ learner"), "\(doctor)")
    // Named alone it says what it is.
    let alone = try etcd.world.run(
      "kill", "ai-summary", "--within", "2s",
      environment: etcd.environment.merging(["ROLLOUT_STORE": EtcdWorld.address([etcd.cluster.port("learner")])]) { $1 }
    )
    #expect(alone.status == 1 && alone.errors.contains("name a member that votes"), "\(alone)")
  }

  /// Another order, one member fewer, and all but one exchanged for new ones: the same store, since it is the same cluster.
  @Test(arguments: EtcdWorld.programs) func aReplacedMemberStrandsNoRollout(program: String) throws {
    let etcd = try EtcdWorld(members: 3, auth: false, program: program)
    // The journal is beside the note, so that nothing but the cluster tells which store it is.
    let note = try etcd.world.folder.read(LiveWorld.note).split(separator: "\n", omittingEmptySubsequences: false)
    try etcd.world.folder.write(LiveWorld.note, note.filter { !$0.hasPrefix("Store:") }.joined(separator: "\n"))
    func run(_ verb: String, on ports: [Int]) throws -> Binary.Outcome {
      try etcd.world.run(
        verb, LiveWorld.note, "--journal", "journals", environment: ["ROLLOUT_STORE": EtcdWorld.address(ports)])
    }
    let (one, two, three) = (etcd.ports[0], etcd.ports[1], etcd.ports[2])
    #expect(try run("promote", on: [one, two]).status == 0)
    let new = try #require(etcd.control("/replace", "0")["client"]?.integer)
    for (verb, ports) in [
      ("rollback", [two, one]), ("promote", [three]), ("rollback", [new]), ("promote", [new, three]),
    ] {
      let outcome = try run(verb, on: ports)
      #expect(outcome.status == 0, "\(verb) on \(ports): \(outcome)")
    }
    // Another cluster is another store, whatever flags it has.
    let other = try EtcdWorld(auth: false, program: program)
    try other.put("ai-summary", etcd.flag())
    let outcome = try run("promote", on: other.ports)
    #expect(outcome.status == 6 && outcome.errors.contains("a rollout does not change stores"), "\(outcome)")
  }

  @Test func aWrongPasswordAndAMissingRoleAreNotTheNetwork() throws {
    let etcd = try EtcdWorld()
    try etcd.done("promote", LiveWorld.note)
    let wrong = try etcd.world.run(
      "doctor", environment: etcd.environment.merging(["ETCD_PASSWORD": "planted-wrong"]) { $1 })
    #expect(wrong.status == 1 && wrong.output.contains("the user or the password in"), "\(wrong)")
    #expect(!wrong.output.contains("✗ reachable"), "\(wrong)")
    try etcd.control("/call", "/v3/auth/user/add\n{\"name\":\"eve\",\"password\":\"\(Planted.password)\"}")
    let eve = try etcd.world.run("doctor", environment: etcd.environment.merging(["ETCD_USERNAME": "eve"]) { $1 })
    #expect(eve.status == 1 && eve.output.contains("the user that ETCD_USERNAME names may not do this"), "\(eve)")
    #expect(!eve.output.contains("a kill goes through") && !eve.output.contains("is wrong"), "\(eve)")
  }
}
