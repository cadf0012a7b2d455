import Synchronization
import Testing

@testable import RolloutOps

/// The skeleton of hosted platforms alone, over a platform that is a list of hooks: in which order it asks, and what it
/// does where somebody else was faster.
@Suite struct HostedStoreTests {
  private let store: ScriptedHost
  private static let key = FlagKey("hosted")

  private static func flag(_ serving: Serving, killed: Bool = false) -> Flag {
    Flag(variants: Variants.boolean.all, serving: serving, mark: Flag.Mark(killed: killed, killsTo: "off"))
  }

  init() throws { store = try ScriptedHost() }

  private static let (on, off) = (flag(.everyone("on")), flag(.everyone("off"), killed: true))

  private func write(_ flag: Flag = on, over reading: FlagReading? = nil, _ urgency: Urgency = .ordinary) throws {
    let seen = try reading ?? store.read(Self.key)
    store.script.withLock { $0.calls = [] }
    _ = try store.write(flag, replacing: seen, Occasion(urgency))
  }

  private func stand(_ flag: Flag?, isOn: Bool = true) {
    store.script.withLock { $0.stands = flag.map { ScriptedHost.Held(flag: $0, isOn: isOn) } }
  }

  private var calls: [String] { store.script.withLock { $0.calls } }

  private func expect(_ wanted: StoreTrouble, _ body: () throws -> Void) {
    #expect(throws: wanted, performing: body)
  }

  private let changed = StoreTrouble.changedMeanwhile(path: "page of hosted")
  private let otherwise = StoreTrouble.notAsWritten(path: "page of hosted")

  // MARK: A change

  @Test func aChangeIsDraftedLookedAtWrittenAndLookedAtAgain() throws {
    stand(Self.flag(.everyone("off")))
    try write()
    #expect(calls == ["draft", "find", "change", "find"])
  }

  @Test func whatThePlatformComparesIsNotLookedAtBefore() throws {
    store.script.withLock { $0.compares = true }
    stand(Self.flag(.everyone("off")))
    try write()
    #expect(calls == ["draft", "change", "find"])
  }

  @Test func theSwitchComesLast() throws {
    stand(Self.off, isOn: false)
    try write()
    #expect(calls == ["draft", "find", "change", "turn on", "find"])
  }

  @Test func overAnotherFlagThanWasReadNothingIsWritten() throws {
    stand(Self.flag(.everyone("off")))
    let stale = try store.read(Self.key)
    stand(Self.flag(.applicationDefault))
    expect(changed) { try write(over: stale) }
    #expect(calls == ["draft", "find"])
    stand(nil)
    expect(changed) { try write(over: stale) }
    #expect(!calls.contains("change"))
  }

  @Test func aFlagThatWasKilledWhileItsRulesWereWrittenIsNotSwitchedOn() throws {
    stand(Self.flag(.everyone("off")))
    store.script.withLock { $0.meanwhile = ("change", Self.off, false) }
    expect(changed) { try write() }
    #expect(calls == ["draft", "find", "change"])
  }

  @Test func aKillThatTheLastLookShowsIsLeftAlone() throws {
    stand(Self.flag(.everyone("off")), isOn: false)
    store.script.withLock { $0.meanwhile = ("behind turn on", Self.off, false) }
    expect(changed) { try write() }
    #expect(calls.last == "find" && !calls.contains("turn off"))
  }

  @Test func aSwitchOverSomethingElseThanWasMeantIsTakenBack() throws {
    stand(Self.off, isOn: false)
    store.script.withLock { $0.meanwhile = ("behind turn on", Self.flag(.applicationDefault), true) }
    expect(otherwise) { try write() }
    #expect(calls.suffix(3) == ["turn on", "find", "turn back"])
    // What was on before stays on.
    stand(Self.flag(.everyone("off")))
    store.script.withLock { $0.meanwhile = ("behind change", Self.flag(.applicationDefault), true) }
    expect(otherwise) { try write() }
    #expect(calls == ["draft", "find", "change", "find"])
  }

  @Test func aVersionThatIsNotOursSaysThatSomebodyWasFaster() throws {
    stand(Self.flag(.everyone("off")))
    store.script.withLock { $0.counts = true }
    let seen = try store.read(Self.key)
    store.script.withLock { $0.meanwhile = ("behind change", Self.flag(.applicationDefault), true) }
    expect(changed) { try write(over: seen) }
  }

  // MARK: A flag that is made

  @Test func aFlagIsMadeWithoutAnotherLook() throws {
    try write()
    #expect(calls == ["draft", "create", "change", "turn on", "find"])
    store.script.withLock { ($0.stands, $0.makesItWhole) = (nil, true) }
    try write()
    #expect(calls == ["draft", "create", "find"])
  }

  @Test func aFlagWhoseMakingCameTwiceIsOurs() throws {
    let before = try store.read(Self.key)
    store.script.withLock { $0.isTaken = true }
    stand(Self.flag(.everyone("off")), isOn: false)
    store.script.withLock { $0.isFresh = true }
    try write(over: before)
    #expect(calls == ["draft", "create", "find", "change", "turn on", "find"])
  }

  @Test func aFlagThatSomebodyElseMadeIsTheirs() throws {
    let before = try store.read(Self.key)
    store.script.withLock { $0.isTaken = true }
    stand(Self.flag(.everyone("off")))
    expect(changed) { try write(over: before) }
    #expect(calls == ["draft", "create", "find"])
    stand(nil)
    expect(.occupied("the name is taken")) { try write(over: before) }
  }

