import Testing

/// Where a kill and every other command work: what the command line, the note, the environment and `rolloutctl.json`
/// name, in whatever state that file is.
@Suite struct KillScopeTests {
  static let exposing = """
    {"flags": {"ai-summary": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}

    """
  static let empty = "{\"flags\": {}}\n"

  /// A flag that a store lacks is counted with those that it has.
  @Test func aStoreIsCountedOnce() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let outcome = try world.run("kill", "ai-summary", "nobody")
    #expect(outcome.status == 1, "\(outcome)")
    #expect(
      (outcome.output + outcome.errors).contains("1 of 2 off in \(world.folder.path)/flags.json; 1 NOT off"),
      "\(outcome)")
  }

  // MARK: The matrix

  enum State: String, CaseIterable { case fine, missing, cutOff, misspelled }
  enum Source: String, CaseIterable { case commandLine, environment, note, configuration, nobody }
  enum Homes: String, CaseIterable { case one, two, none }

  /// What a `rolloutctl.json` says in that state, which stores are named in what can be read of it, and whether the rest
  /// may name one.
  private func configuration(_ state: State, _ source: Source) -> (text: String?, named: [String], mayNameMore: Bool) {
    let production = #""stores": {"production": "file:production.json"}"#
    let both = #"{"store": "file:staging.json", \#(production)}"#
    return switch (state, source) {
    case (.missing, _): (nil, [], false)
    case (.fine, .nobody): (#"{"ca_file": "certificates.pem"}"#, [], false)
    case (.cutOff, .nobody): (#"{"ca_file": "certificates.pem", "sto"#, [], true)
    case (.misspelled, .nobody): (#"{"ca_flie": "certificates.pem"}"#, [], false)
    case (.fine, .configuration): (both, ["staging", "production"], false)
    case (.cutOff, .configuration): (#"{"store": "file:stag"#, [], true)
    case (.misspelled, .configuration): (#"{"stroe": "file:staging.json", \#(production)}"#, ["production"], true)
    case (.fine, _): ("{\(production)}", ["production"], false)
    case (.cutOff, _): (#"{"stores": {"production": "file:produ"#, [], true)
    case (.misspelled, _): (#"{"stroes": {"production": "file:production.json"}}"#, [], true)
    }
  }

  @Test(arguments: State.allCases, Source.allCases)
  func aKillActsWhereSomebodyNamesAStoreAndNeverSaysOffOfTheRest(state: State, source: Source) throws {
    for homes in Homes.allCases {
      let world = try LiveWorld(note: LiveWorld.plainNote.replacing("file:flags.json", with: "file:staging.json"))
      let stores = ["staging", "production", "flags"]
      let have = homes == .none ? [] : homes == .two ? stores : source == .nobody ? ["flags"] : ["staging"]
      for store in stores {
        try world.folder.write("\(store).json", have.contains(store) ? Self.exposing : Self.empty)
      }
      let (text, read, mayNameMore) = configuration(state, source)
      if let text { try world.folder.write("rolloutctl.json", text) }
      let before = try world.snapshot()
      let outcome = try world.start(
        ["kill", source == .note ? LiveWorld.note : "ai-summary"]
          + (source == .commandLine ? ["--store", "staging.json"] : []),
        environment: source == .environment ? ["ROLLOUT_STORE": "file:staging.json"] : [:]
      ).finish()
      let place: Comment = "\(state) \(source) \(homes): \(outcome)"

      let isSaid = source == .commandLine
      let own = [.commandLine, .environment, .note].contains(source) ? ["staging"] : []
      var scope = isSaid ? own : own + read.filter { !own.contains($0) }
      if scope.isEmpty { scope = ["flags"] }
      let after = try world.snapshot()
      for store in stores {
        if scope.contains(store), have.contains(store) {
          #expect(try world.isKilled(in: "\(store).json"), place)
        } else {
          #expect(after["\(store).json"] == before["\(store).json"], place)
        }
      }
      let isUnsure = mayNameMore && !isSaid
      #expect(outcome.status == (isUnsure || !scope.contains { have.contains($0) } ? 1 : 0), place)
      #expect(outcome.errors.contains("NOT looked at") == isUnsure, place)

      // The promise itself, whatever the reasons above: who says "off" with exit 0 has left no store that anybody names.
      guard outcome.status == 0, outcome.output.contains(" off") else { continue }
      let everyName = own + (text.map { text in ["staging", "production"].filter { text.contains($0) } } ?? [])
      for store in Set(everyName).intersection(have) where !scope.contains(store) {
        #expect(isSaid && (outcome.errors.contains("\(store) (configured) was not looked at") || state != .fine), place)
      }
    }
  }

  // MARK: A configuration that cannot be read

  @Test(arguments: [
    ("", "NOT looked at"), ("{ nonsense", "NOT looked at"), ("[]", "the settings must be one JSON object"),
    (#"{"store": 5, "stores": {"production": "file:production.json"}}"#, "\"store\" must be a text"),
    (#"{"stores": {"production": "file:production.json", "b": 5}}"#, "that of \"b\" is none"),
    (#"{"stores": {"a/b": "x", "production": "file:production.json"}}"#, "is no name for a store"),
    (#"{"stores": {"production": "file:production.json", "b": "file:"#, "NOT looked at"),
    (#"{"store": "file:production.json" "journal": "x"}"#, "NOT looked at"),
    (#"{"store": "file:production.json", "store": "file:other.json"}"#, "NOT looked at"),
    (#"{"Store": "file:production.json"}"#, "did you mean store?"),
    (#"{"flag_store": "file:production.json"}"#, "\"flag_store\" is no setting of this version"),
    ("\u{FEFF}{\"store\": \"file:production.json\"}", "NOT looked at"),
  ])
  func aKillUsesWhatCanBeReadAndSaysWhatCannot(text: String, sentence: String) throws {
    let world = try LiveWorld(flags: Self.exposing)
    try world.folder.write("production.json", Self.exposing)
    try world.folder.write("other.json", Self.empty)
    try world.folder.write("rolloutctl.json", text)
    let outcome = try world.run("kill", "ai-summary")
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.errors.contains(sentence) && outcome.errors.contains("NOT looked at"), "\(outcome)")
    #expect(outcome.errors.contains(world.folder.path("rolloutctl.json")), "\(outcome)")
    let isNamed = text.contains("\"file:production.json\"") && !text.contains("\"Store\"") && !text.contains("flag_")
    #expect(try world.isKilled(in: "production.json") == isNamed && world.isKilled() == !isNamed, "\(outcome)")
    // Who says where needs no configuration.
    let said = try world.run("kill", "ai-summary", "--store", "production.json")
    #expect(said.status == 0, "\(said)")
    #expect(try world.isKilled(in: "production.json"))
  }

  /// It may be a folder, or a file without the right to read: what stands there nobody knows.
  @Test func aConfigurationThatCannotBeOpenedMayNameAStore() throws {
    let world = try LiveWorld(flags: Self.exposing)
    try world.folder.write("rolloutctl.json/inside", "")
    let outcome = try world.run("kill", "ai-summary", "--format", "json")
    #expect(outcome.status == 1 && outcome.errors.contains("NOT looked at"), "\(outcome)")
    let answer = try #require(try LiveWorld.object(outcome.output))
    #expect((answer["unread"] as? [String])?.count == 1 && answer["exit"] as? Int == 1)
    #expect(try world.isKilled())
  }

  @Test(arguments: [#"{"jurnal": "x"}"#, #"{"alert": []}"#, #"{"alerts": 5}"#, #"{"journal": 5}"#, #"{"colour": 1}"#])
  func whatCannotNameAStoreIsALine(text: String) throws {
    let world = try LiveWorld(flags: Self.exposing)
    try world.folder.write("rolloutctl.json", text)
    let outcome = try world.run("kill", "ai-summary")
    #expect(outcome.status == 0 && outcome.errors.contains("rolloutctl.json: \""), "\(outcome)")
    #expect(try world.isKilled())
  }

  /// What widens does not fall back to the usual file where a store was meant.
  @Test func nothingElseActsOnTheUsualFileWhereAStoreIsMisspelled() throws {
    let world = try LiveWorld(flags: Self.exposing)
    try world.folder.write("rolloutctl.json", #"{"stroe": "file:production.json"}"#)
    let outcome = try world.run("restore", "ai-summary", "--reason", "mended")
    #expect(outcome.status == 1 && outcome.errors.contains("did you mean store?"), "\(outcome)")
    try world.done("status", "ai-summary", "--store", "flags.json")
  }

  // MARK: The command line names the stores

  private func twoStores(_ production: String = exposing) throws -> LiveWorld {
    let world = try LiveWorld(flags: Self.empty)
    try world.folder.write("staging.json", Self.exposing)
    try world.folder.write("production.json", production)
    try world.folder.write(
      "rolloutctl.json",
      #"{"store": "production", "stores": {"staging": "file:staging.json", "production": "file:production.json"}}"#)
    return world
  }

  @Test func aStoreThatIsSaidIsTheOnlyOne() throws {
    for all in [false, true] {
      let world = try twoStores()
      if all { try world.folder.write("staging.json", Self.managed) }
      let words = all ? ["--all", "--yes"] : ["ai-summary"]
      let outcome = try world.start(["kill", "--store", "staging"] + words).finish()
      #expect(outcome.status == 0, "\(outcome)")
      #expect(outcome.errors.contains("only in staging; production (configured) was not looked at"), "\(outcome)")
      #expect(try world.isKilled(in: "staging.json") && !world.isKilled(in: "production.json"), "\(outcome)")
    }
  }

  /// Both streams in one, as a terminal shows them; of two flags the first may be off long before the second.
  @Test(arguments: [["ai-summary"], ["ai-summary", "ai-sumary"], ["ai-sumary"]]) func theFirstLineSaysWhereItLooked(
    keys: [String]
  ) throws {
    let world = try twoStores()
    let line = "exec 2>&1; \"$0\" kill --store staging \(keys.joined(separator: " "))"
    let binary = try #require(Binary.path)
    let outcome = try Tool.bash.run(["-c", line, binary], in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
    let lines = outcome.output.split(whereSeparator: \.isNewline)
    #expect(lines.first == "rolloutctl: only in staging; production (configured) was not looked at", "\(outcome)")
    #expect(lines.count { $0.contains("was not looked at") } == 1 && lines.count > 1, "once")
  }

  @Test func aMisspelledNameOfAStoreIsSaid() throws {
    let world = try twoStores()
    let outcome = try world.run("kill", "ai-summary", "--store", "stagin")
    #expect(outcome.status == 1 && outcome.errors.contains("did you mean staging?"), "\(outcome)")
    #expect(try !world.isKilled(in: "staging.json") && !world.isKilled(in: "production.json"))
  }

  private static let managed = exposing.replacing(
    #""defaultVariant""#, with: #""metadata": {"rolloutctl": "managed"}, "defaultVariant""#)

  @Test func severalAreThoseAndNoOther() throws {
    let world = try twoStores()
    try world.folder.write("third.json", Self.exposing)
    let outcome = try world.start(
      ["kill", "ai-summary", "--store", "staging", "--store=third.json"],
      environment: ["ROLLOUT_STORE": "file:production.json"]
    ).finish()
    #expect(outcome.status == 0 && outcome.errors.contains("only in staging and third.json;"), "\(outcome)")
    #expect(try ["staging.json", "third.json"].allSatisfy { try world.isKilled(in: $0) })
    #expect(try !world.isKilled(in: "production.json"))
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try world.isKilled(in: "production.json"))
  }

  /// The note that the journal remembers names another store, and a link leads to one that was said.
  @Test func whatWasSaidIsNotWidenedByTheJournalNorDoubledByALink() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("staging.json", try world.folder.read("flags.json"))
    try world.folder.write("rolloutctl.json", #"{"stores": {"link": "file:link.json"}}"#)
    _ = try Tool.bash.run(["-c", "ln -s staging.json link.json"], in: world.folder)
    let outcome = try world.run(
      "kill", "ai-summary", "--store", "staging.json", "--journal", "flags.json.rollout")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.errors.contains("only in staging.json; file:flags.json (the note) was not looked at"), "\(outcome)")
    #expect(try world.isKilled(in: "staging.json") && !world.isKilled())
  }

  @Test func everyVerbWorksInTheStoreThatIsSaidThoughAnotherHasTheFlag() throws {
    let world = try LiveWorld()
    try world.folder.write("staging.json", Self.empty)
    try world.folder.write("rolloutctl.json", #"{"stores": {"staging": "file:staging.json"}}"#)
    let environment = ["ROLLOUT_STORE": "staging"]
    try world.done("promote", LiveWorld.note)
    func run(_ words: String...) throws -> Binary.Outcome { try world.start(words, environment: environment).finish() }
    #expect(try run("promote", LiveWorld.note, "--store", "staging").status == 0)
    #expect(try run("promote", LiveWorld.note).status == 6)
    let gate = try run("gate", LiveWorld.note, "--store", "staging")
    #expect(gate.status == 3, "\(gate)")
    #expect(try run("kill", "ai-summary", "--store", "staging").status == 0)
    #expect(try world.isKilled(in: "staging.json") && !world.isKilled())
    let restored = try run("restore", "ai-summary", "--store", "staging", "--reason", "mended")
    #expect(restored.status == 0, "\(restored)")
    #expect(try !world.isKilled(in: "staging.json"))
  }

  @Test func oneRolloutIsMovedInOneStore() throws {
    let world = try twoStores()
    let before = try world.snapshot()
    let words = ["rollback", "ai-summary", "--store", "staging", "--store", "production"]
    let outcome = try world.start(words).finish()
    #expect(outcome.status == 2, "\(outcome)")
    for name in ["staging", "production"] {
      #expect(outcome.errors.contains("type: rolloutctl rollback ai-summary --store \(name)\n"), "\(outcome)")
    }
    #expect(try world.snapshot() == before)
    // Only one has it: that one is meant.
    let single = try twoStores(Self.empty)
    let status = try single.run("status", "ai-summary", "--store", "production", "--store", "staging")
    #expect(status.status == 0 && status.output.contains("staging.json"), "\(status)")
  }

  @Test func whoLooksOverManyLooksInThoseThatAreSaid() throws {
    let world = try twoStores()
    try world.folder.write("rolloutctl.json", #"{"store": "file:broken.json"}"#)
    try world.folder.write("broken.json", "{")
    let both = ["--store", "staging.json", "--store", "production.json"]
    let doctor = try world.start(["doctor"] + both).finish()
    #expect(doctor.status == 0 && doctor.output.contains("staging.json"), "\(doctor)")
    #expect(doctor.output.contains("production.json") && !doctor.output.contains("looks in file:broken"), "\(doctor)")
    for name in ["staging", "production"] {
      #expect(try world.run("kill", "ai-summary", "--store", "\(name).json", "--reason", "in \(name)").status == 0)
    }
    let changes = try world.start(["changes", "--since", "1h"] + both).finish()
    #expect(changes.output.contains("in staging") && changes.output.contains("in production"), "\(changes)")
    let status = try world.start(["status", "--format", "json"] + both).finish()
    #expect(status.status == 0 && !status.errors.contains("broken"), "\(status)")
    // What is said behind the command's name takes the place of what is said before it.
    let one = try world.start(["--store", "staging.json", "changes", "--since", "1h", "--store", "production.json"])
      .finish()
    #expect(!one.output.contains("in staging") && one.output.contains("in production"), "\(one)")
  }
}
