import Synchronization
import Testing

@testable import RolloutOps

/// Kill always works, and says "off" only when something other than the write said so.
@Suite struct KillTests {
  static func exposing() throws -> World {
    try World.after(2)
  }

  func isOff(_ world: World) throws -> Bool { try world.flag?.serving == .everyone("off") }

  @Test func aBrokenNoteDoesNotMatter() throws {
    let world = try Self.exposing()
    world.files.put(World.note, "Flag: !!\nSchedule: nonsense\n")
    #expect(world.kill().status == .done)
    #expect(try isOff(world))
  }

  @Test(arguments: ["edited", "{\"v\":99}\n", ""])
  func aBrokenJournalDoesNotMatter(journal: String) throws {
    let world = try Self.exposing()
    world.files.put(World.journal, journal)
    let report = world.kill()
    #expect(report.status == .done && report.lines.allSatisfy(\.off))
    #expect(try isOff(world))
  }

  @Test func aBrokenConfigurationStopsNoKillAndIsTold() throws {
    let world = try Self.exposing()
    world.files.put("/w/rolloutctl.json", "{ nonsense")
    let report = world.kill()
    #expect(try isOff(world))
    // It is off where anybody knows; a store that the file may name nobody looked at.
    #expect(report.lines.map(\.off) == [true] && report.unread.count == 1 && report.status == .inconclusive)
  }

  @Test func aFullDiskForTheJournalIsTold() throws {
    let world = try Self.exposing()
    world.files.fail(.append, on: ".journal", .diskFull)
    let report = world.kill()
    #expect(report.status == .done)
    #expect(report.lines[0].reasons.contains("it is off, but this could not be journaled"))
    world.files.stopFailing()
    // The next command counts what the store says.
    #expect(try world.status().killed)
    #expect(try world.move(.promote).status == .kill)
  }

  @Test func aHeldJournalLockCostsTwoSecondsAfterTheFlagIsOff() throws {
    let world = try Self.exposing()
    world.files.holdLock(World.journal + ".lock", holder: "promote by lee")
    let report = world.kill()
    #expect(report.status == .done && report.lines[0].seconds < 0.1)
    #expect(report.lines[0].reasons.contains { $0.contains("promote by lee") && $0.contains("written all the same") })
    // Whoever has the lock looks for it there.
    #expect(try world.entries.last?.content.action == .kill)
  }

  @Test func aHeldStoreLockIsPassedAfterTwoSeconds() throws {
    let world = try Self.exposing()
    world.files.holdLock("/w/flags.json.rollout/lock", holder: "somebody asleep")
    let report = world.kill()
    #expect(report.status == .done)
    #expect((2.0..<2.5).contains(report.lines[0].seconds))
    #expect(try isOff(world))
  }

  @Test func aPromotionInBetweenDoesNotUndoIt() throws {
    let world = try Self.exposing()
    try world.attest("gates")
    try world.attest("review", by: "lee")
    world.files.before(.rename, on: "/w/") { files in
      // Without the lock, as a process that was asleep would do it.
      let store = FileStore(path: World.store, address: "s", context: World(sharing: files).context())
      guard let reading = try? store.read(World.key), var flag = reading.flag else { return }
      guard case .split(var split) = flag.serving else { return }
      split.exposure = Exposure(grants: [Grant(cohort: nil, share: Percentage(percent: 50))])
      flag.serving = .split(split)
      files.unlock("/w/flags.json.rollout/lock")
      _ = try? store.write(flag, replacing: reading, urgency: .ordinary)
    }
    #expect(world.kill().status == .done)
    #expect(try isOff(world))
  }

  @Test func aFileThatIsNoJSONIsNotTouchedAndNotCalledOff() throws {
    let world = try Self.exposing()
    world.files.put(World.store, "{ \"flags\": ")
    let report = world.kill()
    #expect(report.status == .inconclusive)
    #expect(report.lines[0].reasons.first == "NOT off in /w/flags.json")
    // No line that is pasted could change it either.
    #expect(report.lines[0].reasons.last?.hasPrefix("put the last good file back") == true)
    #expect(world.files.text(World.store) == "{ \"flags\": ")
  }