  @Test func aFlagThatIsMadeKilledIsNotSwitchedOn() throws {
    try write(Self.off)
    #expect(calls == ["draft", "create", "turn off", "find"])
  }

  // MARK: A kill

  @Test func aKillAsksNothingBefore() throws {
    stand(Self.on)
    try write(Self.off, .kill)
    #expect(calls == ["turn off", "find"])
  }

  @Test func aKillThatIsNotSeenIsNotCalledDone() throws {
    stand(Self.on)
    store.script.withLock { $0.meanwhile = ("turn off", Self.on, true) }
    expect(otherwise) { try write(Self.off, .kill) }
    stand(Self.on)
    store.script.withLock { $0.meanwhile = ("turn off", nil, false) }
    expect(changed) { try write(Self.off, .kill) }
  }

  @Test func anOrderGoesOverTheNewestLook() throws {
    stand(Self.on)
    let stale = try store.read(Self.key)
    _ = store.look([Self.key])
    store.script.withLock { $0.calls = [] }
    for outcome in store.send([KillOrder(Self.off, over: stale, Occasion(.kill))]) { _ = try outcome.get() }
    #expect(calls == ["turn off"])
    stand(Self.flag(.applicationDefault))
    _ = store.look([Self.key])
    store.script.withLock { $0.calls = [] }
    for outcome in store.send([KillOrder(Self.off, over: stale, Occasion(.kill))]) { _ = try outcome.get() }
    #expect(calls == ["find", "turn off"])
  }
}

/// A platform without a server: it writes down what is asked of it, and somebody else may come between.
private final class ScriptedHost: HostedStore {
  struct Held: HostedFlag {
    var flag: Flag
    var isOn: Bool
    var version: Int?
    var isCompared = false
    var isFresh = false

    var state: String { "\(flag) \(isOn)" }
    var spelled: String { state }
    func isNew(for meant: Flag) -> Bool { isFresh }
  }

  struct Script {
    var stands: Held?
    var calls: [String] = []
    var compares = false
    /// Whether it counts changes, as a version.
    var counts = false
    var isTaken = false
    var isFresh = false
    var makesItWhole = false
    /// What somebody else makes of the flag in one of our calls before it is answered, or behind it.
    var meanwhile: (when: String, flag: Flag?, isOn: Bool)?
    var version = 1
  }

  let script = Mutex(Script())
  let (address, identity) = ("hosted", "hosted")
  let propagation = TimeSpan.zero
  let client: StoreClient
  let seen = Remembered<[FlagKey: Held]>.empty

  init() throws {
    let world = World()
    client = StoreClient(
      try WebAddress("https://hosted.example"), StoreTerms(root: "/w"), world.context(), variable: "NO_TOKEN")
  }

  func page(of key: FlagKey) -> String { "page of \(key)" }

  /// What becomes of the flag, what somebody else makes of it, and what the answer shows.
  private func call(_ name: String, _ body: (inout Script) -> Void = { _ in }) -> Held? {
    script.withLock { script in
      script.calls.append(name)
      body(&script)
      interfere(name, &script)
      let answer = shown(script)
      interfere("behind \(name)", &script)
      return answer
    }
  }

  private func interfere(_ moment: String, _ script: inout Script) {
    guard let (when, flag, isOn) = script.meanwhile, when == moment else { return }
    script.version += 1
    script.stands = flag.map { Held(flag: $0, isOn: isOn) }
    script.meanwhile = nil
  }

  private func shown(_ script: Script) -> Held? {
    guard var held = script.stands else { return nil }
    (held.isCompared, held.isFresh) = (script.compares, script.isFresh)
    held.version = script.counts ? script.version : nil
    return held
  }

  func find(_ key: FlagKey, seenAs known: Held?) throws(StoreTrouble) -> Held? { call("find") }

  func draft(_ change: HostedChange, over known: Held?) throws(StoreTrouble) -> Flag {
    _ = call("draft")
    return change.meant
  }

  func create(_ draft: Flag, _ change: HostedChange) throws(StoreTrouble) -> Held {
    let made = call("create") { script in
      guard !script.isTaken else { return }
      let empty = Flag(variants: draft.variants, serving: .everyone("off"), mark: nil)
      script.stands = Held(flag: script.makesItWhole ? draft : empty, isOn: script.makesItWhole)
    }
    guard let made, !script.withLock(\.isTaken) else {
      return try self.made(before: change) { .occupied("the name is taken") }
    }
    return made
  }

  func change(_ old: Held, to draft: Flag, _ change: HostedChange) throws(StoreTrouble) -> Held? {
    call("change") { script in
      script.version += 1
      script.stands?.flag = draft
    }
  }

  func turn(on: Bool, _ flag: Held, _ change: HostedChange) throws(StoreTrouble) -> Held? {
    call(on ? "turn on" : "turn back") { script in
      script.version += 1
      script.stands?.isOn = on
    }
  }

  func turnOff(_ order: KillOrder) throws(StoreTrouble) {
    _ = try held(for: order)
    _ = call("turn off") { script in script.stands = Held(flag: order.flag, isOn: false) }
  }

  // MARK: What the skeleton does not ask for

  func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    var found: [FlagKey: FlagReading] = [:]
    for key in keys { found[key] = try read(key) }
    return found
  }

  func list() throws(StoreTrouble) -> [ListedFlag] { [] }
  func examine() -> [DoctorCheck] { [] }
  func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) {}
  func byHand(_ key: FlagKey, serving variant: String?) -> ByHand { ByHand("", proof: "") }
}
