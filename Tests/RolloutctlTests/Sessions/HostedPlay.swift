@testable import RolloutOps

/// A rollout on a hosted platform, scene by scene: each begins with an empty server.
final class HostedPlay {
  private let kind: HostedKind
  let platform: LivePlatform
  private var told: HostedText
  private var session: HostedSession

  private static let (note, key) = (Session.note, Session.key)

  init(_ kind: HostedKind) throws {
    self.kind = kind
    platform = try LivePlatform(kind.platform)
    told = try HostedText(kind, platform)
    session = HostedSession(kind, on: platform)
  }

  func text() throws -> String {
    try life()
    try kills()
    try many()
    try strangers()
    try occupied()
    try segments()
    try refusals()
    try disturbances()
    return told.text
  }

  // MARK: What is done

  private func scene(_ title: String, _ note: (String) -> String = { $0 }) throws {
    told.title("\(kind.name): \(title)")
    try platform.put(kind.platform.empty.setting("flags", to: [:]))
    session = HostedSession(kind, on: platform, note)
  }

  private func type(_ words: String..., by actor: String = "maya", token: String = LivePlatform.token) throws {
    try type(words, by: actor, token: token)
  }

  private func type(_ words: [String], by actor: String = "maya", token: String = LivePlatform.token) throws {
    let said = try session.type(words, by: actor, token: token)
    // Of many flags, and in a doctor's examination, several are asked for at the same time.
    told.add(words, by: actor, said, isMany: words.contains("--all") || words[0] == "doctor")
    session.wait()
  }

  private func promote() throws {
    try session.look()
    try type("promote", Self.note)
  }

  private func byHand(_ what: String, _ change: JSON) throws {
    told.say("somebody \(what)")
    try platform.edit(kind.edit(change))
  }

  private func fail(_ what: String, _ rule: JSON) throws {
    told.say("the next change \(what)")
    try platform.fail(rule)
  }

  // MARK: Scenes

  private func life() throws {
    try scene("a rollout from its first stage to its end")
    try type("check", Self.note)
    try type("doctor")
    try type("promote", Self.note, "--dry-run")
    try type("promote", Self.note)
    try type("status", Self.note)
    try type("attest", Self.note, "gates", "--evidence", "looked at it")
    try promote()
    try type("status", Self.note)
    try type("hold", Self.key, "--reason", "legal review")
    try type("promote", Self.note)
    try type("resume", Self.key, "--reason", "it was the upstream")
    try type("exclude", Self.key, Session.acme, "--reason", "asked")
    try promote()
    try type("include", Self.key, Session.acme, "--reason", "asked again")
    try type("rollback", Self.key, "--reason", "slower")
    try type("rollback", Self.key, "--to", "off", "--reason", "night")
    try type("promote", Self.note, "--to", "internal")
    for _ in 1...3 { try promote() }
    try type("doctor", Self.key)
    try type("doctor", "--card", "--", Self.key)
    try session.look()
    try type("finish", Self.note)
    try type("status", Self.note)
    try type("history", Self.key)

    try scene("a rollout that is abandoned")
    try session.enter(2)
    try type("abandon", Self.key, "--reason", "no better")
    try type("status", Self.note)
  }

  private func kills() throws {
    try scene("a kill before there is a flag")
    try type("kill", Self.key, by: "oncall")
    try type("promote", Self.note)
    try type("kill", Self.key, by: "oncall")
    try type("restore", Self.note, "--reason", "drill over")

    try scene("a kill in the middle of a rollout")
    try session.enter(2)
    try type("kill", Self.key, "--dry-run", by: "oncall")
    try type("kill", Self.key, "--reason", "wrong totals", by: "oncall")
    try type("kill", Self.key, by: "oncall")
    try type("status", Self.note)
    try type("promote", Self.note)
    try type("exclude", Self.key, Session.acme, "--reason", "asked")
    try type("restore", Self.key, "--reason", "prompt mended")
    try promote()

    for variant in ["off", "fast", "nothing"] {
      try scene("a kill to \(variant), and to the usual one after it")
      try session.enter(2)
      try type("kill", Self.key, "--to", variant, by: "oncall")
      try type("kill", Self.key, by: "oncall")
      try type("restore", Self.note, "--reason", "mended")
    }
  }