  @Test func aFileThatReadersRejectIsWrittenButNotCalledOff() throws {
    let world = try Self.exposing()
    let text = try #require(world.files.text(World.store))
    world.files.put(
      World.store,
      text.replacing(
        "\"flags\": {",
        "\"flags\": {\"other\": {\"state\": \"ENABLED\", \"variants\": {\"a\": 1}, \"description\": \"x\"},"))
    let report = world.kill()
    #expect(report.status == .inconclusive)
    #expect(report.lines[0].reasons.contains { $0.contains("description") })
    #expect(try isOff(world))
    #expect(try world.entries.last?.content.action == .kill)
    // A second kill finds it killed and is as honest.
    #expect(world.kill().status == .inconclusive)
  }

  @Test func anUnknownKeyTurnsNothingOffAndNamesTheNearest() throws {
    let world = try Self.exposing()
    let before = world.files.text(World.store)
    let report = world.kill(FlagKey("ai-sumary"))
    #expect(report.status == .inconclusive)
    #expect(
      report.lines[0].reasons
        == ["nothing was turned off: no flag ai-sumary in file:flags.json; did you mean ai-summary?"])
    #expect(world.files.text(World.store) == before)
  }

  @Test func otherKeysOnTheLineStillDie() throws {
    let world = try Self.exposing()
    let kill = Kill(context: world.context(), choices: OperatorChoices())
    let report = kill.perform(["nonsense", "ai-summary"])
    #expect(report.lines.map(\.off) == [false, true])
    #expect(report.status == .inconclusive)
    #expect(try isOff(world))
  }

  @Test func somebodyElsesRulesAreKeptBeforeTheyAreReplaced() throws {
    let flags =
      #"{"flags": {"ai-summary": {"state": "ENABLED", "variants": {"on": true, "off": false}, "#
      + #""defaultVariant": "on", "targeting": {"if": [{"ends_with": [{"var": "email"}, "x"]}, "on", "off"]}}}}"#
    let world = World(flags: flags)
    world.files.before(.rename) { files in
      #expect(files.text(World.journal)?.contains("ends_with") == true)
    }
    #expect(world.kill().status == .done)
    #expect(try isOff(world))
    #expect(try world.entries.map(\.content.outcome) == [.intended, .done])
  }

  @Test func everyStoreThatSomebodyNamesIsTurnedOff() throws {
    let world = try Self.exposing()
    world.files.put("/w/other.json", try #require(world.files.text(World.store)))
    world.files.put("/w/rolloutctl.json", #"{"store": "file:other.json"}"#)
    var context = world.context()
    context = Context(
      clock: context.clock, files: context.files, output: context.output,
      surroundings: Surroundings(
        variables: ["ROLLOUT_STORE": "flags.json"], workingFolder: "/w", actor: "x", host: "y", process: 1))
    let report = Kill(context: context, choices: OperatorChoices()).perform(["ai-summary"])
    #expect(report.lines.map(\.store) == ["flags.json", "file:other.json"])
    #expect(report.status == .done)
    // What widens refuses to choose.
    try world.move(.restore, on: "ai-summary", reason: "x") { _ in }
    #expect(try world.move(.promote).status == .conflict)
  }

  @Test func theNoteThatTheJournalRemembersMayNameOneMoreStore() throws {
    let world = try Self.exposing()
    world.files.put("/w/sub/flags.json", try #require(world.files.text(World.store)))
    world.variables.withLock { $0 = ["ROLLOUT_STORE": "/w/sub/flags.json"] }
    var choices = OperatorChoices()
    choices.journal = "/w/flags.json.rollout"
    let report = Kill(context: world.context(), choices: choices).perform(["ai-summary"])
    #expect(report.lines.map(\.store) == ["/w/sub/flags.json", "file:flags.json"])
    #expect(try isOff(world))
  }

  @Test func withVariantsItServesControlUnlessToldOtherwise() throws {
    let world = World(note: World.variantNote)
    try world.advance()
    let report = world.kill()
    #expect(try world.flag?.serving == .everyone("control"))
    #expect(report.lines[0].alternative == "to turn the feature off altogether: rolloutctl kill ai-summary --to off")
    #expect(world.kill(to: "off").status == .done)
    #expect(try world.flag?.serving == .everyone("off"))
    let toOff = World(note: World.variantNote + "\nKill to: off\n")
    try toOff.advance()
    toOff.kill()
    #expect(try toOff.flag?.serving == .everyone("off"))
  }

  @Test func allMeansTheManagedOnes() throws {
    let world = try Self.exposing()
    let text = try #require(world.files.text(World.store))
    world.files.put(
      World.store,
      text.replacing(
        "\"flags\": {",
        "\"flags\": {\"by-hand\": {\"state\": \"ENABLED\", \"variants\": {\"on\": true, \"off\": false}, \"defaultVariant\": \"on\"},"
      ))
    let kill = Kill(context: world.context(), choices: OperatorChoices())
    #expect(kill.managed().keys == [World.key])
  }

  // MARK: What passes, and what stays

  /// Runs once, after that many pauses: another process acts.
  func after(_ pauses: Int, _ world: World, _ act: @escaping @Sendable (MemoryFiles) -> Void) {
    let files = world.files
    let left = Mutex(pauses)
    world.clock.onPause { _ in
      let isNow = left.withLock { count in
        count -= 1
        return count == 0
      }
      if isNow { act(files) }
    }
  }

  @Test func aFaultElsewhereThatReadersTakeIsARemark() throws {
    let world = try Self.exposing()
    let text = try #require(world.files.text(World.store))
    let other = #""other": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"},"#
    world.files.put(World.store, text.replacing("\"flags\": {", "\"flags\": {\(other)\(other)"))
    let report = world.kill()
    #expect(report.status == .done && report.lines[0].off)
    #expect(report.lines[0].reasons.count == 1 && report.lines[0].reasons[0].contains("it stands twice"))
    #expect(try world.entries.last?.content.action == .kill)
    #expect(try isOff(world))
    // Read again as killed, it is as good, and said to be off already.
    #expect(world.kill().lines.map(\.outcome) == [.alreadyOff])
  }

  /// The first fault that a look tells must not hide one for which readers reject the file.
  @Test func aFaultThatReadersTakeDoesNotHideOneThatTheyDoNot() throws {
    let world = try Self.exposing()
    world.kill()
    let text = try #require(world.files.text(World.store))
    let other = #""other": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"},"#
    let bad = #""bad": {"state": "ENABLED", "variants": {"a": 1}, "description": "x"},"#
    world.files.put(World.store, text.replacing("\"flags\": {", "\"flags\": {\(other)\(other)\(bad)"))
    #expect(world.kill().status == .inconclusive)
  }

  @Test(arguments: ["missing", "half"])
  func aFileThatIsAwayForAMomentIsWaitedFor(how: String) throws {
    let world = try Self.exposing()
    let text = try #require(world.files.text(World.store))
    if how == "half" { world.files.put(World.store, String(text.prefix(40))) } else { world.files.erase(World.store) }
    after(9, world) { $0.put(World.store, text) }
    let report = world.kill()
    #expect(report.status == .done && (0.3..<1).contains(report.lines[0].seconds))
    #expect(try isOff(world))
  }

  @Test func aFileThatWasNeverThereCostsTwoSecondsAndHasNothingToMendByHand() throws {
    let world = try Self.exposing()
    world.files.erase(World.store)
    let line = world.kill().lines[0]
    #expect((2.0..<2.2).contains(line.seconds) && line.outcome == .notOff)
    #expect(line.reasons.contains { $0.hasPrefix("\(line.attempts) tries in 2.0 s until ") })
    #expect(!line.reasons.contains { $0.contains("by hand") })
  }

  @Test func aFileThatGoesAwayWhileItIsKilledIsWaitedForUntilTheDeadline() throws {
    let world = try Self.exposing()
    let text = try #require(world.files.text(World.store))
    world.files.before(.setModified, on: "/w/") { $0.erase(World.store) }
    after(100, world) { $0.put(World.store, text) }
    let report = world.kill()
    #expect(report.status == .done && (5.0..<30).contains(report.lines[0].seconds))
  }

  /// It may lie on a disk that hangs.
  @Test func aJournalElsewhereIsLookedForAfterTheFlagIsOff() throws {
    let world = try Self.exposing()
    let journal = try #require(world.files.bytes(World.journal))
    world.files.erase(World.journal)
    world.files.put("/far/ai-summary.journal", journal)
    world.files.put("/w/flags.json.rollout/ai-summary.journal-at", "/far/ai-summary.journal\n")
    let offBefore = Mutex<Bool?>(nil)
    world.files.before(.facts, on: "/far/") { files in
      let text = files.text(World.store) ?? ""
      offBefore.withLock { $0 = text.contains("\"rolloutctl\": \"killed\"") }
    }
    #expect(world.kill().status == .done)
    #expect(offBefore.withLock { $0 } == true)
    #expect(
      try Journal(path: "/far/ai-summary.journal", flag: World.key, files: world.files).read()
        .entries.last?.content.action == .kill)
  }

  @Test func aFileThatIsMountedByItselfIsWrittenInto() throws {
    let world = try Self.exposing()
    let before = try #require(world.files.modified(World.store))
    world.files.fail(.rename, .busy)
    let line = world.kill().lines[0]
    #expect(line.outcome == .off && line.attempts == 1)
    #expect(try isOff(world))
    #expect(try #require(world.files.modified(World.store)) > before)
    #expect(!world.files.paths.contains { $0.contains("rollout-new") })
  }

  @Test func whereverAKillStopsInSuchAFileAWholeOneIsThere() throws {
    let world = try Self.exposing()
    world.files.fail(.rename, .busy)
    let before = try #require(world.files.text(World.store))
    let done = world.copy()
    _ = done.kill()
    let after = try #require(done.files.text(World.store))
    var halves = 0
    for effect in 1...done.files.effects {
      let stopped = world.copy()
      stopped.files.crash(at: effect, torn: 0.9)
      _ = stopped.kill()
      stopped.files.restart()
      let text = try #require(stopped.files.text(World.store))
      if text == before || text == after { continue }
      halves += 1
      // Without the spaces that keep the file's length.
      let copies = stopped.files.paths.filter { $0.contains("rollout-new") }.compactMap { stopped.files.text($0) }
      #expect(try copies.contains { try JSON.parse($0) == JSON.parse(after) })
    }
    #expect(halves == 1)
  }

  @Test func whereWritingFailsHalfwayTheWholeFileStaysBesideIt() throws {
    let world = try Self.exposing()
    world.files.fail(.rename, .busy)
    world.files.before(.overwrite) { $0.put(World.store, "{\"flags\": {\"ai-summ") }
    world.files.fail(.overwrite, .diskFull)
    let report = world.kill()
    #expect(report.lines[0].outcome == .notOff)
    let copies = world.files.paths.filter { $0.contains("rollout-new") }.compactMap { world.files.text($0) }
    #expect(copies.contains { $0.contains("\"rolloutctl\": \"killed\"") })
  }

  @Test func aFileThatIsInUseIsGivenUpAfterAFewTries() throws {
    let world = try Self.exposing()
    world.files.fail(.rename, .busy)
    world.files.fail(.overwrite, .busy)
    let line = world.kill().lines[0]
    #expect(line.outcome == .notOff && line.attempts == 6 && line.seconds < 0.5)
    #expect(
      line.reasons.dropLast().last
        == "by hand: in file:flags.json give ai-summary no \"targeting\", \"state\": \"ENABLED\" and "
        + "\"defaultVariant\": \"off\"")
  }

  /// The deadline may come between any two looks at the clock.
  @Test func whereverTheDeadlineComesTheFlagIsCalledNotOff() throws {
    for look in 1...300 {
      let world = try Self.exposing()
      world.files.fail(.read, .other(code: 5, text: "it does not answer"))
      world.clock.jump(by: TimeSpan(seconds: 60), beforeLook: look)
      let lines = world.kill().lines
      #expect(lines.count == 1 && lines[0].outcome == .notOff, "\(look)")
      #expect(lines[0].reasons.first?.hasPrefix("NOT off") == true, "\(look): \(lines[0].reasons)")
    }
  }

  // MARK: Several stores

  /// The usual world, and a store before it that somebody else names.
  func withFirst(_ store: String?, at path: String = "/w/first.json") throws -> (World, Kill) {
    let world = try Self.exposing()
    if let store { world.files.put(path, store) }
    world.files.put("/w/rolloutctl.json", #"{"store": "file:flags.json"}"#)
    world.variables.withLock { $0 = ["ROLLOUT_STORE": "first.json"] }
    return (world, Kill(context: world.context(), choices: OperatorChoices()))
  }

  @Test(arguments: [nil, "{ \"flags"])
  func aBadStoreDelaysNoGoodOne(bad: String?) throws {
    let (world, kill) = try withFirst(bad)
    let report = kill.perform(["ai-summary"])
    #expect(report.lines.map(\.outcome) == [.notOff, .off])
    #expect(report.lines[1].seconds == 0)
    #expect(report.status == .inconclusive)
    #expect(try isOff(world))
    let again = try withFirst(bad).1
    let all = again.perform(again.managed())
    #expect(all.lines.contains { $0.off && $0.store == "file:flags.json" && $0.seconds == 0 })
    #expect(all.lines.last?.reasons.first == "NOT off in first.json: its flags are not known")
    #expect(all.status == .inconclusive)
  }

  @Test func aStoreThatCanBeReadAMomentLaterGivesAllItsFlags() throws {
    let (world, kill) = try withFirst(nil)
    let text = try #require(world.files.text(World.store))
    world.files.put(World.store, "{\"flags\": {}}")
    let managed = kill.managed()
    #expect(managed.keys == [] && managed.unreadable == ["first.json"])
    after(3, world) { $0.put("/w/first.json", text) }
    let report = kill.perform(managed)
    #expect(report.lines.map(\.store) == ["first.json"] && report.status == .done)
  }

  @Test func thereIsOneDeadlineForAllFlags() throws {
    let world = try Self.exposing()
    world.files.fail(.read, on: World.store, .changedSize(expected: 1, found: 2))
    let start = world.clock.now()
    let report = Kill(context: world.context(), choices: OperatorChoices(), within: TimeSpan(seconds: 5))
      .perform(["ai-summary", "b", "c"])
    #expect(report.lines.map(\.outcome) == [.notOff, .notOff, .notOff])
    #expect(world.clock.now().since(start) == TimeSpan(seconds: 5))
  }

  @Test func aHeldLockIsWaitedForOnceHoweverManyFlagsAreBehindIt() throws {
    let world = World(flags: "{\"flags\": {\(flag("a")),\(flag("b")),\(flag("c"))}}")
    world.files.holdLock("/w/flags.json.rollout/lock", holder: "somebody asleep")
    let start = world.clock.now()
    let report = Kill(context: world.context(), choices: OperatorChoices()).perform(["a", "b", "c"])
    #expect(report.lines.map(\.outcome) == [.off, .off, .off])
    #expect((2.0..<2.5).contains(Double(world.clock.now().microseconds - start.microseconds) / 1_000_000))
  }

  /// A lock that is held costs the flags of that store its two seconds, and nobody else's.
  @Test func aHeldLockDelaysOneFlagOfAnotherStoreAtMost() throws {
    let world = try Self.exposing()
    let text = try #require(world.files.text(World.store))
    world.files.put("/w/first.json", text.replacing("ai-summary", "b"))
    world.files.put("/w/rolloutctl.json", #"{"store": "file:flags.json"}"#)
    let both = text.replacing("\"flags\": {", "\"flags\": {\(flag("c")),\(flag("d")),")
    world.files.put("/w/first.json", both)
    world.files.holdLock("/w/first.json.rollout/lock", holder: "somebody asleep")
    world.variables.withLock { $0 = ["ROLLOUT_STORE": "first.json"] }
    let report = Kill(context: world.context(), choices: OperatorChoices()).perform(["c", "d", "ai-summary"])
    #expect(report.status == .done)
    #expect((2.0..<2.5).contains(report.lines.first { $0.store == "file:flags.json" }?.seconds ?? 0))
  }

  func flag(_ key: String) -> String {
    #""\#(key)": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}"#
  }

  @Test(arguments: [#"{"flags": {}}"#, "{ nonsense"])
  func theRememberedNoteIsFollowedWhateverTheFirstStoreSays(first: String) throws {
    for dryRun in [false, true] {
      let world = try Self.exposing()
      world.files.put("/w/sub/flags.json", first)
      world.variables.withLock { $0 = ["ROLLOUT_STORE": "/w/sub/flags.json"] }
      var choices = OperatorChoices()
      (choices.journal, choices.dryRun) = ("/w/flags.json.rollout", dryRun)
      let report = Kill(context: world.context(), choices: choices).perform(["ai-summary"])
      #expect(report.lines.last?.store == "file:flags.json")
      #expect(report.lines.last?.outcome == (dryRun ? .wouldBeOff : .off))
    }
  }

  @Test func somebodyElsesRulesAreKeptOnce() throws {
    let rules = #"{"if": [{"ends_with": [{"var": "email"}, "x"]}, "on", "off"]}"#
    let flags =
      #"{"flags": {"ai-summary": {"state": "ENABLED", "variants": {"on": true, "off": false}, "#
      + #""defaultVariant": "on", "targeting": \#(rules)}}}"#
    let world = World(flags: flags)
    world.files.fail(.rename, .changedSize(expected: 1, found: 2), times: 5)
    #expect(world.kill().lines[0].attempts == 6)
    #expect(try world.entries.map(\.content.outcome) == [.intended, .done])
  }

  // MARK: Words

  @Test func aPathThatIsNoNoteSaysWhatToNameInstead() throws {
    let world = try Self.exposing()
    world.files.put("/w/notes/empty.markdown", "# Nothing\n")
    world.files.put("/w/notes/x.markdown", World.plainNote)
    let kill = Kill(context: world.context(), choices: OperatorChoices())
    let gone = kill.perform(["notes/gone.md"])
    #expect(gone.status == .inconclusive)
    #expect(
      gone.lines[0].reasons == [
        "nothing was turned off: there is no note at notes/gone.md; name the flag's key",
        "managed in file:flags.json: ai-summary",
      ])
    let empty = kill.perform(["notes/empty.markdown"]).lines[0].reasons[0]
    #expect(empty == "nothing was turned off: notes/empty.markdown names no flag; name the flag's key")
    #expect(kill.perform(["notes/x.markdown"]).lines.map(\.outcome) == [.off])
  }

  /// A file or folder that happens to have the flag's name stands in nobody's way.
  @Test func aFolderWithTheFlagsNameIsNotInTheWay() throws {
    let world = try Self.exposing()
    world.files.put("/w/ai-summary/main.py", "")
    #expect(world.kill().lines.map(\.outcome) == [.off])
  }

  @Test func allWithNothingManagedTurnedNothingOff() {
    let world = World()
    let kill = Kill(context: world.context(), choices: OperatorChoices())
    let report = kill.perform(kill.managed())
    #expect(report.status == .inconclusive)
    #expect(
      report.lines.map(\.reasons) == [
        ["nothing was turned off: no flag in file:flags.json is marked as managed by rolloutctl"]
      ])
  }

  @Test func aFlagThatIsOffAlreadySaysSo() throws {
    let world = try Self.exposing()
    #expect(
      world.kill().text(ink: .none).hasPrefix("ai-summary is OFF: everybody gets \"off\"   0.0 ms   /w/flags.json"))
    let again = world.kill()
    #expect(
      again.status == .done && again.text(ink: .none).hasPrefix("ai-summary is OFF already: everybody gets \"off\""))
    var choices = OperatorChoices()
    choices.dryRun = true
    let dry = Kill(context: world.context(), choices: choices).perform(["ai-summary"])
    #expect(dry.status == .done)
    #expect(dry.text(ink: .none) == "ai-summary is OFF already: everybody gets \"off\"   /w/flags.json")
  }

  @Test func whatIsOffByItsNoteSaysHowToServeControl() throws {
    let world = World(note: World.variantNote + "\nKill to: off\n")
    try world.advance()
    let report = world.kill()
    let how = "to give everybody control: rolloutctl kill ai-summary --to control"
    #expect(report.lines[0].serving == "off" && report.lines[0].alternative == how)
    #expect(report.json.written().contains("\"alternative\":\"\(how)\""))
    #expect(!report.markdown.contains("Why not"))
  }
}
