import Foundation
import Testing

/// What applications are served, asked of a server that speaks OpenFeature's remote protocol in front of the real flagd
/// provider (Tests/Live/evaluation_server.py). Needs the virtual environment of Tests/Live/requirements.txt.
@Suite(.serialized, .waits, .enabled(if: Live.hasFlagsPython || Live.isRequired, Live.flagsReason))
struct EvaluationTests {
  private let world: LiveWorld
  private let server: LiveServer
  private let address: String

  init() throws {
    world = try LiveWorld()
    // 50 ms is how often the provider looks at the file.
    server = try Self.server(world, "flags.json")
    address = "http://127.0.0.1:\(try server.port("port"))/ofrep/v1"
    try use(address)
  }

  private static func server(_ world: LiveWorld, _ file: String) throws -> LiveServer {
    try LiveServer("evaluation_server.py", [world.folder.path(file), "50"], python: Live.flagsPython)
  }

  private func use(_ address: String) throws {
    try world.folder.write("rolloutctl.json", "{\"evaluation\": \"\(address)\"}")
  }

  private func json(_ outcome: Binary.Outcome) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any], "\(outcome)")
  }

  private func killed(_ words: String...) throws -> (outcome: Binary.Outcome, flag: [String: Any]) {
    let outcome = try world.start(["kill", "ai-summary", "--format", "json"] + words).finish()
    let flags = try #require(try json(outcome)["flags"] as? [[String: Any]])
    return (outcome, try #require(flags.first))
  }

  @Test func everyMoveSaysWhatIsServedThen() throws {
    let promoted = try world.done("promote", LiveWorld.note)
    #expect(promoted.output.contains("served: on to team = staff; off to everybody else   \(address)"))
    let paid = try world.enter("5% of paid")
    #expect(paid.output.contains("served: on to team = staff, 5% of plan = paid; off to everybody else"))
    let status = try json(try world.run("status", "ai-summary", "--format", "json"))
    let served = try #require(status["served"] as? [String: Any])
    #expect(served["agrees"] as? Bool == true)
    // Of a share units are asked that tell by which hash the server deals: some of them are out by its own.
    let answers = try #require(served["answers"] as? [[String: Any]])
    #expect(answers.allSatisfy { $0["variant"] as? String == $0["expected"] as? String })
    let variants = answers.map { "\($0["who"] ?? ""): \($0["variant"] ?? "")" }
    #expect(variants.first == "team = staff: on" && variants.last == "everybody else: off")
    #expect(variants.contains("5% of plan = paid: on") && variants.contains("5% of plan = paid: off"))
    #expect(served["hashes"] as? [String] == ["v3"])
    let excluded = try world.done("exclude", "ai-summary", "plan=paid", "--reason", "they asked")
    #expect(excluded.output.contains("off to plan = paid, who is excluded, everybody else"))
  }

  @Test func aKillEndsWhenAnEvaluationSaysOff() throws {
    try world.enter("internal")
    try world.enter("5% of paid")
    let (outcome, flag) = try killed()
    #expect(outcome.end == .status(0) && flag["off"] as? Bool == true && flag["verified_by"] as? String == "evaluation")
    let answers = try #require((flag["served"] as? [String: Any])?["answers"] as? [[String: Any]])
    #expect(Set(answers.compactMap { $0["who"] as? String }).isSuperset(of: ["team = staff", "5% of plan = paid"]))
    #expect(answers.allSatisfy { $0["variant"] as? String == "off" && $0["expected"] as? String == "off" })
    // A second kill asks about those who were in, not about anybody.
    let again = try killed().flag
    let whoAgain = try #require((again["served"] as? [String: Any])?["answers"] as? [[String: Any]])
    #expect(whoAgain.contains { $0["who"] as? String == "team = staff" })
    let told = try world.done("kill", "ai-summary")
    #expect(told.output.contains("seen by applications after "))
  }

  /// The server reads another file: the store is off, and whoever is asked still gets the new version.
  @Test func offInTheStoreAloneIsNotOff() throws {
    try world.enter("internal")
    try world.folder.write("stale.json", world.folder.read("flags.json"))
    let stale = try Self.server(world, "stale.json")
    let staleAddress = "http://127.0.0.1:\(try stale.port("port"))/ofrep/v1"
    try use(staleAddress)
    let (outcome, flag) = try killed("--within", "1s")
    #expect(outcome.end == .status(1) && flag["off"] as? Bool == false)
    #expect(try world.isKilled(), "the store is killed all the same")
    let reasons = try #require(flag["reasons"] as? [String])
    #expect(reasons[0].hasPrefix("NOT off for applications: it is off in \(world.folder.path)/flags.json since "))
    #expect(reasons.contains("\(staleAddress): team = staff gets on"))
    let status = try world.run("status", "ai-summary")
    #expect(status.output.contains("≠ served  \(staleAddress) does not answer as the store shows"))
  }

  /// An endpoint that is away neither fakes a kill nor fails one.
  @Test func anEndpointThatIsAwayIsSaidAndNoMore() throws {
    try world.enter("internal")
    try use("http://127.0.0.1:1/ofrep/v1")
    let (outcome, flag) = try killed("--within", "1s")
    #expect(outcome.end == .status(0) && flag["off"] as? Bool == true && flag["verified_by"] as? String == "read back")
    #expect((flag["reasons"] as? [String])?.contains { $0.hasPrefix("not seen by an application: ") } == true)
  }

  @Test func theNoteMayNameIt() throws {
    try world.folder.write("rolloutctl.json", "{}")
    try world.folder.write(LiveWorld.note, LiveWorld.plainNote + "Evaluation: \(address)\n")
    let promoted = try world.done("promote", LiveWorld.note)
    #expect(promoted.output.contains("served: on to team = staff"))
    // By the key alone the note is found through the journal, also by a kill.
    #expect(try killed().flag["verified_by"] as? String == "evaluation")
  }

  /// What we send is what the real client sends, and the server answers both alike.
  @Test func theRealClientSendsTheSame() throws {
    try world.done("promote", LiveWorld.note)
    let seen = { () throws -> [[String: Any]] in
      let outcome = try Tool(name: "curl").run(["-s", address.replacing("/ofrep/v1", with: "/seen")])
      return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    }
    let ours = try #require(try seen().last { ($0["body"] as? String)?.contains("staff") == true })
    let body = try #require(ours["body"] as? String)
    let context = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])["context"]
    let text = String(decoding: try JSONSerialization.data(withJSONObject: try #require(context)), as: UTF8.self)
    let host = address.replacing("/ofrep/v1", with: "")
    let client = try Binary.run(
      [Live.script("evaluation_client.py"), host, "ai-summary", text], program: Live.flagsPython)
    #expect(try json(client)["variant"] as? String == "on", "\(client)")
    let theirs = try #require(try seen().last)
    #expect(theirs["path"] as? String == ours["path"] as? String)
    #expect(theirs["type"] as? String == ours["type"] as? String)
    let their = try JSONSerialization.jsonObject(with: Data((theirs["body"] as? String ?? "").utf8)) as? NSDictionary
    #expect(their == (try JSONSerialization.jsonObject(with: Data(body.utf8)) as? NSDictionary))
  }
}
