import Foundation
import Testing

/// Many real processes at one flag, one file, at the same time.
@Suite(.serialized, .waits) struct ConcurrencyTests {
  static let rounds = Live.isRequired ? 5 : 2

  /// Starts all of them before it waits for the first.
  private func atOnce(_ world: LiveWorld, _ lines: [(actor: String, words: [String])]) throws -> [Binary.Outcome] {
    let running = try lines.map { try world.start($0.words, actor: $0.actor) }
    return try running.map { try $0.finish() }
  }

  @Test(arguments: 0..<rounds) func thirtyTwoPromotionsMoveOnce(round: Int) throws {
    let world = try LiveWorld()
    for stage in ["internal", "5% of paid", "25% of paid", "100%"] {
      _ = try world.run("attest", LiveWorld.note, "gates", "--evidence", "seen")
      let before = try world.entered()
      let outcomes = try atOnce(
        world, (0..<32).map { ("operator-\($0)", ["promote", LiveWorld.note, "--to", stage]) })
      let entries = try world.entries()
      #expect(try world.entered() == before + [stage])
      #expect(entries.filter { $0["outcome"] as? String == "undone" }.count == 0)
      for outcome in outcomes {
        #expect([0, 3, 6].contains(outcome.status), "\(outcome)")
        // Whoever did not move it hears why.
        let said = outcome.output + outcome.errors
        if !said.contains("→ \(stage)") { #expect(said.contains("already there") || outcome.status != 0, "\(outcome)") }
      }
      #expect(outcomes.filter { $0.output.contains("→ \(stage)") && $0.status == 0 }.count == 1)
      #expect(try (world.flag()["metadata"] as? [String: Any])?["rolloutctl.stage"] as? String == stage)
      try world.verify()
    }
  }

  /// All have decided on what they saw before they stand in line at the lock, and every gate would let them pass: still
  /// only the first may move. Without `--to` the others would otherwise take the stages behind it.
  @Test(arguments: 0..<rounds) func whoWasOvertakenDoesNotMove(round: Int) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    var line: LockHolder? = try LockHolder(world.folder.path("\(LiveWorld.journalPath).lock"), signed: "the test")
    let words = ["promote", LiveWorld.note, "--override", "parse failures above 2%", "--reason", "seen elsewhere"]
    let running = try (0..<16).map { try world.start(words, actor: "operator-\($0)") }
    for one in running { try line?.waitUntilWanted(by: one.process) }
    line = nil
    let outcomes = try running.map { try $0.finish() }
    #expect(try world.entered() == ["internal", "5% of paid"])
    #expect(outcomes.filter { $0.status == 0 }.count == 1)
    for outcome in outcomes where outcome.status != 0 {
      #expect(outcome.status == 6, "\(outcome)")
      #expect((outcome.output + outcome.errors).contains("while this promotion was waiting"), "\(outcome)")
    }
    try world.verify()
  }

