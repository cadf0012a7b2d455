import Foundation
import Glibc
import Testing

@testable import RolloutOps

/// Rollouts whose flag and journal live in a real etcd: what happens on a file happens there too, and on several machines.
@Suite(.serialized, .waits, .enabled(if: EtcdWorld.isWanted, EtcdWorld.reason)) struct RealEtcdTests {
  @Test func aWholeRolloutWithAuthentication() throws {
    let etcd = try EtcdWorld()
    let note = LiveWorld.note
    #expect(try etcd.run("status", note).status == 0)
    try etcd.done("promote", note)
    #expect(try etcd.stage == "internal")
    for stage in ["5% of paid", "25% of paid", "100%"] {
      try etcd.done("attest", note, "gates", "--evidence", "seen")
      _ = try etcd.run("attest", note, "review", "--evidence", "read", actor: "lee")
      try etcd.done("promote", note, "--to", stage)
      #expect(try etcd.stage == stage)
    }
    try etcd.done("rollback", note)
    try etcd.done("hold", note, "--reason", "looking")
    #expect(try etcd.run("promote", note).status == 3)
    try etcd.done("resume", note, "--reason", "fine")
    try etcd.done("exclude", "ai-summary", "tenant = acme", "--reason", "their contract")
    let kill = try etcd.done("kill", "ai-summary")
    #expect(kill.output.contains("off") && kill.output.contains(etcd.address))
    #expect(try etcd.mark == "killed")
    #expect(try etcd.run("promote", note).status == 5)
    try etcd.done("restore", "ai-summary", "--reason", "mended")
    #expect(try etcd.stage == "internal")
    try etcd.agree()
    #expect(try etcd.done("history", "--verify").output.contains("the chain holds to its end"))
    #expect(try etcd.run("history", "ai-summary").output.contains("their contract"))
    #expect(try etcd.run("status").output.contains("ai-summary"))
    // Nothing of it is on this machine.
    #expect(!etcd.world.folder.has(".rollout") && !etcd.world.folder.has("flags.json.rollout"))
    // Somebody on another machine sees the same history, and goes on from it.
    let other = try EtcdWorld(sharing: etcd)
    #expect(try other.run("history", "ai-summary").output == etcd.run("history", "ai-summary").output)
    #expect(try other.run("kill", "--all", "--yes").status == 0)
    #expect(try etcd.mark == "killed")
  }

  @Test func wrongAndMissingPasswordsAreSaidByTheirVariables() throws {
    let etcd = try EtcdWorld()
    for (name, password) in [("root", "planted-wrong"), ("nobody", "planted-wrong"), ("", "")] {
      let outcome = try etcd.world.start(
        ["kill", "ai-summary", "--within", "5s"],
        environment: [
          "ROLLOUT_STORE": etcd.address, "ETCD_USERNAME": name, "ETCD_PASSWORD": password,
        ]
      ).finish()
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("ETCD_USERNAME and ETCD_PASSWORD"), "\(outcome)")
      #expect(!outcome.description.contains("planted"), "\(outcome)")
    }
  }

  @Test func thirtyTwoPromotionsMoveOneStage() throws {
    let etcd = try EtcdWorld()
    for stage in ["internal", "5% of paid"] {
      _ = try etcd.run("attest", LiveWorld.note, "gates", "--evidence", "seen")
      let before = try etcd.entered()
      let running = try (0..<32).map {
        try etcd.start(["promote", LiveWorld.note, "--to", stage], actor: "operator-\($0)")
      }
      let outcomes = try running.map { try $0.finish() }
      #expect(try etcd.entered() == before + [stage])
      for outcome in outcomes { #expect([0, 3, 6].contains(outcome.status), "\(outcome)") }
      #expect(outcomes.filter { $0.output.contains("→ \(stage)") && $0.status == 0 }.count == 1)
      try etcd.agree()
    }
    // Kills in between always win.
    _ = try etcd.run("attest", LiveWorld.note, "gates", "--evidence", "seen")
    _ = try etcd.run("attest", LiveWorld.note, "review", "--evidence", "read", actor: "lee")
    let running = try (0..<16).map { index in
      try etcd.start(
        index.isMultiple(of: 2) ? ["promote", LiveWorld.note, "--to", "25% of paid"] : ["kill", "ai-summary"],
        actor: "operator-\(index)")
    }
    let outcomes = try running.map { try $0.finish() }
    for (index, outcome) in outcomes.enumerated() {
      #expect(index.isMultiple(of: 2) ? [0, 3, 5, 6].contains(outcome.status) : outcome.status == 0, "\(outcome)")
    }
    #expect(try etcd.mark == "killed")
    try etcd.agree()
    try etcd.done("history", "--verify")
  }

  /// SIGKILL at random moments of every kind of change: the flag and the journal agree each time, since they change
  /// together, and whoever comes next goes on.
  @Test func flagAndJournalAgreeWhereverAProcessDies() throws {
    let etcd = try EtcdWorld()
    let seed =
      ProcessInfo.processInfo.environment["ROLLOUTCTL_CRASH_SEED"].flatMap(UInt64.init) ?? .random(in: 1...9999)
    print("etcd crashes: seed \(seed)")
    var random = SplitMix64(seed: seed)
    let note = LiveWorld.note
    var died = 0
    try etcd.done("promote", note)
    // How long a whole run takes here and now.
    let start = ContinuousClock.now
    try etcd.done("rollback", note)
    var whole = UInt64((ContinuousClock.now - start) / .microseconds(1))
    for round in 0..<(Live.isRequired ? 120 : 30) {
      let words = [
        ["promote", note, "--override", "parse failures above 2%", "--reason", "seen"], ["kill", "ai-summary"],
        ["restore", "ai-summary", "--reason", "again"], ["rollback", note],
        ["exclude", "ai-summary", "tenant = t-\(round)", "--reason", "x"],
      ][Int(random.next() % 5)]
      let running = try etcd.start(words)
      usleep(UInt32(whole / 4 + random.next() % whole))
      running.send(SIGKILL)
      // Some come to their end and some do not, whatever the machine is busy with.
      if case .signal = try running.finish().end {
        died += 1
        whole += whole / 16
      } else {
        whole = max(1000, whole - whole / 8)
      }
      try etcd.agree()
      #expect(try etcd.run("status", note).status == 0, "seed \(seed), round \(round)")
    }
    print("etcd crashes: \(died) died")
    #expect(died > 5, "seed \(seed)")
    try etcd.done("kill", "ai-summary")
    try etcd.agree()
    try etcd.done("history", "--verify")
  }

  /// At each request of an attestation. Whoever comes next waits for the lock of one that died for less time than
  /// commands wait for each other.
  @Test(.enabled(if: Tool.strace.isWanted, Tool.strace.reason)) func anAttestationThatDiedHoldsNobodyUp() throws {
    let etcd = try EtcdWorld()
    let attest = ["attest", LiveWorld.note, "gates", "--evidence", "seen"]
    try etcd.done("promote", LiveWorld.note)
    let lock = "/prod.rollout/ai-summary.journal.lock"
    var isHeld = false
    for request in 1...40 where !isHeld {
      let died = try Tool.strace.run(
        ["-f", "-qq", "-o", "/dev/null", "-e", "inject=sendto:signal=KILL:when=\(request)", try #require(Binary.path)]
          + attest, in: etcd.world.folder, environment: etcd.environment)
      isHeld = try etcd.control("/get", lock).members?.isEmpty == false
      if died.end == .status(0) { break }
    }
    try #require(isHeld, "no attestation died with the lock")
    let next = try etcd.start(attest).finish()
    #expect(next.end == .status(0), "\(next)")
    try etcd.agree()
  }

  // MARK: Members that go away

  @Test func aPromotionGoesOnWhenEtcdComesBack() throws {
    let etcd = try EtcdWorld()
    try etcd.done("promote", LiveWorld.note)
    try etcd.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    try etcd.control("/stop", "0")
    let running = try etcd.start(["promote", LiveWorld.note, "--to", "5% of paid"])
    try etcd.control("/start", "0")
    let outcome = try running.finish()
    #expect([0, 1].contains(outcome.status), "\(outcome)")
    #expect(try etcd.stage == (outcome.status == 0 ? "5% of paid" : "internal"), "\(outcome)")
    try etcd.agree()
    // Frozen in the middle: it neither answers nor refuses.
    try etcd.control("/pause", "0")
    let kill = try etcd.start(["kill", "ai-summary"])
    usleep(300_000)
    try etcd.control("/resume", "0")
    #expect(try kill.finish().status == 0)
    #expect(try etcd.mark == "killed")
    try etcd.agree()
  }

  /// The transaction of flag and entry is refused as a whole; a kill must not depend on the entry.
  @Test func whoMayNotWriteTheJournalCanKillAllTheSame() throws {
    let etcd = try EtcdWorld()
    try etcd.done("promote", LiveWorld.note)
    // From "/prod/" up to "/prod0", and no further: the journals are in "/prod.rollout/".
    let flags = #""key":"L3Byb2Qv","range_end":"L3Byb2Qw""#
    for call in [
      #"user/add\#n{"name":"eve","password":"\#(Planted.password)"}"#, #"role/add\#n{"name":"flags"}"#,
      #"user/grant\#n{"user":"eve","role":"flags"}"#,
      #"role/grant\#n{"name":"flags","perm":{"permType":"READWRITE",\#(flags)}}"#,
    ] { try etcd.control("/call", "/v3/auth/\(call)") }
    let eve = etcd.environment.merging(["ETCD_USERNAME": "eve"]) { $1 }
    let doctor = try etcd.world.run("doctor", environment: eve)
    #expect(doctor.status == 0 && doctor.output.contains("a kill goes through, and leaves no entry"), "\(doctor)")
    let kill = try etcd.world.run("kill", "ai-summary", environment: eve)
    #expect(kill.status == 0 && kill.output.contains("could not be journaled"), "\(kill)")
    #expect(try etcd.run("status", "ai-summary", "--format", "json").output.contains(#""killed": true"#))
  }

  @Test func oneMemberOfThreeMayBeAwayAndTwoMayNot() throws {
    let etcd = try EtcdWorld(members: 3)
    try etcd.done("promote", LiveWorld.note)
    // The first that the address names is away: the next one is asked.
    try etcd.control("/kill", "0")
    try etcd.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    try etcd.done("promote", LiveWorld.note, "--to", "5% of paid")
    try etcd.done("kill", "ai-summary")
    try etcd.done("restore", "ai-summary", "--reason", "again")
    try etcd.control("/kill", "1")
    let outcome = try etcd.run("kill", "ai-summary", "--within", "8s")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("NOT off"), "\(outcome)")
    #expect(outcome.errors.contains("most members of the cluster are away"), "\(outcome)")
    #expect(outcome.errors.contains("bring members back"), "\(outcome)")
    #expect(outcome.errors.contains("etcdctl"), "\(outcome)")
    try etcd.control("/start", "1")
    try etcd.done("kill", "ai-summary")
    #expect(try etcd.mark == "killed")
    try etcd.agree()
  }
}