  private func many() throws {
    try scene("a kill of everything")
    try session.enter(2)
    for name in ["theirs-1", "theirs-2"] {
      let flag: JSON = .object([JSON.Member(kind.edited, .string(name)), JSON.Member("change", kind.foreign)])
      try platform.edit(flag)
    }
    try type("kill", "--all", "--dry-run", by: "oncall")
    try type("kill", "--all", "--yes", by: "oncall")
    try type("kill", "theirs-1", by: "oncall")
  }

  private func strangers() throws {
    try scene("a rule edited by hand")
    try session.enter(2)
    try byHand("edits a rule", kind.rule)
    try type("status", Self.note)
    try promote()
    try type("exclude", Self.key, Session.acme, "--reason", "asked")
    try type("adopt", Self.note, "--stage", "25% of paid")
    try type("rollback", Self.key, "--to", "off", "--reason", "who was that?")
    try type("status", Self.note)

    try scene("a kill of a rule edited by hand")
    try session.enter(2)
    try byHand("edits a rule", kind.rule)
    try type("kill", Self.key, by: "oncall")

    try scene("a flag switched off by hand")
    try session.enter(2)
    try byHand("switches it off", kind.off)
    try type("status", Self.note)
    try promote()
    try type("kill", Self.key, by: "oncall")
    try type("restore", Self.key, "--reason", "mended")

    try scene("a flag put away by hand")
    try session.enter(2)
    try byHand("archives it", kind.archived)
    try type("status", Self.note)
    try promote()
    try type("kill", Self.key, by: "oncall")
  }

  private func occupied() throws {
    try scene("a flag with rules of somebody else")
    try byHand("makes it", kind.foreign)
    try type("status", Self.note)
    try type("promote", Self.note)
    try type("exclude", Self.key, Session.acme, "--reason", "asked")
    try type("kill", Self.key, "--dry-run", by: "oncall")
    try type("promote", Self.note, "--adopt")
    try type("status", Self.note)

    try scene("a kill of a flag with rules of somebody else")
    try byHand("makes it", kind.foreign)
    try type("kill", Self.key, by: "oncall")
    try type("status", Self.note)
    try type("promote", Self.note)

    try scene("an archived flag of that name")
    try byHand("makes it", kind.foreign)
    try byHand("archives it", kind.archived)
    try type("status", Self.note)
    try type("promote", Self.note)
    try type("kill", Self.key, by: "oncall")
  }

  private func segments() throws {
    let selects = { (note: String) in note.replacing("team = staff", with: "\(self.kind.segment) = beta") }
    try scene("a segment that is not there", selects)
    try type("promote", Self.note)
    try type("status", Self.note)

    try scene("a segment that is there", selects)
    try platform.put(kind.segments)
    try type("promote", Self.note)
    try promote()
    try type("status", Self.note)
    try type("kill", Self.key, by: "oncall")
  }

  private func refusals() throws {
    try scene("a token that is wrong, and one that is missing")
    try session.enter(1)
    for words in [["promote", Self.note], ["status", Self.note], ["kill", Self.key, "--within", "3s"]] {
      try type(words, token: "wrong")
      try type(words, token: "")
    }

    try scene("too many requests, and a server that is down")
    try session.enter(1)
    let (limit, down): (JSON, JSON) = (
      ["answer": ["status": 429, "headers": ["Retry-After": "7"], "body": "{}"]],
      ["answer": ["status": 503, "body": "<html>down</html>"]]
    )
    try fail("is one too many", ["writes": true, "do": limit])
    try promote()
    try fail("is answered by a proxy", ["writes": true, "times": 9, "do": down])
    try promote()
    try fail("and everything else is answered by a proxy", ["times": 99, "do": down])
    try type("status", Self.note)
    try type("kill", Self.key, "--within", "20s", by: "oncall")
    try fail("is undisturbed", ["times": 0, "do": [:]])
    try type("kill", Self.key, by: "oncall")
    try type("status", Self.note)
  }

