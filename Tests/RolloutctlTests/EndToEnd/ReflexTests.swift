import Testing

/// What fingers type at three in the morning does not stop a kill, and never kills something else.
@Suite struct ReflexTests {
  static let two = """
    {"flags": {
      "ai-x": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"},
      "ai-y": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}
    }}

    """

  private func run(_ words: [String]) throws -> (world: LiveWorld, outcome: Binary.Outcome) {
    let world = try LiveWorld(flags: Self.two)
    return (world, try world.start(words).finish())
  }

  @Test(arguments: [
    ["kill", "ai-x", "--reason", ""], ["kill", "ai-x", "--reason="], ["kill", "ai-x", "--reason"],
    ["--reason", "", "kill", "ai-x"], ["kill", "ai-x", "--reason", "a", "--reason", "b"],
    ["kill", "ai-x", "-y"], ["kill", "--yes", "ai-x"], ["kill", "-f", "ai-x"], ["kill", "--force", "ai-x"],
    ["kill", "-fy", "ai-x"], ["kill", "-m", "loops", "ai-x"], ["kill", "ai-x", "-m", ""], ["kill", "ai-x", "-m"],
    ["kill", "ai-x", "--within", "20"], ["kill", "ai-x", "--urgency", "high"], ["kill", "ai-x", "--urgency", "ai-y"],
    ["kill", "ai-x", "--urgency=high"], ["kill", "ai-x", "-x", "ai-y"], ["kill", "ai-x", "--override", "ai-y"],
    ["kill", "--verify", "ai-x"], ["kill", "--quite", "ai-x"], ["kill", "ai-x", "--resaon", "ai-y"],
    ["kill", "ai-x", "--format", "yaml"], ["kill", "ai-x", "--quiet=1"], ["kill", "ai-x", ""],
    ["--urgency", "high", "kill", "ai-x"], ["--urgency", "high", "off", "ai-x"],
    ["ai-x", "kill"], ["ai-x", "kill", "--reason", "loops"], ["off", "ai-x"], ["disable", "ai-x"], ["stop", "ai-x"],
  ])
  func theFlagThatIsNamedDiesAndNoOther(words: [String]) throws {
    let (world, outcome) = try run(words)
    #expect(outcome.end == .status(0), "\(outcome)")
    #expect(try world.isKilled("ai-x") && !world.isKilled("ai-y"), "\(outcome)")
  }

  @Test(arguments: [
    (["kill", "ai-x", "--urgency", "high"], "'high' behind it was taken for its value"),
    (["kill", "ai-x", "--urgency=high"], "there is no flag --urgency"),
    (["kill", "ai-x", "--resaon", "loops"], "did you mean --reason?"),
    (["kill", "ai-x", "--reason", ""], "--reason '': it is empty"),
    (["kill", "ai-x", "--format", "yaml"], "it is one of text, json, markdown"),
    (["ai-x", "kill"], "running: rolloutctl kill ai-x"),
    (["stop", "ai-x", "-q"], "running: rolloutctl kill ai-x -q"),
  ])
  func whatWasPassedOverIsTold(words: [String], sentence: String) throws {
    let outcome = try run(words).outcome
    #expect(outcome.errors.contains("rolloutctl kill: ") && outcome.errors.contains(sentence), "\(outcome)")
    #expect(outcome.end == .status(0) && !outcome.output.contains(sentence))
  }

  @Test func whatOtherToolsCallTheReasonIsOne() throws {
    let world = try run(["kill", "ai-x", "-m", "loops on long contracts"]).world
    let entries = try world.entries("flags.json.rollout/ai-x.journal")
    #expect(entries.last?["reason"] as? String == "loops on long contracts")
  }

