import RolloutOps
import Testing

/// What no second try can heal is said at once.
@Suite struct VainTryTests {
  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here"), arguments: TestedPlatform.allCases)
  func aMissingTokenIsSaidBeforeAnyRequest(platform: TestedPlatform) throws {
    let world = try PlatformWorld(platform)
    try world.tell(.delete, "/requests")
    for words in [["kill", "ai-x"], ["status", "ai-x"]] {
      let outcome = try world.start(words, [platform.variable: ""])
      #expect(outcome.status == 1, "\(outcome)")
      #expect(outcome.errors.contains("set \(platform.variable)"), "\(outcome)")
      #expect(outcome.errors.contains("it is made in "), "\(outcome)")
      #expect(!outcome.errors.contains("times in"), "\(outcome)")
    }
    #expect(try world.requests().isEmpty)
  }

  @Test(arguments: ["not an address", "htps://flags.example.com", "https://maya:secret-word@flags.example.com"])
  func anEvaluationAddressThatIsNoneIsRefusedAtOnce(address: String) throws {
    let world = try LiveWorld(flags: KillScopeTests.exposing)
    let outcome = try world.run("kill", "ai-summary", environment: ["ROLLOUT_EVALUATION": address])
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.errors.contains("the evaluation address of ROLLOUT_EVALUATION cannot be asked"), "\(outcome)")
    #expect(!outcome.output.contains("not seen by an application"), "\(outcome)")
    #expect(!outcome.description.contains("secret-word"))
    #expect(try world.isKilled())
  }

  @Test(arguments: ["htps://flags.example.com/flags.json", "https://flags example.com/", "unleash+https://host/only"])
  func aStoreAddressThatIsNoneIsTriedOnce(address: String) throws {
    let world = try LiveWorld()
    let outcome = try world.run("kill", "ai-summary", "--store", address)
    #expect(outcome.status == 1 && outcome.errors.contains("cannot be used: "), "\(outcome)")
    #expect(!outcome.errors.contains("times in"), "\(outcome)")
  }
}
