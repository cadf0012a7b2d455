import Foundation
import Testing

@testable import RolloutOps

/// The break-glass card does what it says: its lines, pasted into a shell as they are, turn the flag off for everybody on
/// the real etcd and on the scripted platforms, and nothing of a token stands in them.
@Suite(.enabled(if: Tool.python.isWanted && Tool.curl.isWanted && Tool.jq.isWanted, "curl, jq or python3 is missing"))
struct CardTests {
  static let secret = "planted-card-secret"
  /// What a shell, jq, an address or JSON could trip over.
  static let oddKeys = [#"it's "so" & $HOME/x"#, "naïve `id` \\ %41 #?", "a b;c|d>e", "tab\there, \u{202E}tfel"]

  // MARK: Platforms

  @Test(arguments: TestedPlatform.allCases) func aPlatformsFlagIsOffAfterItsCard(platform: TestedPlatform) throws {
    let live = try PlatformWorld(platform)
    try live.done("promote", LiveWorld.note)
    let card = try live.card("ai-summary")
    #expect(try live.shell(card.proof).status != 0, "it is on: \(card.proof)")
    let outcome = try live.shell(card.kill)
    #expect(outcome.status == 0, "\(card.kill)\n\(outcome)")
    #expect(try live.isOff("ai-summary"))
    #expect(try live.shell(card.proof).output == "true\n", "\(card.proof)")
    let status = try live.run("status", LiveWorld.note, "--format", "json")
    #expect(try JSON.parse(Array(status.output.utf8))["killed"] == true, "\(status)")
  }

  @Test(arguments: TestedPlatform.allCases) func noKeyTripsALineUp(platform: TestedPlatform) throws {
    let live = try PlatformWorld(platform)
    for key in Self.oddKeys {
      try live.put([
        "flags": .object([JSON.Member(key, platform.open), JSON.Member("other", platform.open.setting("id", to: 4712))])
      ])
      let card = try live.card(key)
      let outcome = try live.shell(card.kill)
      #expect(outcome.status == 0, "\(card.kill)\n\(outcome)")
      #expect(try live.isOff(key), "\(key)")
      #expect(try !live.isOff("other"))
      #expect(try live.shell(card.proof).output == "true\n", "\(card.proof)")
      #expect(!live.world.folder.has("x") && !live.world.folder.has("e"), "\(card.kill)")
    }
  }

  /// A token that is wrong, and a key that is not there: the line does not end as if it had worked.
  @Test(arguments: TestedPlatform.allCases) func aLineThatDidNothingSaysSo(platform: TestedPlatform) throws {
    let live = try PlatformWorld(platform)
    try live.put(["flags": .object([JSON.Member("k", platform.open)])])
    let card = try live.card("k")
    #expect(try live.shell(card.kill, token: "wrong").status != 0, "\(card.kill)")
    #expect(try !live.isOff("k"))
    #expect(try live.shell(card.proof, token: "wrong").status != 0, "\(card.proof)")
    try live.put(["flags": [:]])
    #expect(try live.shell(card.kill).status != 0, "\(card.kill)")
    #expect(try live.shell(card.proof).status != 0, "\(card.proof)")
  }

  /// The store is away: the card is what is needed then. PostHog's number is looked up by the card itself.
  @Test(arguments: TestedPlatform.allCases) func aCardIsMadeWhileThePlatformIsAway(platform: TestedPlatform) throws {
    let live = try PlatformWorld(platform)
    try live.put(["flags": .object([JSON.Member("k", platform.open)])])
    try live.fail([["times": 100, "do": ["answer": ["status": 503]]]])
    let outcome = try live.run("doctor", "--card", "--format", "json", "--within", "1s", "k")
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.errors.contains("could not be read"), "\(outcome)")
    try live.fail([])
    let card = try Card(outcome)
    #expect(try live.shell(card.kill).status == 0, "\(card.kill)")
    #expect(try live.isOff("k"))
    #expect(try live.shell(card.proof).output == "true\n", "\(card.proof)")
  }

  // MARK: Files and documents

