import Foundation
import Glibc
import Testing

@testable import RolloutOps

extension RealUnleashTests {
  /// Rollouts through the real binary, on the nights that are not happy.
  @Suite struct Rollouts {
    let unleash: RealUnleash

    init() throws {
      unleash = try RealUnleash.shared.get()
      try unleash.fail()
      _ = try unleash.asked()
    }

    /// What is sent before `/on`, each by itself the last thing that a process does: it is killed while it waits for the
    /// answer, and what it asked for was done or not.
    @Test(arguments: ["/features$", "/tags$", "/strategies$", "/on$"], [false, true])
    func aFirstPromotionThatDiedIsGoneOnWith(path: String, isDone: Bool) throws {
      let name = "died-\(path.filter(\.isLetter))-\(isDone ? "after" : "before")"
      let desk = try RealUnleash.Desk(unleash, name)
      let silence: JSON = isDone ? ["after": "answer", "answer": ["status": 500]] : ["cut": true]
      try unleash.fail(["method": "POST", "path": .string(path), "do": silence.setting("delay", to: .number(3))])
      let dying = try desk.start(["promote", LiveWorld.note])
      var asked: [String] = []
      for _ in 0..<500 where !asked.contains(where: { $0.hasPrefix("POST") && $0.hasSuffix(path.dropLast()) }) {
        asked += try unleash.asked()
        usleep(20_000)
      }
      dying.send(SIGKILL)
      _ = try dying.finish()
      // The proxy does what it was asked for, and finds nobody to tell.
      if isDone { usleep(3_500_000) }
      let again = try desk.run("promote", LiveWorld.note)
      let status = try desk.done("status", name)
      #expect(
        status.output.contains("internal") && !status.description.contains("outside rolloutctl"), "\(again) \(status)")
      #expect(try unleash.isOn(name), "\(again)")
      #expect(!again.description.contains("outside rolloutctl"), "\(again)")
    }

