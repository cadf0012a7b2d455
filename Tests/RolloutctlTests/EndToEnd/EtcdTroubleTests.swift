import Foundation
import Synchronization
import Testing

@testable import RolloutOps

/// What a real etcd refuses on a bad night, in the words of an old and of a new version, and that a kill is not stopped
/// by it.
@Suite(.serialized, .waits, .enabled(if: EtcdWorld.isWanted, EtcdWorld.reason)) struct EtcdTroubleTests {
  static let flag: JSON = [
    "state": "ENABLED", "variants": ["on": true, "off": false], "defaultVariant": "on",
    "metadata": ["rolloutctl": "managed"],
  ]

  /// A kill of everybody, over what the store shows.
  private func order(_ reading: FlagReading, piece: EtcdFiles.Piece? = nil) throws -> KillOrder {
    var flag = try #require(reading.flag)
    flag.serving = .everyone("off")
    flag.mark = .init(killed: true)
    return KillOrder(flag, over: reading, Occasion(.kill), piece: piece)
  }

  @Test(arguments: EtcdWorld.programs) func rolesThatChangeAllTheTimeStopNoKill(program: String) throws {
    let etcd = try EtcdWorld(auth: false, program: program, "--jwt")
    let keys = (0..<40).map { "flag-\($0)" }
    for key in keys { try etcd.put(key, Self.flag) }
    try etcd.control("/storm")
    defer { _ = try? etcd.control("/calm") }
    let outcome = try etcd.run("kill", "--all", "--yes", "--format", "json")
    #expect(outcome.status == 0, "\(outcome)")
    try etcd.control("/calm")
    let flags = try #require(etcd.control("/get", "/prod/").members)
    #expect(flags.count == keys.count)
    #expect(flags.allSatisfy { $0.value.text?.contains("killed") == true }, "\(outcome)")
  }

  /// The flag's own rules are saved in the journal when a kill replaces them: together they are more than etcd takes.
  @Test(arguments: EtcdWorld.programs) func aKillLeavesAnEntryOutThatIsTooLong(program: String) throws {
    let etcd = try EtcdWorld(program: program)
    let rules = JSON.array((0..<60_000).map { .string("tenant-\($0)") })
    var flag = Self.flag.setting("targeting", to: ["if": [["in": [["var": "tenant"], rules]], "on", "off"]])
    flag = flag.setting("metadata", to: nil)
    try etcd.put("ai-summary", flag)
    let outcome = try etcd.run("kill", "ai-summary")
    #expect(outcome.status == 0, "\(outcome.errors.prefix(500))")
    #expect(try etcd.mark == "killed")
    // The same by the store alone, which says what it left out.
    try etcd.put("ai-summary", flag)
    let store = try etcd.store()
    let reading = try #require(store.look([FlagKey("ai-summary")])[FlagKey("ai-summary")]).get()
    let long = EtcdFiles.Piece(
      path: store.journalFolder.path + "/long.journal", offset: 0, bytes: Array(repeating: 0x61, count: 1_600_000))
    let sent = try store.send([order(reading, piece: long)])
    #expect(try sent.map { try $0.get() } == [.flag])
    #expect(try etcd.mark == "killed")
    #expect(try etcd.control("/get", "/prod.rollout/long").members?.isEmpty == true)
  }

  @Test(arguments: EtcdWorld.programs) func manyFlagsDieInOneTransactionAndOneThatWasEditedHoldsNoneUp(program: String)
    throws
  {
    let etcd = try EtcdWorld(program: program)
    let keys = (0..<150).map { FlagKey("flag-\($0)") }
    for key in keys { try etcd.put(key.text, Self.flag) }
    let http = CountingHTTP()
    let store = try etcd.store(http)
    let looks = store.look(keys + [FlagKey("nobody")])
    #expect(http.paths.count { $0 == "/v3/kv/txn" } == 2, "150 flags are two transactions")
    #expect(try looks[FlagKey("nobody")]?.get().flag == nil && looks.count == 151)
    let readings = try keys.map { try #require(looks[$0]).get() }
    // One was edited since, and one became unreadable.
    try etcd.put("flag-7", Self.flag.setting("metadata", to: ["rolloutctl": "managed", "by": "somebody"]))
    let orders = try readings.enumerated().map { index, reading in
      try order(
        reading,
        piece: EtcdFiles.Piece(
          path: "\(store.journalFolder.path)/flag-\(index).journal", offset: 0, bytes: Array("{}\n".utf8)))
    }
    let sent = store.send(orders)
    #expect(sent.count == 150)
    for (index, result) in sent.enumerated() {
      switch result {
      case .success(let sent): #expect(index != 7 && sent == .flagAndEntry)
      case .failure(let trouble): #expect(index == 7 && trouble == .changedMeanwhile(path: trouble.changedPath ?? ""))
      }
    }
    let after = try #require(etcd.control("/get", "/prod/").members)
    #expect(after.count { $0.value.text?.contains("killed") == true } == 149)
    #expect(try etcd.control("/get", "/prod.rollout/").members?.count == 149)
    // A flag that nobody can read hides no other.
    try etcd.control("/put", "/prod/flag-8\n{broken")
    let again = store.look(keys)
    #expect((try? again[keys[8]]?.get()) == nil && (try? again[keys[9]]?.get().flag?.mark?.killed) == true)
  }

  /// A compaction at the head, as an operator's script makes them, between two pages of every list.
  @Test(arguments: EtcdWorld.programs) func aCompactionBetweenTwoPagesListsAnew(program: String) throws {
    let etcd = try EtcdWorld(auth: false, program: program)
    try etcd.control(
      "/restore", "/prod/\n\(JSON.object((0..<2005).map { JSON.Member("/prod/f\($0)", "{}") }).written(.compact))")
    let control = etcd.control
    for times in [1, 100] {
      let http = CountingHTTP()
      let left = Mutex(times)
      http.after.withLock {
        $0 = { request in
          guard request.address.path == "/v3/kv/txn",
            left.withLock({
              $0 -= 1; return $0 >= 0
            })
          else { return }
          // Something is written first: the page's own revision is kept by a compaction to it.
          try control("/put", "/other\n\(UUID())")
          let revision = try control("/call", #"/v3/kv/range\#n{"key":"AA=="}"#)["header"]?["revision"]?.text ?? ""
          try control("/call", "/v3/kv/compaction\n{\"revision\":\"\(revision)\"}")
        }
      }
      #expect(try etcd.store(http).list().count == 2005)
      #expect(http.paths.count { $0 == "/v3/kv/txn" } == (times == 1 ? 2 : 4), "\(times)")
    }
  }

  @Test(arguments: EtcdWorld.programs) func outOfSpaceIsCalledThatAndADeletionIsStillTaken(program: String) throws {
    let etcd = try EtcdWorld(program: program, "--quota=300000")
    try etcd.done("promote", LiveWorld.note)
    try etcd.control("/fill")
    var said = ""
    for words in [["exclude", "ai-summary", "tenant = acme", "--reason", "x"]] {
      let outcome = try etcd.start(words).finish()
      #expect(outcome.status == 1, "\(outcome)")
      #expect(outcome.errors.contains("is out of space"), "\(outcome)")
      #expect(outcome.errors.contains("etcdctl") && outcome.errors.contains("defrag --cluster"), "\(outcome)")
      said = outcome.errors
      #expect(!outcome.errors.contains("members") && !outcome.errors.contains("too often"), "\(outcome)")
    }
    let doctor = try etcd.run("doctor")
    // It is broken into lines as wide as the terminal.
    let words = doctor.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("out of space") && words.contains("alarm disarm"), "\(doctor)")
    #expect(!doctor.description.contains("away") && !doctor.description.contains("too often"), "\(doctor)")
    // The very line that was printed makes room, where etcdctl is at hand.
    let etcdctl = Path.folder(of: program) + "/etcdctl"
    if program.contains("/"), FileManager.default.isExecutableFile(atPath: etcdctl) {
      let line = try #require(said.components(separatedBy: "make room: ").last?.split(separator: "\n").first)
      try etcd.control("/call", "/v3/kv/deleterange\n{\"key\":\"L2ZpbGxpbmc=\",\"range_end\":\"L2ZpbGxpbmg=\"}")
      let path = Path.folder(of: program) + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      let made = try Tool.sh.run(
        ["-c", String(line)], environment: ["PATH": path, "ETCDCTL_USER": "root:\(Planted.password)"])
      #expect(made.status == 0, "\(line)\n\(made)")
      try etcd.done("kill", "ai-summary")
      #expect(try etcd.mark == "killed")
      return
    }
    let store = try etcd.store()
    #expect(store.killSwitch == .removal)
    try store.switchOff(FlagKey("ai-summary"), Occasion(.kill))
    #expect(try store.look([FlagKey("ai-summary")])[FlagKey("ai-summary")]?.get().flag == nil)
  }
}

/// The break-glass card on the same nights.
@Suite(
  .serialized, .waits,
  .enabled(if: EtcdWorld.isWanted && Tool.curl.isWanted && Tool.jq.isWanted, "etcd, curl or jq is not installed here"))
struct EtcdCardTroubleTests {
  @Test(arguments: EtcdWorld.programs) func itShowsWhatAMemberSaysAndPassesOverOneThatIsAway(program: String) throws {
    let etcd = try EtcdWorld(members: 3, program: program)
    try etcd.done("promote", LiveWorld.note)
    let card = try Card(etcd.done("doctor", "--card", "--format", "json", "ai-summary"))
    func shell(_ text: String, as user: String = "root") throws -> Binary.Outcome {
      let environment = etcd.environment.merging(["ETCD_USERNAME": user]) { $1 }
      return try Tool.bash.run(["-c", text], in: etcd.world.folder, environment: environment)
    }
    for call in [
      #"user/add\#n{"name":"eve","password":"\#(Planted.password)"}"#, #"role/add\#n{"name":"reader"}"#,
      #"user/grant\#n{"user":"eve","role":"reader"}"#,
      #"role/grant\#n{"name":"reader","perm":{"permType":"READ","key":"Lw==","range_end":"MA=="}}"#,
    ] { try etcd.control("/call", "/v3/auth/\(call)") }
    let refused = try shell(card.kill, as: "eve")
    #expect(refused.status != 0 && refused.output.isEmpty, "\(card.kill)\n\(refused)")
    #expect(refused.errors.contains("permission denied"), "\(refused)")
    try etcd.control("/kill", "0")
    let before = try shell(card.proof)
    #expect(before.status != 0 && before.output.split(separator: "\n").allSatisfy { $0 == "false" }, "\(before)")
    #expect(!before.errors.contains("jq"), "\(before)")
    let kill = try shell(card.kill)
    #expect(kill.status == 0 && kill.output == "true\n" && !kill.errors.contains("jq"), "\(card.kill)\n\(kill)")
    #expect(try etcd.mark == "killed")
    #expect(try shell(card.proof).output == "true\n")
    try etcd.control("/kill", "1")
    #expect(try shell(card.kill).status != 0, "most members are away")
  }
}

extension StoreTrouble {
  fileprivate var changedPath: String? { if case .changedMeanwhile(let path) = self { path } else { nil } }
}

/// The real door, with a look at what goes through it.
final class CountingHTTP: HTTP {
  private let http = CurlHTTP()
  private let asked = Mutex<[String]>([])
  /// Runs after each answer, before anybody sees it.
  let after: Mutex<@Sendable (HTTPRequest) throws -> Void> = Mutex({ _ in })

  var paths: [String] { asked.withLock { $0 } }

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    let answer = try http.answer(to: request)
    asked.withLock { $0.append(request.address.path) }
    let hook = after.withLock { $0 }
    do { try hook(request) } catch { throw request.trouble(.cut("\(error)")) }
    return answer
  }
}
