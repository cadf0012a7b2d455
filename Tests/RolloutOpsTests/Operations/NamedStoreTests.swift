import Testing

@testable import RolloutOps

/// Stores that `rolloutctl.json` lists by name.
@Suite struct NamedStoreTests {
  let world: World

  init() {
    world = World(note: SampleNote.saying("Store", "Store: prod"))
    world.files.put("/w/prod.json", "{\"flags\": {}}\n")
    world.files.put("/w/rolloutctl.json", #"{"stores": {"test": "file:flags.json", "prod": "file:prod.json"}}"#)
  }

  @Test func aNameStandsForItsAddress() throws {
    try world.move(.promote)
    #expect(world.files.text("/w/prod.json")?.contains("ai-summary") == true)
    #expect(world.files.text("/w/flags.json")?.contains("ai-summary") == false)
    var choices = OperatorChoices()
    choices.store = "prod"
    let status = try Status(context: world.context(), choices: choices).status(of: "ai-summary")
    #expect(status.place.stageIndex == 0)
  }

  @Test func whichOfSeveralIsMeantNobodyGuessesButAKillLooksInAll() throws {
    try world.move(.promote)
    // Only one of them has it.
    #expect(try world.status(of: "ai-summary").place.stageIndex == 0)
    let prod = try #require(world.files.text("/w/prod.json"))
    world.files.put("/w/flags.json", prod)
    let trouble = try #require(throws: Trouble.self) { try world.status(of: "ai-summary") }
    #expect(trouble.status == .usage && trouble.sentences[0].contains("test, prod"))
    world.files.put("/w/flags.json", "{\"flags\": {}}\n")
    let report = world.kill()
    #expect(report.status == .done && report.lines.map(\.store) == ["file:prod.json"])
  }

  @Test(arguments: ["{\"stores\": []}", "{\"stores\": {\"a/b\": \"x\"}}", "{\"stores\": {\"a\": 1}}"])
  func whatIsNoListOfStoresIsRefusedButStopsNoKill(text: String) throws {
    try world.move(.promote)
    world.files.put("/w/rolloutctl.json", text)
    #expect(throws: Trouble.self) { try world.status() }
    world.variables.withLock { $0 = ["ROLLOUT_STORE": "file:prod.json"] }
    // It dies where it can be found; that the note's name leads nowhere now is said, with exit 1.
    let report = world.kill()
    #expect(report.lines.map(\.store) == ["file:prod.json", "prod"] && report.lines.map(\.off) == [true, false])
    #expect(report.status == .inconclusive)
  }
}
