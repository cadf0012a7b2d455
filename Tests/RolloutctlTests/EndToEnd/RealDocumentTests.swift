import Foundation
import Testing

/// Documents behind real servers of the web, each in its packages' settings, one after another: the verbs back to back,
/// an outsider in between, an outsider who races.
@Suite(.serialized, .waits) struct RealDocumentTests {
  /// One of them.
  struct Kind: CustomTestStringConvertible, Sendable {
    let name: String
    let program: String
    /// Refuses a change over another state.
    var guards = true
    /// Compares and writes in one step, so that two who come at once lose nothing.
    var isAtomic = false

    var testDescription: String { name }

    var isThere: Bool {
      program.hasPrefix("/") ? FileManager.default.isExecutableFile(atPath: program) : RealCache.isThere(program)
    }
  }

  /// The Python that has WsgiDAV and moto, from Tests/Live/requirements-documents.txt.
  static let python = URL(filePath: ".venv/documents/bin/", relativeTo: Repository.root).path

  static let kinds = [
    Kind(name: "apache", program: "apache2"), Kind(name: "apache-digest", program: "apache2"),
    Kind(name: "nginx", program: "nginx", guards: false), Kind(name: "lighttpd", program: "lighttpd", isAtomic: true),
    Kind(name: "wsgidav", program: "\(python)/wsgidav"), Kind(name: "moto", program: "\(python)/moto_server"),
  ]

  static let present = kinds.filter { $0.isThere || Live.isRequired }

  private let world: LiveWorld

  init() throws { world = try LiveWorld() }

  /// A server with its document, and what is said of it to whoever asks.
  private struct Served {
    let server: LiveServer
    let address: String

    init(_ kind: String, _ more: String...) throws {
      let python = "\(RealDocumentTests.python)/python"
      let isPythons = ["wsgidav", "moto"].contains(kind)
      server = try LiveServer("real_documents.py", [kind] + more, python: isPythons ? python : "python3")
      let path = try #require(server.facts["path"]?.text, "\(kind) did not start")
      address = "http://127.0.0.1:\(try server.port("port"))\(path)"
    }

    /// With S3's credentials, which are anybody's here.
    func curl(_ words: String...) throws -> String {
      let outcome = try Tool(name: "curl").run(["-fsS", "-H", "Authorization: Bearer anybody"] + words)
      try #require(outcome.end == .status(0), "\(outcome)")
      return outcome.output
    }

    func document() throws -> [String: Any] {
      let text = try curl(address)
      return try #require(try? LiveWorld.object(text), "\(text)")
    }

    func flag(_ key: String = "ai-summary") throws -> [String: Any]? {
      (try document()["flags"] as? [String: Any])?[key] as? [String: Any]
    }

    func isKilled(_ key: String = "ai-summary") throws -> Bool {
      (try flag(key)?["metadata"] as? [String: Any])?["rolloutctl"] as? String == "killed"
    }

    /// As an outsider does who takes a formatter to it and asks nobody.
    func put(_ text: String) throws {
      _ = try curl(
        "-o", "/dev/null", "-X", "PUT", "-H", "Content-Type: application/json", "--data-binary", text, address)
    }
  }

  private func run(
    _ served: Served, _ words: String..., environment: [String: String] = ["ROLLOUT_HTTP_TOKEN": "anybody"]
  ) throws -> Binary.Outcome {
    try world.start(words, environment: environment.merging(["ROLLOUT_STORE": served.address]) { $1 }).finish()
  }

  private func done(_ served: Served, _ words: String..., at place: SourceLocation = #_sourceLocation) throws {
    let environment = ["ROLLOUT_HTTP_TOKEN": "anybody", "ROLLOUT_STORE": served.address]
    let outcome = try world.start(words, environment: environment).finish()
    try #require(outcome.end == .status(0), "\(words.joined(separator: " ")): \(outcome)", sourceLocation: place)
  }

