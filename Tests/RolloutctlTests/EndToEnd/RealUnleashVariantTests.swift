import Foundation
import Glibc
import Testing

@testable import RolloutOps

extension RealUnleashTests {
  /// `Variants:` on the real server, as real SDKs hand them out, stage by stage.
  @Suite struct Valued {
    let unleash: RealUnleash

    init() throws {
      unleash = try RealUnleash.shared.get()
      try unleash.fail()
      _ = try unleash.asked()
    }

    private static let (canary, control) = (#"canary json {"model":"m-5","t":0.70}"#, #"control json {"model":"m-4"}"#)

    private static func note(_ text: String) -> String {
      text + """

        Variants:
        ```json
        {"control": {"model": "m-4"}, "canary": {"model": "m-5", "t": 0.70}, "off": {"enabled": false}}
        ```
        """
    }

    private func desk(_ key: String, _ change: (String) -> String = { $0 }) throws -> RealUnleash.Desk {
      try RealUnleash.Desk(unleash, key) { change(Self.note($0)) }
    }

    private static let staff = (0..<10).map {
      JSON.object([JSON.Member("tenant", .string("s-\($0)")), JSON.Member("team", "staff")])
    }
    private static let paid = (0..<300).map {
      JSON.object([JSON.Member("tenant", .string("p-\($0)")), JSON.Member("plan", "paid")])
    }
    private static let others: [JSON] = [["tenant": "o-1", "plan": "free"], ["tenant": "o-2"]]
    private static let acme: JSON = ["tenant": "acme", "team": "staff", "plan": "paid"]
    private static let unitless: JSON = ["plan": "paid", "team": "staff"]

    /// What each of them is handed out, by every SDK alike.
    private struct Served {
      let staff, paid, others: [String]
      let acme, unitless: String

      var all: Set<String> { Set(staff + paid + others + [acme, unitless]) }
    }

    private func served(_ key: String, at place: SourceLocation = #_sourceLocation) throws -> Served {
      let all = try unleash.served(key, Self.staff + Self.paid + Self.others + [Self.acme, Self.unitless])
      let told = try #require(all["node"])
      for (name, other) in all { #expect(other == told, "\(name) and node differ", sourceLocation: place) }
      let (staff, paid) = (Self.staff.count, Self.paid.count)
      return Served(
        staff: Array(told[..<staff]), paid: Array(told[staff..<staff + paid]),
        others: Array(told[(staff + paid)..<(staff + paid + 2)]), acme: told[told.count - 2],
        unitless: told[told.count - 1])
    }

    private func environment(_ key: String) throws -> [JSON] {
      try unleash.ask(.get, "\(RealUnleash.project)/features/\(key)/environments/development/strategies").items ?? []
    }

    @Test func everyStageHandsOutNamesAndPayloads() throws {
      let (canary, control) = (Self.canary, Self.control)
      let desk = try desk("variants")
      try desk.done("promote", LiveWorld.note)
      var now = try served("variants")
      #expect(Set(now.staff) == [canary] && now.acme == canary)
      #expect(Set(now.paid + now.others) == [control] && now.unitless == control)

      try desk.enter("5% of paid")
      let five = try served("variants").paid
      #expect((1...40).contains(five.count { $0 == canary }), "\(five.count { $0 == canary }) of 300")
      try desk.enter("25% of paid")
      now = try served("variants")
      #expect((40...120).contains(now.paid.count { $0 == canary }) && Set(now.paid) == [canary, control])
      #expect(zip(five, now.paid).allSatisfy { $0 == control || $1 == canary }, "nobody loses it")
      #expect(Set(now.staff) == [canary] && Set(now.others) == [control])

      try desk.done("exclude", "variants", "tenant=acme", "--reason", "asked")
      #expect(try served("variants").acme == control)
      try desk.enter("100%")
      now = try served("variants")
      #expect(Set(now.staff + now.paid + now.others) == [canary] && now.acme == control && now.unitless == control)
      let status = try desk.done("status", "variants")
      #expect(status.output.contains("canary to") && !status.output.contains("drift"), "\(status)")

      _ = try unleash.asked()
      let kill = try desk.done("kill", "variants")
      #expect(kill.output.contains("everybody gets \"control\""), "\(kill)")
      #expect(
        try unleash.asked().prefix(3).map { $0.replacing("…/features/variants", with: "…") } == [
          "GET …", "POST …/environments/development/strategies/set-sort-order", "GET …",
        ])
      #expect(try served("variants").all == [control] && unleash.isOn("variants"))
      #expect(try desk.done("status", "variants").output.contains("served: control to"))

      try desk.done("restore", "variants", "--reason", "mended")
      now = try served("variants")
      #expect(Set(now.staff) == [canary] && Set(now.paid) == [control] && now.acme == control)
      #expect(try desk.done("kill", "variants", "--to", "off").output.contains("everybody gets \"off\""))
      #expect(try served("variants").all == ["off"] && !unleash.isOn("variants"))
      #expect(try desk.done("kill", "variants", "--to", "control").output.contains("everybody gets \"control\""))
      #expect(try served("variants").all == [control] && unleash.isOn("variants"))
      try desk.done("restore", "variants", "--reason", "mended")
      try desk.done("rollback", "variants", "--to", "off", "--reason", "slow")
      #expect(try served("variants").all == [control])
    }

    @Test func finishedEverybodyHasTheCanaryAndAKillBringsBackControl() throws {
      let desk = try desk("done") {
        $0.replacing("5% of paid 0s -> 25% of paid 0s -> ", with: "")
      }
      try desk.done("promote", LiveWorld.note)
      try desk.enter("100%")
      _ = try desk.run("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard")
      try desk.done("finish", LiveWorld.note)
      #expect(try served("done").all == [Self.canary], "also whoever has no unit")
      #expect(try !desk.done("status", "done").output.contains("drift"))
      try desk.done("kill", "done")
      #expect(try served("done").all == [Self.control] && unleash.isOn("done"))
    }

    /// Flags of both kinds: the list's tags tell which of them a look has to be taken at alone.
    @Test func aKillOfAllGivesEachWhatIsItsOwn() throws {
      let (valued, plain) = (try desk("all-valued"), try RealUnleash.Desk(unleash, "all-plain"))
      for desk in [valued, plain] { try desk.done("promote", LiveWorld.note) }
      let kill = try valued.done("kill", "all-valued", "all-plain", "--reason", "all off")
      #expect(kill.output.contains("all-valued") && kill.output.contains("everybody gets \"control\""), "\(kill)")
      #expect(try served("all-valued").all == [Self.control])
      #expect(try unleash.isOn("all-valued") && !unleash.isOn("all-plain"))
    }

    @Test func aStrategyOfSomebodyElseBeforeOursKeepsNoKillFromIt() throws {
      let desk = try desk("jumped")
      try desk.done("promote", LiveWorld.note)
      try unleash.ask(
        .post, "\(RealUnleash.project)/features/jumped/environments/development/strategies",
        [
          "name": "flexibleRollout", "title": "theirs", "sortOrder": -3,
          "parameters": ["rollout": "100", "stickiness": "random", "groupId": "jumped"],
          "variants": [
            [
              "name": "theirs", "weight": 1000, "weightType": "variable", "stickiness": "random",
              "payload": ["type": "string", "value": "x"],
            ]
          ],
        ])
      #expect(try served("jumped").all == ["theirs string x"])
      #expect(try desk.run("status", "jumped").output.contains("drift"))
      try desk.done("kill", "jumped")
      #expect(try served("jumped").all == [Self.control])
    }

    @Test func somebodyElsesPayloadIsDrift() throws {
      let desk = try desk("edited")
      try desk.done("promote", LiveWorld.note)
      let strategy = try #require(
        try environment("edited").first { $0["title"]?.text?.contains("team = staff") == true })
      let path =
        "\(RealUnleash.project)/features/edited/environments/development/strategies/\(strategy["id"]?.text ?? "")"
      try unleash.ask(
        .patch, path, [["op": "replace", "path": "/variants/0/payload/value", "value": #"{"model":"m-9"}"#]])
      let status = try desk.run("status", "edited")
      #expect(status.output.contains(#"canary = {"model": "m-9"}"#), "\(status)")
      #expect(try desk.run("promote", LiveWorld.note).status == 6)
      try desk.done("rollback", "edited", "--to", "off", "--reason", "edited")
      #expect(try served("edited").all == [Self.control])
    }

    /// The switch takes no look and hands out no variant; that everybody gets control is not said then.
    @Test func aKillThatNobodyCouldLookBeforeSwitchesOff() throws {
      let desk = try desk("unseen")
      try desk.done("promote", LiveWorld.note)
      // The first look and the one that is begun beside it.
      try unleash.fail(["method": "GET", "path": "/features/unseen$", "times": 2, "do": ["delay": 8]])
      let outcome = try desk.done("kill", "unseen", "--within", "20s")
      #expect(outcome.output.contains("its switch was thrown before anybody could read it"), "\(outcome)")
      #expect(
        !outcome.description.contains("gets \"control\"") && outcome.output.contains("gets \"off\""), "\(outcome)")
      #expect(try served("unseen").all == ["off"] && !unleash.isOn("unseen"))
    }

    /// What lifts a kill may land after the next one, which the journal tells it.
    @Test(arguments: [1, 5]) func aKillBesideARestoreWins(delay: Int) throws {
      let desk = try desk("both-\(delay)")
      try desk.done("promote", LiveWorld.note)
      try desk.done("kill", "both-\(delay)")
      try unleash.fail(["method": "POST", "path": "/set-sort-order$", "do": ["delay": .number(delay)]])
      _ = try unleash.asked()
      let restoring = try desk.start(["restore", LiveWorld.note, "--reason", "mended"])
      var asked: [String] = []
      for _ in 0..<500 where !asked.contains(where: { $0.hasSuffix("/set-sort-order") }) {
        asked += try unleash.asked()
        usleep(20_000)
      }
      try desk.done("kill", "both-\(delay)")
      _ = try restoring.finish()
      #expect(try served("both-\(delay)").all == [Self.control])
      #expect(try desk.done("status", "both-\(delay)").output.contains("killed at internal"))
    }

    /// A first promotion that dies at any of its requests is gone on with, and never shown as somebody's kill.
    @Test(arguments: [0, 1, 2], [false, true])
    func aFirstPromotionThatDiedIsGoneOnWith(skip: Int, isDone: Bool) throws {
      let name = "died-with-\(skip)-\(isDone ? "after" : "before")"
      let desk = try desk(name)
      let silence: JSON = isDone ? ["after": "answer", "answer": ["status": 500]] : ["cut": true]
      try unleash.fail([
        "method": "POST", "path": "/strategies$", "skip": .number(skip), "do": silence.setting("delay", to: .number(3)),
      ])
      let dying = try desk.start(["promote", LiveWorld.note])
      var asked: [String] = []
      for _ in 0..<500 where asked.count(where: { $0.hasPrefix("POST") && $0.hasSuffix("/strategies") }) <= skip {
        asked += try unleash.asked()
        usleep(20_000)
      }
      dying.send(SIGKILL)
      _ = try dying.finish()
      if isDone { usleep(3_500_000) }
      let again = try desk.run("promote", LiveWorld.note)
      let status = try desk.done("status", name)
      #expect(
        status.output.contains("internal") && !status.description.contains("outside rolloutctl"), "\(again) \(status)")
      #expect(try Set(served(name).staff) == [Self.canary], "\(again)")
      #expect(try environment(name).count == 3, "what came twice is gone")
    }

    @Test func whatUnleashCannotHandOutIsRefusedBeforeAnythingIsWritten() throws {
      for (old, new, why) in [
        (
          #""canary": {"model": "m-5", "t": 0.70}, "#, #""canary": {"model": "m-5"}, "b:2": {"model": "b"}, "#,
          "rename it"
        ),
        (
          #"{"control": {"model": "m-4"}, "canary": {"model": "m-5", "t": 0.70}, "off": {"enabled": false}}"#,
          #"{"control": false, "canary": true}"#, "leave out Variants:"
        ),
      ] {
        let desk = try desk("refused") { $0.replacing(old, with: new) }
        let check = try desk.run("check", LiveWorld.note)
        #expect(check.status == 7 && check.description.contains(why), "\(check)")
        let outcome = try desk.run("promote", LiveWorld.note)
        #expect(outcome.status == 7 && outcome.description.contains(why), "\(outcome)")
      }
      #expect(try unleash.asked().allSatisfy { $0.hasPrefix("GET") })
    }

    @Test func aVerbSendsAsManyRequestsAsHelpSays() throws {
      let desk = try desk("counted-with")
      func count(_ words: String...) throws -> Int {
        _ = try unleash.asked()
        try #require(desk.start(words).finish().status == 0, "\(words)")
        return try unleash.asked().count
      }
      let page = try Repository.text("man/rolloutctl.1").replacing("\\", with: "")
        .split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let start = try count("promote", LiveWorld.note)
      #expect(page.contains("a start takes \(start), everything else as many"))
      _ = try desk.run("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard")
      #expect(try count("promote", LiveWorld.note) == 6)
      #expect(try count("exclude", LiveWorld.note, "tenant=acme", "--reason", "asked") == 6)
      try desk.done("include", LiveWorld.note, "tenant=acme", "--reason", "asked")
      #expect(try count("rollback", LiveWorld.note, "--reason", "slow") == 5)
      #expect(try count("kill", "counted-with") == 4)
      #expect(try count("restore", LiveWorld.note, "--reason", "mended") == 6)
    }
  }
}
