import Testing

@testable import RolloutOps

/// The closing block of a kill, gathered when the flag is off.
@Suite struct KillAftermathTests {
  private static func facts(_ world: World, _ named: NamedStore, journal: String = World.journal) throws
    -> KillFacts
  {
    let store = try StoreAddress(named.address).opening(
      from: named.base, StoreTerms(root: "/w"), world.context())
    return KillAftermath(context: world.context()).facts(
      about: World.key, in: store, named, serving: "off",
      journal: Journal(path: journal, flag: World.key, files: world.files), journaling: .written(as: "oncall"))
  }

  private static func named(_ origin: String, _ address: String = "file:flags.json", name: String? = nil) -> NamedStore
  {
    NamedStore(name: name, origin: origin, address: address, base: "/w")
  }

  @Test func theJournalTellsWhereItWasAndTheNoteWhatUsersGet() throws {
    let world = World()
    try world.move(.promote)
    world.kill()
    let facts = try Self.facts(world, Self.named("/w/rolloutctl.json", name: "prod"))
    #expect(facts.meaning == "plain text")
    #expect(facts.before?.place == .stage(0, name: "internal") && facts.owner == "maya" && facts.undoers == [])
    #expect(facts.restore == "rolloutctl restore --reason \"…\" ai-summary")
  }

  @Test func aJournalThatCannotBeReadHoldsNothingUp() throws {
    let world = World()
    try world.move(.promote)
    world.files.put(World.journal, "{\"edited\": true}\n")
    let facts = try Self.facts(world, Self.named("the default"))
    #expect(facts.before == nil && facts.owner == nil && facts.meaning == nil)
  }

  @Test(
    arguments: [
      ("--store", "file:flags.json", nil, "/w/flags.json", "file:flags.json"),
      ("--store", "file:flags.json", "prod", "prod", "prod"),
      ("/w/rolloutctl.json", "file:flags.json", "prod", "prod", nil),
      ("ROLLOUT_STORE", "file:flags.json", nil, "/w/flags.json", nil),
      ("the note", "flags.json", nil, "/w/flags.json", nil), ("the note", "file:flags.json", "prod", "prod", nil),
      ("--store", "https://h/f?sig=secret", nil, "https://h/f?…", "https://h/f?…"),
    ] as [(String, String, String?, String, String?)])
  func theStoreIsCalledAsPeopleKnowIt(origin: String, address: String, name: String?, title: String, said: String?)
    throws
  {
    let world = World()
    let named = Self.named(origin, address, name: name)
    let store = try StoreAddress(address).opening(from: "/w", StoreTerms(root: "/w"), world.context())
    #expect(named.title(of: store) == title && named.said == said)
  }

  @Test func whatTheFileComesFromMayUndoIt() throws {
    let world = World()
    let text = try #require(world.files.text(World.store))
    world.files.put("/w/..2026_11/flags.json", text)
    world.files.link("/w/..data", to: "..2026_11")
    world.files.erase(World.store)
    world.files.link(World.store, to: "..data/flags.json")
    let facts = try Self.facts(world, Self.named("the default"))
    #expect(facts.undoers.count == 1 && facts.undoers[0].contains("ConfigMap"), "\(facts.undoers)")
  }
}