  @Test(arguments: 0..<rounds * 2) func aKillAlwaysWins(round: Int) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    _ = try world.run("attest", LiveWorld.note, "gates", "--evidence", "seen")
    var lines: [(String, [String])] = []
    for index in 0..<16 {
      let kill = ("oncall-\(index)", ["kill", "ai-summary"])
      let promotion = ("operator-\(index)", ["promote", LiveWorld.note, "--to", "5% of paid"])
      lines += round.isMultiple(of: 2) ? [promotion, kill] : [kill, promotion]
    }
    let outcomes = try atOnce(world, lines)
    for (line, outcome) in zip(lines, outcomes) {
      if line.1[0] == "kill" {
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("off"))
      } else {
        #expect([0, 3, 5, 6].contains(outcome.status), "\(outcome)")
      }
    }
    #expect(try world.isKilled())
    #expect(try world.run("status", "--exit-code").status == 5)
    #expect(try world.run("status", "ai-summary", "--exit-code").status == 5)
    #expect(try world.entered().filter { $0 == "5% of paid" }.count <= 1)
    try world.verify()
    // The journal says so too, and what comes next is no drift.
    let last = try #require(try world.entries().last { $0["action"] as? String == "kill" })
    #expect(last["outcome"] as? String == "done")
    try world.done("restore", "ai-summary", "--reason", "the storm is over")
    #expect(try world.entered().last == "internal")
  }

  // MARK: Other flags in the same file

  @Test(arguments: 0..<rounds) func twoRolloutsShareAFile(round: Int) throws {
    let world = try LiveWorld()
    let others = (1...7).map { "notes/other-\($0).md" }
    for (index, note) in others.enumerated() {
      try world.folder.write(note, LiveWorld.plainNote.replacing("ai-summary", with: "flag-\(index + 1)"))
    }
    let notes = [LiveWorld.note] + others
    for stage in ["internal", "5% of paid"] {
      for note in notes { _ = try world.run("attest", note, "gates", "--evidence", "seen") }
      let outcomes = try atOnce(world, notes.map { ("maya", ["promote", $0, "--to", stage]) })
      for outcome in outcomes { #expect(outcome.status == 0, "\(outcome)") }
      for key in ["ai-summary"] + (1...7).map({ "flag-\($0)" }) {
        #expect(try (world.flag(key)["metadata"] as? [String: Any])?["rolloutctl.stage"] as? String == stage)
        #expect(try world.entered("flags.json.rollout/\(key).journal").last == stage)
      }
    }
    try world.verify()
  }

  /// A program that knows nothing of our lock counts up its own flag, replacing the file by rename, while the rollout
  /// moves and is killed. It looks before it writes, as careful programs do, so each of its counts must survive ours.
  @Test(.enabled(if: Tool.python.isWanted, Tool.python.reason))
  func nobodyElsesEditIsLost() throws {
    let counter = #""counter": {"state": "ENABLED", "variants": {"n": 0}, "defaultVariant": "n"}"#
    let world = try LiveWorld(flags: "{\"flags\": {\(counter)}}")
    let python = try #require(Tool.python.path)
    let script = """
      import json, os
      written = behind = lost = 0
      while os.path.exists("running") or written < 200:
          with open("flags.json") as file:
              text = file.read()
          document = json.loads(text)
          found = document["flags"]["counter"]["variants"]["n"]
          # rolloutctl may be about to take over what it found in the old file.
          behind = 0 if found == written else behind + 1
          if 0 < behind < 2000:
              continue
          # Ours came between its last look and its rename: it says so, and we count on from there.
          lost, written, behind = lost + (found < written), found, 0
          document["flags"]["counter"]["variants"]["n"] = written + 1
          with open("mine.tmp", "w") as file:
              json.dump(document, file)
          # What the rollout wrote in between would be lost by us, not by it: then look again.
          with open("flags.json") as file:
              if file.read() != text:
                  continue
          os.rename("mine.tmp", "flags.json")
          written += 1
      print(written, lost)
      """
    try world.folder.write("running", "")
    try world.folder.write("counter.py", script)
    let other = try Binary.start(["counter.py"], in: world.folder, program: python)
    let note = LiveWorld.note
    try world.done("promote", note)
    var (done, told) = (0, 0)
    for round in 0..<6 {
      let someone = "tenant=t-\(round)"
      for words in [
        ["exclude", note, someone, "--reason", "asked"], ["include", note, someone, "--reason", "asked"],
        ["kill", "ai-summary"], ["restore", "ai-summary", "--reason", "next round"],
      ] {
        let outcome = try world.start(words).finish()
        // The stranger may undo our change between its look and its rename: at once, which reading back shows, or later,
        // which is drift.
        let isUndone = outcome.status == 1 && outcome.errors.contains("reading back shows something else")
        #expect(isUndone || [0, 3, 5, 6].contains(outcome.status), "\(words): \(outcome)")
        if words[0] == "kill" { #expect(outcome.status == 0, "\(outcome)") }
        told += "\(outcome)".contains("their version is gone") ? 1 : 0
        done += outcome.status == 0 ? 1 : 0
      }
    }
    try FileManager.default.removeItem(atPath: world.folder.path("running"))
    let outcome = try other.finish()
    #expect(outcome.end == .status(0), "\(outcome)")
    let numbers = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 2, "\(outcome)")
    print("a stranger wrote \(numbers[0]) times beside \(done) changes, \(numbers[1]) lost, \(told) told")
    #expect(numbers[1] <= told, "each of them is said")
    #expect(done >= 6)
    try world.verify()
  }
}