  private func start(_ kind: Kind) throws -> Served {
    let note = LiveWorld.plainNote.replacing("Store: file:flags.json\n", with: "")
    try world.folder.write(LiveWorld.note, note)
    if !kind.guards { try world.folder.write("rolloutctl.json", #"{"single writer": true}"#) }
    return try Served(kind.name)
  }

  // MARK: Alone

  /// No pause in between: where the tag is weak for a second the next verb waits.
  @Test(arguments: present) func fourVerbsBackToBack(kind: Kind) throws {
    let served = try start(kind)
    try done(served, "promote", LiveWorld.note)
    try done(served, "exclude", "ai-summary", "tenant=acme", "--reason", "they asked")
    let kill = try run(served, "kill", "ai-summary")
    #expect(kill.end == .status(0) && !(kill.output + kill.errors).contains("guard"), "\(kill)")
    #expect(try served.isKilled())
    try done(served, "restore", "ai-summary", "--reason", "mended")
    #expect(try served.flag()?["targeting"] != nil)
    try done(served, "history", "--verify")
  }

  @Test(arguments: present) func whetherItGuardsIsFoundOutBySending(kind: Kind) throws {
    let served = try start(kind)
    try? FileManager.default.removeItem(atPath: world.folder.path("rolloutctl.json"))
    let doctor = try run(served, "doctor", "--prove")
    #expect(doctor.output.contains("a strong ETag guards every change") == kind.guards, "\(doctor)")
    let promote = try run(served, "promote", LiveWorld.note)
    guard !kind.guards else { return #expect(promote.end == .status(0), "\(promote)") }
    #expect(
      promote.end == .status(1) && promote.errors.contains("takes a change that depends on another"), "\(promote)")
    #expect(promote.errors.contains("\"single writer\": true"))
    #expect(try served.flag() == nil)
    // A kill goes through all the same, and says so.
    try served.put(
      #"{"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}"#)
    let kill = try run(served, "kill", "f")
    #expect(kill.end == .status(0) && (kill.output + kill.errors).contains("was not guarded"), "\(kill)")
    #expect(try served.isKilled("f"))
  }

  // MARK: Others

  /// jq spaces it anew, orders members, and adds a flag.
  @Test(arguments: present) func anOutsiderInBetweenIsNoConflictAndLosesNothing(kind: Kind) throws {
    let served = try start(kind)
    try done(served, "promote", LiveWorld.note)
    let jq = try Tool(name: "jq").run(
      ["-S", "--tab", #".flags.theirs = {"state": "ENABLED", "variants": {"a": 1.50}, "defaultVariant": "a"}"#],
      input: try served.curl(served.address))
    try #require(jq.end == .status(0), "\(jq)")
    try served.put(jq.output)
    try done(served, "rollback", "ai-summary", "--reason", "seen enough")
    try done(served, "kill", "ai-summary")
    #expect(try served.isKilled() && served.flag("theirs") != nil)
    try done(served, "status", "ai-summary")
  }

  /// Two loops at a document that an outsider changes as fast as they can.
  @Test(arguments: present.filter(\.guards)) func anOutsiderWhoRacesLosesNothingThatTheServerGuards(kind: Kind) throws {
    let served = try start(kind)
    try done(served, "promote", LiveWorld.note)
    let seconds = ProcessInfo.processInfo.environment["ROLLOUTCTL_RACE_SECONDS"].flatMap { Int($0) } ?? 3
    let outsider = try Binary.start(
      [Live.script("document_outsider.py"), served.address, "\(seconds)"], program: Tool.python.path)
    let end = ContinuousClock.now + .seconds(seconds)
    var kills = 0
    repeat {
      let kill = try run(served, "kill", "ai-summary")
      if !kind.isAtomic, kill.end == .status(1), (try? served.isKilled()) == nil {
        // Such a server writes for two at once, and a busy machine lets it mix them: then nobody has a document to read,
        // and that is said.
        #expect(kill.errors.contains("mend it first"), "\(kill)")
        return
      }
      #expect(kill.end == .status(0), "\(kill)")
      kills += 1
      let restore = try run(served, "restore", "ai-summary", "--reason", "again")
      // Where others are between its look and its write, a move is refused, and says why.
      #expect([0, 1, 6].contains(restore.status) && (!kind.isAtomic || restore.status != 1), "\(restore)")
    } while ContinuousClock.now < end
    let outcome = try outsider.finish()
    let told = try #require(try? LiveWorld.object(outcome.output), "\(outcome)")
    let (taken, lost) = (told["taken"] as? Int ?? 0, told["lost"] as? Int ?? -1)
    #expect(taken > 0 && kills > 0, "\(told)")
    // Where a server compares in one step and writes in another, what comes in between is lost by its own doing; that
    // happens to lighttpd once in thousands, and to outsiders alone too.
    #expect(lost <= (kind.isAtomic ? 1 : taken), "\(kind.name): \(told), \(kills) kills")
    try done(served, "kill", "ai-summary")
    #expect(try served.isKilled())
  }

  // MARK: In their words

  @Test(.enabled(if: RealCache.isThere("apache2") || Live.isRequired, "apache2 is not installed"))
  func aRedirectOnTheSameServerIsFollowedByEveryVerb() throws {
    let served = try Served("apache-digest", "--redirect")
    let old = served.address.replacing("/flags.json", with: "/old/flags.json")
    try served.put(
      #"{"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}"#)
    let kill = try world.run("kill", "f", "--store", old)
    #expect(kill.end == .status(0), "\(kill)")
    #expect(try served.isKilled("f"))
  }

  @Test(.enabled(if: RealCache.isThere("apache2") || Live.isRequired, "apache2 is not installed"))
  func aNameAndAPasswordLetInAndAreShownNowhere() throws {
    let served = try Served("apache", "--user", "maya:\(Planted.password)")
    let environment = ["ROLLOUT_HTTP_USERNAME": "maya", "ROLLOUT_HTTP_PASSWORD": Planted.password]
    try world.folder.write(LiveWorld.note, LiveWorld.plainNote.replacing("Store: file:flags.json\n", with: ""))
    let promote = try run(served, "promote", LiveWorld.note, "--verbose", environment: environment)
    #expect(promote.end == .status(0), "\(promote)")
    let kill = try run(served, "kill", "ai-summary", "--verbose", environment: environment)
    #expect(kill.end == .status(0), "\(kill)")
    let card = try run(served, "doctor", "--card", "ai-summary", environment: environment)
    #expect(card.output.contains("-u \"$ROLLOUT_HTTP_USERNAME:$ROLLOUT_HTTP_PASSWORD\""), "\(card)")
    let wrong = try run(
      served, "status", environment: ["ROLLOUT_HTTP_USERNAME": "maya", "ROLLOUT_HTTP_PASSWORD": "planted-wrong"])
    #expect(wrong.end == .status(1) && wrong.output.contains("the user or the password in ROLLOUT_HTTP"), "\(wrong)")
    for outcome in [promote, kill, card, wrong] {
      #expect(!(outcome.output + outcome.errors).contains("planted"), "\(outcome)")
    }
  }

  @Test(
    arguments: [
      ("apache", "--read-only", "405", "whether writing is turned on"),
      ("nginx", "--read-only", "405", "whether writing is turned on"),
      ("lighttpd", "--read-only", "403", "whether writing is on"),
      ("nginx", "--small", "413", "client_max_body_size"), ("apache", "--small", "413", "raise its limit"),
    ].filter { one in kinds.contains { $0.name == one.0 && ($0.isThere || Live.isRequired) } })
  func whatItRefusesHasAdvice(kind: String, mode: String, status: String, words: String) throws {
    let served = try Served(kind, mode)
    try world.folder.write("rolloutctl.json", #"{"single writer": true}"#)
    try world.folder.write(LiveWorld.note, LiveWorld.plainNote.replacing("Store: file:flags.json\n", with: ""))
    let promote = try run(served, "promote", LiveWorld.note)
    #expect(promote.end == .status(1), "\(promote)")
    #expect(promote.errors.contains("answered \(status)") && promote.errors.contains(words), "\(promote)")
  }

  // MARK: A second operator

  @Test func aSecondOperatorSeesWhatTheDocumentSays() throws {
    let server = try LiveServer("document_server.py", ["-", "--weak-first", "--unstored"])
    let address = "http://127.0.0.1:\(try server.port("port"))/flags.json"
    try world.folder.write(LiveWorld.note, LiveWorld.plainNote.replacing("Store: file:flags.json\n", with: ""))
    let promote = try world.run("promote", LiveWorld.note, "--store", address)
    #expect(promote.end == .status(0), "\(promote)")
    let second = try LiveWorld()
    let seen = try second.run("status", "--store", address)
    #expect(
      seen.end == .status(0) && seen.output.contains("ai-summary") && !seen.output.contains("no rollouts yet"),
      "\(seen)")
    server.stop()
    let away = try second.run("status", "--store", address)
    #expect(away.end == .status(1) && !away.output.contains("no rollouts yet"), "\(away)")
    #expect(away.output.contains("cannot be reached"), "\(away)")
  }
}