    /// A tag that somebody took away is said, put back, and hides the flag from no kill of all.
    @Test func aTagThatIsGoneIsSaidAndPutBack() throws {
      let desk = try RealUnleash.Desk(unleash, "untagged")
      try desk.done("promote", LiveWorld.note)
      let tag = "/api/admin/features/untagged/tags"
      #expect(try !desk.done("status", "untagged").output.contains("lost its tag"))
      try unleash.ask(.delete, "\(tag)/simple/rolloutctl-development")
      #expect(
        try desk.done("status", "untagged").description.contains("untagged has lost its tag rolloutctl-development"))
      #expect(try desk.run("doctor", "untagged").output.contains("lost its tag"))
      try desk.enter("5% of paid")
      #expect(try unleash.ask(.get, tag)["tags"]?.items?.count == 1)
      try unleash.ask(.delete, "\(tag)/simple/rolloutctl-development")
      let kill = try desk.done("kill", "--all", "--yes", "--reason", "all off")
      #expect(kill.output.contains("untagged"), "\(kill)")
      #expect(try !unleash.isOn("untagged"))
    }

    /// Who is served what, by Unleash's own evaluation, with what the flag depends on.
    @Test func aParentThatIsOffShowsInStatus() throws {
      let desk = try RealUnleash.Desk(unleash, "child")
      try desk.done("promote", LiveWorld.note)
      let before = try desk.done("status", "child")
      #expect(before.output.contains("served: on to team = staff; off to everybody else"), "\(before)")
      try unleash.ask(.post, "\(RealUnleash.project)/features", ["name": "parent", "type": "release"])
      try unleash.ask(.post, "\(RealUnleash.project)/features/child/dependencies", ["feature": "parent"])
      let after = try desk.done("status", "child")
      #expect(after.output.contains("team = staff gets off, not on"), "\(after)")
      #expect(after.description.contains("child depends on parent"), "\(after)")
    }

    @Test func aShareIsToldAsItIsServed() throws {
      let desk = try RealUnleash.Desk(unleash, "shared") {
        $0.replacing("5% of paid 0s -> 25% of paid 0s", with: "50% of paid 0s")
      }
      try desk.done("promote", LiveWorld.note)
      try desk.enter("50% of paid")
      let status = try desk.done("status", "shared")
      #expect(status.output.contains(/on to team = staff, \d of 10 units asked of 50% of plan = paid/), "\(status)")
    }

    /// A list as long as Unleash takes one: it can be excluded from, rolled back and killed.
    @Test func aListOfManyLongValuesGoesThrough() throws {
      let values = (100..<350).map { "tenant-\($0)-" + String(repeating: "x", count: 89) }
      let list = values.joined(separator: ", ")
      let desk = try RealUnleash.Desk(unleash, "long-list") {
        $0.replacing("- internal: team = staff", with: "- internal: tenant in [\(list)]")
      }
      try desk.done("promote", LiveWorld.note)
      let strategies = try unleash.ask(
        .get, "\(RealUnleash.project)/features/long-list/environments/development/strategies"
      ).items
      let title = try #require(strategies?.first?["title"]?.text)
      #expect(title.utf8.count < 200 && title.contains("250-values-"), "\(title)")
      try desk.done("exclude", "long-list", "plan=free", "--reason", "asked")
      let status = try desk.done("status", "long-list")
      #expect(!status.output.contains("drift") && !status.output.contains("≠"), "\(status)")
      try desk.done("rollback", "long-list", "--to", "off", "--reason", "slow")
      try desk.done("kill", "long-list")
    }

    /// Three of them are more than a request takes: refused before anything is made.
    @Test func whatIsTooLongIsRefusedBeforeAnythingIsWritten() throws {
      let values = (100..<350).map { "tenant-\($0)-" + String(repeating: "x", count: 89) }
      let list = values.joined(separator: ", ")
      let desk = try RealUnleash.Desk(unleash, "too-long") {
        $0.replacing(
          "- internal: team = staff",
          with: "- internal: tenant in [\(list)] and owner in [\(list)] and payer in [\(list)] and user in [\(list)]")
      }
      let outcome = try desk.run("promote", LiveWorld.note)
      #expect(outcome.status != 0 && outcome.description.contains("Unleash takes 100 kB in one request"), "\(outcome)")
      #expect(try unleash.asked().allSatisfy { $0.hasPrefix("GET") })
    }

    /// What is no legal value of a context field is no conflict with anybody.
    @Test func aValueThatIsNotLegalIsSaid() throws {
      _ = try? unleash.ask(
        .post, "/api/admin/context", ["name": "color", "legalValues": [["value": "red"], ["value": "blue"]]])
      let desk = try RealUnleash.Desk(unleash, "legal")
      try desk.done("promote", LiveWorld.note)
      let outcome = try desk.run("exclude", "legal", "color=green", "--reason", "asked")
      #expect(outcome.status == 1 && outcome.description.contains("among its legal ones"), "\(outcome)")
      try desk.done("exclude", "legal", "color=red", "--reason", "asked")
    }

    /// As many as help says, on the server itself.
    @Test func aVerbSendsAsManyRequestsAsHelpSays() throws {
      let page = try Repository.text("man/rolloutctl.1").replacing("\\", with: "")
        .split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let table = try #require(page.split(separator: "Requests, as the tests count them").last)
      let row = try #require(table.range(of: "Unleash")).upperBound
      let desk = try RealUnleash.Desk(unleash, "counted")
      var told: [String] = []
      func count(_ name: String, _ words: String...) throws {
        _ = try unleash.asked()
        let outcome = try desk.start(words).finish()
        try #require(outcome.status == 0, "\(words): \(outcome)")
        told.append("\(name) \(try unleash.asked().count)")
      }
      try count("start", "promote", LiveWorld.note)
      _ = try desk.run("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard")
      try count("promote", "promote", LiveWorld.note)
      try count("hold", "hold", LiveWorld.note, "--reason", "slow")
      try desk.done("resume", LiveWorld.note, "--reason", "mended")
      try count("exclude", "exclude", LiveWorld.note, "tenant=acme", "--reason", "asked")
      try desk.done("include", LiveWorld.note, "tenant=acme", "--reason", "asked")
      try count("rollback", "rollback", LiveWorld.note, "--reason", "slow")
      try count("kill", "kill", "counted")
      try count("restore", "restore", LiveWorld.note, "--reason", "mended")
      for one in told { #expect(table[row...].prefix(160).contains(one), "\(one): \(table[row...].prefix(160))") }
    }
  }
}