  /// Of a flag that was meant to say "only try", "only there" or "all", nobody knows what is meant without it.
  @Test(arguments: [
    (["kill", "ai-x", "--dryrun"], "kill ai-x --dry-run"), (["kill", "ai-x", "--dry"], "kill ai-x --dry-run"),
    (["kill", "ai-x", "-dry-run"], "kill ai-x --dry-run"), (["kill", "ai-x", "-d"], "kill ai-x --dry-run"),
    (["kill", "--stroe", "s.json", "ai-x"], "kill --store s.json ai-x"),
    (["kill", "--stroe=s.json", "ai-x"], "kill --store s.json ai-x"),
    (["kill", "ai-x", "--dryrun=client"], "kill ai-x --dry-run"),
    (["--stroe", "s.json", "kill", "ai-x"], "--store s.json kill ai-x"),
    (["kill", "ai-x", "-s", "s.json"], "kill ai-x --store s.json"),
    (["kill", "ai-x", "--too", "off"], "kill ai-x --to off"), (["kill", "-all"], "kill --all"),
    (["kill", "--al", "-y"], "kill --all -y"), (["kill", "ai-x", "--wihtin", "5s"], "kill ai-x --within 5s"),
    (["kill", "ai-x", "--jounal", "a folder"], "kill ai-x --journal 'a folder'"),
    (["kill", "--now", "ai-x"], "kill ai-x"), (["kil", "ai-x"], "kill ai-x"), (["KILL", "ai-x"], "kill ai-x"),
    (["undo", "ai-x"], "rollback ai-x"), (["ls"], "status"), (["list"], "status"), (["log", "ai-x"], "history ai-x"),
    (["ai-x", "promote", "--dry-run"], "promote ai-x --dry-run"),
  ])
  func whatIsMeantIsSaidAsTheLineToType(words: [String], line: String) throws {
    let world = try LiveWorld(flags: Self.two)
    let before = try world.snapshot()
    let outcome = try world.start(words).finish()
    #expect(outcome.end == .status(2), "\(outcome)")
    #expect(outcome.errors.hasSuffix("\ntype: rolloutctl \(line)\n"), "\(outcome)")
    #expect(try world.snapshot() == before)
  }

  @Test func theLineToTypeIsInTheJSONToo() throws {
    let outcome = try run(["kill", "ai-x", "--dryrun", "--format", "json"]).outcome
    let error = try #require(try LiveWorld.object(outcome.output)?["error"] as? [String])
    #expect(error.last == "type: rolloutctl kill ai-x --dry-run --format json")
  }

  @Test(arguments: [("pause", ["hold", "kill"]), ("abort", ["kill", "rollback", "abandon"])])
  func aWordOfSeveralMeaningsNamesThem(word: String, commands: [String]) throws {
    let (world, outcome) = try run([word, "ai-x"])
    #expect(outcome.end == .status(2) && commands.allSatisfy { outcome.errors.contains($0) }, "\(outcome)")
    #expect(try !world.isKilled("ai-x"))
  }

  @Test func withoutAWordThereIsTheFirstPageOfHelp() throws {
    let outcome = try Binary.run([])
    #expect(outcome.end == .status(0) && outcome.errors == "")
    let help = try Binary.run(["-h"]).output
    #expect(outcome.output == help && help.contains("Usage: rolloutctl COMMAND"))
  }

  /// A forgotten reason takes no flag for itself.
  @Test func aReasonThatIsForgottenLeavesTheFlagBehindItInForce() throws {
    let (world, outcome) = try run(["kill", "ai-x", "--reason", "--dry-run"])
    #expect(outcome.end == .status(0) && outcome.output.contains("would be turned OFF"), "\(outcome)")
    #expect(try !world.isKilled("ai-x"))
  }

  /// Everybody else is as strict as before.
  @Test(arguments: [
    ["promote", LiveWorld.note, "--urgency", "high"], ["promote", LiveWorld.note, "--force"],
    ["rollback", LiveWorld.note, "--reason", ""], ["hold", LiveWorld.note, "-y"],
  ])
  func noOtherCommandGuesses(words: [String]) throws {
    #expect(try run(words).outcome.end == .status(2))
  }
}