  // MARK: What goes wrong on the way

  private static let verbs: [(stage: Int, words: [String])] = [
    (0, ["promote", note]), (1, ["promote", note]), (2, ["promote", note]),
    (2, ["exclude", key, Session.acme, "--reason", "asked"]), (2, ["rollback", key, "--reason", "slower"]),
    (2, ["kill", key, "--reason", "wrong totals"]), (-1, ["restore", key, "--reason", "prompt mended"]),
    (2, ["abandon", key, "--reason", "no better"]),
  ]

  private typealias Fault = (what: String, rule: @Sendable (HostedKind) -> JSON)

  private static let anotherFlag: Fault = ("follows a flag made by hand", { ["race": $0.edit($0.foreign)] })

  private static let faults: [Fault] = [
    ("comes twice", { _ in ["twice": true] }), ("loses its answer", { _ in ["after": "close"] }),
    ("is answered 503", { _ in ["answer": ["status": 503, "body": "down"]] }),
  ]

  private static let edits: [Fault] = [
    ("follows an edit by hand", { ["race": $0.edit($0.rule)] }),
    ("follows a switch by hand", { ["race": $0.edit($0.off)] }),
  ]

  private func disturbances() throws {
    // What differs between the kinds on one platform are the changes of these.
    let isFirst = kind.name == kind.platform.rawValue
    let verbs = Self.verbs.filter { isFirst || $0.stage == 1 || ["kill", "restore"].contains($0.words[0]) }
    for (stage, words) in verbs {
      try scene("disturbed \(stage < 0 ? "after a kill" : "at stage \(stage)"), \(words.joined(separator: " "))")
      try session.enter(abs(stage))
      if stage < 0 { try session.type(["kill", Self.key], by: "oncall") }
      if words[0] == "promote", stage > 0 { try session.look() }
      session.wait()
      let state = try platform.state()
      let start = session
      /// What comes of it, and what a look afterwards says.
      func outcome(_ rule: JSON?) throws -> (lines: [String], requests: [LivePlatform.Asked]) {
        try platform.put(state)
        if let rule { try platform.fail(rule) }
        session = start.copy()
        let said = try session.type(words)
        try platform.fail()
        var after = try session.type(["status", Self.note])
        after.requests = []
        told.forgetIds()
        return (told.told(said) + told.told(after), said.requests)
      }
      let (clean, requests) = try outcome(nil)
      told.say("undisturbed")
      told.add(clean)
      var known = [clean: "undisturbed"]
      func tell(_ title: String, _ rule: JSON) throws {
        let (lines, _) = try outcome(rule)
        told.say(title)
        told.add(known[lines].map { ["  as where it is \($0)"] } ?? HostedText.difference(lines, from: clean))
        if known[lines] == nil { known[lines] = "said that \(title)" }
      }
      let writes = requests.filter { !$0.isLook }
      for number in writes.indices {
        // Where there is no flag yet, all that somebody can do by hand is to make one.
        for (what, rule) in Self.faults + (stage == 0 ? [Self.anotherFlag] : Self.edits) {
          try tell(
            "change \(number + 1) \(what)",
            ["writes": true, "path": "^(?!.*/playground/)", "skip": .number(number), "do": rule(kind)])
        }
      }
      var paths: [String] = []
      for one in requests where one.method == "GET" && !paths.contains(one.path) { paths.append(one.path) }
      for (number, path) in paths.sorted().enumerated() {
        let pattern = path.replacing(".", with: "\\.") + "($|\\?)"
        try tell(
          "the first reading of address \(number + 1) is answered 503",
          ["method": "GET", "path": .string(pattern), "do": ["answer": ["status": 503, "body": "down"]]])
      }
    }
  }
}