  @Test func aFilesFlagIsOffAfterItsCard() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: world.folder.path("flags.json"))
    let card = try Card(world.done("doctor", "--card", "--format", "json", "ai-summary"))
    #expect(try Tool.sh.run(["-c", card.proof], in: world.folder).status == 1)
    #expect(try Tool.sh.run(["-c", card.kill], in: world.folder).status == 0, "\(card.kill)")
    #expect(try world.isKilled())
    #expect(try Tool.sh.run(["-c", card.proof], in: world.folder).output == "true\n")
    let facts = try FileManager.default.attributesOfItem(atPath: world.folder.path("flags.json"))
    #expect(facts[.posixPermissions] as? Int == 0o640)
    #expect(try world.done("status").output.contains("killed"))
    #expect(!world.folder.has("flags.json.killed"))
  }

  static let flag: JSON = [
    "state": "ENABLED", "variants": ["it's": 1, "off": false, "control": 2], "defaultVariant": "it's",
    "targeting": ["if": [true, "it's", "off"]], "metadata": ["rolloutctl": "managed", "rolloutctl.kill": "it's"],
  ]

  static func document(_ key: String) -> JSON {
    ["flags": .object([JSON.Member("other", flag), JSON.Member(key, flag)])]
  }

  private func check(_ document: JSON, _ key: String) throws {
    let killed = try #require(document["flags"]?[key])
    #expect(killed["defaultVariant"] == "it's" && killed["targeting"] == nil)
    #expect(killed["metadata"]?["rolloutctl"] == "killed")
    #expect(document["flags"]?["other"] == Self.flag && document["flags"]?.members?.count == 2)
  }

  @Test(arguments: oddKeys) func noKeyTripsAFilesLinesUp(key: String) throws {
    let world = try LiveWorld(flags: Self.document(key).written())
    let card = try Card(world.done("doctor", "--card", "--format", "json", key))
    #expect(try Tool.bash.run(["-c", card.kill], in: world.folder).status == 0, "\(card.kill)")
    try check(try JSON.parse(Array(world.folder.read("flags.json").utf8)), key)
    #expect(try Tool.bash.run(["-c", card.proof], in: world.folder).status == 0)
    // What is printed is what was run: a terminal's own signs are spelled, and the spelling is the shell's.
    let text = try world.done("doctor", "--card", key).output
    #expect(text.contains(card.kill) && text.contains(card.proof), "\(text)")
    #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .format })
  }

  @Test func aFlagThatIsNotThereIsNotMade() throws {
    let world = try LiveWorld(flags: Self.document("k").written())
    let card = try Card(world.done("doctor", "--card", "--format", "json", "k"))
    try world.folder.write("flags.json", #"{"flags": {}}"#)
    #expect(try Tool.sh.run(["-c", card.kill], in: world.folder).status != 0)
    #expect(try world.folder.read("flags.json") == #"{"flags": {}}"#)
  }

  /// Nobody knows yet what everybody is to get: the flag itself says it, as it does to a kill.
  @Test(arguments: [(#""rolloutctl.kill": "it's""#, "it's"), (#""x": 1"#, "control")])
  func withoutAVariantTheFlagSaysIt(metadata: String, served: String) throws {
    let flag = try JSON.parse(
      Array(#"{"state": "DISABLED", "variants": {"it's": 1, "off": 2, "control": 3}, "metadata": {\#(metadata)}}"#.utf8)
    )
    let folder = try TemporaryFolder()
    try folder.write("flags.json", JSON.object([JSON.Member("flags", ["k": flag])]).written())
    let outcome = try Tool.sh.run(
      ["-c", "\(FlagdFlag.jq(killing: FlagKey("k"), serving: nil)) flags.json"], in: folder)
    let made = try JSON.parse(Array(outcome.output.utf8))["flags"]?["k"]
    #expect(made?["defaultVariant"]?.text == served && made?["state"] == "ENABLED", "\(outcome)")
  }

  @Test(arguments: [[], ["--untagged"]]) func aDocumentsFlagIsOffAfterItsCard(mode: [String]) throws {
    let server = try LiveServer("document_server.py", [Self.secret] + mode)
    let place = "http://127.0.0.1:\(try server.port("port"))/flags.json"
    let environment = ["ROLLOUT_STORE": place, "ROLLOUT_HTTP_TOKEN": Self.secret]
    let world = try LiveWorld()
    for key in ["ai-summary", Self.oddKeys[0]] {
      try world.folder.write("new.json", Self.document(key).written())
      let put =
        "T=$(curl -s -D - -o /dev/null -H \"Authorization: Bearer $ROLLOUT_HTTP_TOKEN\" \(place) | sed -n 's/^ETag: //p' | tr -d '\\r');"
        + " curl -fsS -X PUT -H \"If-Match: $T\" -H \"Authorization: Bearer $ROLLOUT_HTTP_TOKEN\" --data-binary @new.json \(place)"
      #expect(try Tool.bash.run(["-c", put], in: world.folder, environment: environment).status == 0)
      let outcome = try world.run("doctor", "--card", "--format", "json", key, environment: environment)
      let card = try Card(outcome)
      let done = try Tool.bash.run(["-c", card.kill], in: world.folder, environment: environment)
      #expect(done.status == 0, "\(card.kill)\n\(done)")
      let read = try Tool.curl.run(["-sH", "Authorization: Bearer \(Self.secret)", place])
      try check(try JSON.parse(Array(read.output.utf8)), key)
      #expect(try Tool.bash.run(["-c", card.proof], in: world.folder, environment: environment).output == "true\n")
    }
  }

  @Test func theQueryOfAnAddressIsInNoCard() throws {
    let world = try LiveWorld()
    let environment = ["ROLLOUT_STORE": "http://127.0.0.1:9/flags.json?signature=\(Self.secret)"]
    let outcome = try world.run("doctor", "--card", "--within", "1s", "k", environment: environment)
    #expect(outcome.output.contains("/flags.json?…") && outcome.output.contains("has a query"), "\(outcome)")
    #expect(!outcome.description.contains(Self.secret))
  }

  // MARK: etcd

  @Test(.enabled(if: EtcdWorld.isWanted, EtcdWorld.reason), arguments: [true, false])
  func aFlagInEtcdIsOffAfterItsCard(auth: Bool) throws {
    let etcd = try EtcdWorld(auth: auth)
    try etcd.done("promote", LiveWorld.note)
    let card = try Card(etcd.done("doctor", "--card", "--format", "json", "ai-summary"))
    let shell = { (text: String) in
      try Tool.bash.run(["-c", text], in: etcd.world.folder, environment: auth ? etcd.environment : [:])
    }
    #expect(try shell(card.proof).status != 0)
    let outcome = try shell(card.kill)
    #expect(outcome.status == 0 && outcome.output == "true\n", "\(card.kill)\n\(outcome)")
    #expect(try etcd.mark == "killed")
    #expect(try shell(card.proof).output == "true\n")
    #expect(try etcd.done("status").output.contains("killed"))
    if auth {
      let wrong = try Tool.bash.run(
        ["-c", card.kill], in: etcd.world.folder, environment: ["ETCD_USERNAME": "root", "ETCD_PASSWORD": "no"])
      #expect(wrong.status != 0, "\(wrong)")
    }
    for key in Self.oddKeys {
      try etcd.control("/put", "/prod/\(key)\n\(Self.flag.written())")
      let card = try Card(etcd.done("doctor", "--card", "--format", "json", key))
      #expect(try shell(card.kill).output == "true\n", "\(card.kill)")
      let text = try #require(try etcd.control("/get", "/prod/\(key)")["/prod/\(key)"]?.text)
      let killed = try JSON.parse(Array(text.utf8))
      #expect(killed["defaultVariant"] == "it's" && killed["targeting"] == nil, "\(text)")
      #expect(try shell(card.proof).status == 0)
    }
  }

  @Test(.enabled(if: EtcdWorld.isWanted, EtcdWorld.reason)) func theCardPassesOverAMemberThatIsAway() throws {
    let etcd = try EtcdWorld(members: 3, auth: false)
    try etcd.done("promote", LiveWorld.note)
    let card = try Card(etcd.done("doctor", "--card", "--format", "json", "ai-summary"))
    try etcd.control("/kill", "0")
    #expect(try Tool.bash.run(["-c", card.kill], in: etcd.world.folder).status == 0, "\(card.kill)")
    #expect(try etcd.mark == "killed")
    try etcd.control("/kill", "1")
    #expect(try Tool.bash.run(["-c", card.kill], in: etcd.world.folder).status != 0, "most members are away")
  }

  // MARK: What is printed

  @Test func theRunbooksCardIsMarkdownThatHoldsAnyLine() throws {
    let world = try LiveWorld(flags: Self.document("a ```` b").written())
    let text = try world.done("doctor", "--card", "--format", "markdown", "a ```` b").output
    #expect(text.hasPrefix("## a \\`\\`\\`\\` b: off without rolloutctl\n"), "\(text)")
    #expect(text.contains("\n`````sh\ncp -p ") && text.contains("- Everybody gets: it's\n"), "\(text)")
  }

  @Test func everyManagedFlagGetsOneWhereNoneIsNamed() throws {
    let world = try LiveWorld()
    let none = try world.run("doctor", "--card")
    #expect(none.status == 1 && none.output == "" && none.errors.contains("no flag is marked"), "\(none)")
    try world.done("promote", LiveWorld.note)
    #expect(try world.done("doctor", "--card").output.hasPrefix("ai-summary: off without rolloutctl\n"))
    let unknown = try world.run("doctor", "--card", "ai-sumary")
    #expect(
      unknown.status == 1 && unknown.errors.contains("there is no flag ai-sumary in file:flags.json"), "\(unknown)")
  }

  @Test func aTriggerIsNamedAndItsAddressIsNot() throws {
    let platform = TestedPlatform.launchDarkly
    let live = try PlatformWorld(platform)
    let trigger: JSON = [
      "_id": "0123456789ab", "enabled": true, "_triggerCount": 0, "project": "default", "flag": "k",
      "environment": "production", "secret": .string(Self.secret), "instructions": [["kind": "turnFlagOff"]],
    ]
    try live.put(["flags": ["k": platform.open], "triggers": [trigger]])
    let place = try #require(live.environment["ROLLOUT_STORE"]).dropFirst("launchdarkly+".count)
    let address = "\(place.replacing("/default/production", with: ""))/webhook/triggers/0123456789ab/\(Self.secret)"
    let variable = ["LAUNCHDARKLY_TRIGGER_URLS": "other.k=https://x/y k.k=https://x/z production/k=\(address)"]
    let outcome = try live.start(["doctor", "--card", "k"], variable)
    #expect(!outcome.description.contains(Self.secret))
    let lines = outcome.output.split(separator: "\n")
    let title = try #require(lines.firstIndex { $0.contains("or without a token") }, "\(outcome)")
    let command = try #require(lines.dropFirst(title + 1).first)
    let pulled = try Tool.bash.run(["-c", String(command)], in: live.world.folder, environment: variable)
    #expect(pulled.status == 0, "\(command) \(pulled)")
    #expect(try live.isOff("k"))
  }

  /// Whatever stands in it, a shell takes it for the one word that it is. An apostrophe under an accent is one character
  /// with it, and would end a quotation that goes by characters.
  @Test func aWordIsTheWord() throws {
    let seed = UInt64.random(in: 1...9999)
    print("words: seed \(seed)")
    var random = SplitMix64(seed: seed)
    let signs = Array("abz09'\"\\$`!*?[]{}()<>|&;#~=%^ /.-_\t\u{1B}\u{7F}éß漢🚀\u{202E}\u{301}\u{AD}\n".unicodeScalars)
    var texts = ["", "'", "'\u{301}", "-n", "~", "$(id)", "!!"]
    for _ in 0..<400 {
      var text = ""
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        if let sign = signs.randomElement(using: &random) { text.unicodeScalars.append(sign) }
      }
      texts.append(text)
    }
    let words = texts.map { Shell.word($0) }
    let outcome = try Tool.bash.run(["-c", "printf '<%s>\\n' " + words.joined(separator: " ")])
    #expect(outcome.output == texts.map { "<\($0)>\n" }.joined(), "\(words)")
    for word in words { #expect(Terminal.plain(word) == word, "it can be printed as it is") }
  }
}
