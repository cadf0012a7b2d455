import Foundation
import Glibc
import Testing

@testable import RolloutOps

/// A day of an operator with Unleash, written down command by command: what was typed, what was said, and how it ended,
/// without what differs from one server and hour to the next.
final class UnleashPlay {
  /// A server to play it on.
  struct Stage {
    let port: Int
    let token: String
    /// What somebody does there by hand.
    let ask: (HTTPRequest.Method, String, JSON?) throws -> HTTPAnswer

    /// Closes it for every change, or opens it again, and ends when it is so.
    ///
    /// The real one forgets what it remembered before it writes the new setting: who asks in between has it remember the old
    /// one for a minute.
    func maintain(_ isOn: Bool) throws {
      for _ in 0..<500 {
        _ = try ask(.post, "/api/admin/maintenance", ["enabled": .bool(isOn)])
        let told = try JSON.parse(try ask(.get, "/api/admin/ui-config", nil).body)
        if told["maintenanceMode"] == .bool(isOn) { return }
        usleep(20_000)
      }
      Issue.record("the server does not change its maintenance mode")
    }
  }

  /// One that other tests leave alone: their flags are in development.
  private static let environment = "production"
  private static let project = "/api/admin/projects/default"

  private let stage: Stage
  private let world: LiveWorld
  private(set) var lines: [String] = []
  /// How each command ended.
  private(set) var ends: [Int] = []

  init(on stage: Stage) throws {
    self.stage = stage
    world = try LiveWorld()
  }

  private var address: String { "unleash+http://127.0.0.1:\(stage.port)/default/\(Self.environment)" }

  // MARK: What is done

  private func write(_ key: String, in store: String? = nil, _ change: (String) -> String = { $0 }) throws {
    let note = LiveWorld.plainNote.replacing("Store: file:flags.json", with: "Store: \(store ?? address)")
      .replacing("Flag: ai-summary", with: "Flag: \(key)")
    try world.folder.write(LiveWorld.note, change(note))
  }

  private func run(_ words: String..., actor: String = "maya", token: String? = nil) throws {
    try run(words, actor, token)
  }

  private func run(_ words: [String], _ actor: String = "maya", _ token: String? = nil) throws {
    let environment = [
      UnleashStore.tokenVariable: token ?? stage.token, "ROLLOUT_STORE": address, "ROLLOUT_JOURNAL": "journals",
    ]
    let outcome = try world.start(words, actor: actor, environment: environment).finish()
    try #require(outcome.status >= 0, "\(words): \(outcome)")
    ends.append(Int(outcome.status))
    lines.append(plain("$ \(words.joined(separator: " "))\n\(outcome.output)\(outcome.errors)= \(outcome.status)"))
  }

  private func ask(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil) throws {
    lines.append(plain("> \(method) \(path) \(try stage.ask(method, path, body).status)"))
  }

  /// Past the gates that only people can see.
  private func enter(_ name: String) throws {
    try run("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard")
    try run("attest", LiveWorld.note, "review", "--evidence", "read fifty samples", actor: "lee")
    try run("promote", LiveWorld.note, "--to", name)
  }

  private func features(_ path: String = "") -> String { "\(Self.project)/features\(path)" }
  private func here(_ key: String, _ path: String) -> String {
    features("/\(key)/environments/\(Self.environment)\(path)")
  }

  // MARK: What differs

  private func plain(_ text: String) -> String {
    text.replacing(world.folder.path, with: "FOLDER").replacing("\(stage.port)", with: "PORT")
      .replacing(#/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/#, with: "TIME")
      .replacing(#/\b\d\d:\d\d(:\d\d)?\b/#, with: "TIME")
      .replacing(#/\b\d+(\.\d+)? ?(ms|s|m|h)\b/#, with: "A WHILE")
      .replacing(#/\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b/#, with: "ID")
      // Of other tests, in the same project.
      .replacing(#/\b\d+ flags, /#, with: "FLAGS, ")
      .replacing(#/\s+/#, with: " ")
  }

  // MARK: The day

  func play() throws {
    try life()
    try others()
    try byHand()
    try fields()
    try places()
    try closed()
    try run("history", "--verify")
  }

  /// From the first stage to the end, on a server on which no flag was ever tagged.
  private func life() throws {
    let note = LiveWorld.note
    try write("w-first")
    try run("status", note)
    try run("promote", note)
    try run("status", note)
    try run("doctor")
    try run("doctor", "w-first")
    try run("promote", note)
    try enter("5% of paid")
    try run("status", note)
    try run("exclude", "w-first", "tenant=acme", "--reason", "asked")
    try run("include", "w-first", "tenant=acme", "--reason", "asked")
    try run("hold", note, "--reason", "slow")
    try run("promote", note)
    try run("resume", note, "--reason", "fine")
    try enter("25% of paid")
    for _ in 0..<2 { try run("kill", "w-first", "--reason", "bad") }
    try run("status", note)
    try run("restore", note, "--reason", "mended")
    try run("status", note)
    try run("rollback", note, "--to", "off", "--reason", "slow")
    try run("status", note)
    try run("promote", note, "--to", "internal")
    for name in ["5% of paid", "25% of paid", "100%"] { try enter(name) }
    try run("attest", note, "gates", "--evidence", "looked at the dashboard")
    try run("finish", note)
    try run("status", note)
    try run("changes")
    try run("history", note)
  }

  /// What somebody else set up, what is archived, what never was.
  private func others() throws {
    try ask(.post, features(), ["name": "w-foreign", "type": "release"])
    let parameters: JSON = ["rollout": "5", "stickiness": "default", "groupId": "w-foreign"]
    try ask(.post, here("w-foreign", "/strategies"), ["name": "flexibleRollout", "parameters": parameters])
    try ask(.post, here("w-foreign", "/on"))
    try write("w-foreign")
    for words in ["status", "promote"] { try run(words, LiveWorld.note) }
    try run("doctor", "w-foreign")
    try run("kill", "w-foreign")
    try run("status", LiveWorld.note)
    try run("promote", LiveWorld.note, "--adopt")

    try write("w-archived")
    try run("promote", LiveWorld.note)
    try ask(.delete, features("/w-archived"))
    for words in ["status", "promote"] { try run(words, LiveWorld.note) }
    for words in ["kill", "doctor"] { try run(words, "w-archived") }
    for words in ["kill", "doctor", "status"] { try run(words, "w-nobody") }
    for name in ["w", String(repeating: "w", count: 101)] {
      try write(name)
      try run("promote", LiveWorld.note)
    }
  }

  /// What somebody changes in a rollout that runs.
  private func byHand() throws {
    let strategy: JSON = [
      "name": "flexibleRollout", "parameters": ["rollout": "7", "stickiness": "default", "groupId": "w-hand"],
    ]
    try write("w-hand")
    try run("promote", LiveWorld.note)
    try ask(.post, here("w-hand", "/off"))
    for words in ["status", "promote"] { try run(words, LiveWorld.note) }
    try ask(.post, here("w-hand", "/on"))
    try ask(.post, here("w-hand", "/strategies"), strategy)
    try run("status", LiveWorld.note)
    try run("exclude", "w-hand", "tenant=acme", "--reason", "asked")
    try run("rollback", LiveWorld.note, "--to", "off", "--reason", "slow")
    try run("kill", "w-hand")

    try write("w-untagged")
    try run("promote", LiveWorld.note)
    try ask(.delete, "/api/admin/features/w-untagged/tags/simple/rolloutctl-\(Self.environment)")
    try run("status", LiveWorld.note)
    try run("doctor", "w-untagged")
    try enter("5% of paid")
    try run("status", LiveWorld.note)

    try write("w-child")
    try run("promote", LiveWorld.note)
    try ask(.post, features(), ["name": "w-parent", "type": "release"])
    try ask(.post, features("/w-child/dependencies"), ["feature": "w-parent"])
    try run("status", LiveWorld.note)
    try enter("5% of paid")
    try run("kill", "w-child")
  }

  /// Context fields and segments.
  private func fields() throws {
    try ask(
      .post, "/api/admin/context", ["name": "w-color", "legalValues": [["value": "red"], ["value": "blue"]]])
    try write("w-legal")
    try run("promote", LiveWorld.note)
    for value in ["green", "red"] { try run("exclude", "w-legal", "w-color=\(value)", "--reason", "asked") }
    try run("status", LiveWorld.note)
    let cohorts = [
      ("w-illegal", "w-color = green"), ("w-nowhere", "segment = w-nowhere"), ("w-segment", "segment = w-beta"),
    ]
    try ask(.post, "/api/admin/segments", ["name": "w-beta", "constraints": []])
    for (key, cohort) in cohorts {
      try write(key) { $0.replacing("team = staff", with: cohort) }
      for words in ["promote", "status"] { try run(words, LiveWorld.note) }
    }
    try run("kill", "w-segment")
  }

  /// Projects and environments that are not there, and a token that is none.
  private func places() throws {
    for place in ["w-nope/\(Self.environment)", "default/w-nope"] {
      let elsewhere = address.replacing("default/\(Self.environment)", with: place)
      for words in [["doctor"], ["status"], ["kill", "w-first"], ["kill", "--all", "--yes"]] {
        try run(words + ["--store", elsewhere])
      }
      try write("w-elsewhere", in: elsewhere)
      for words in ["promote", "status"] { try run(words, LiveWorld.note) }
    }
    try write("w-first")
    try run("doctor", token: "wrong-token")
    try run("kill", "w-first", token: "wrong-token")
    try run("status", LiveWorld.note, token: "wrong-token")
  }

  /// The whole server takes no change.
  private func closed() throws {
    try write("w-closed")
    try run("promote", LiveWorld.note)
    try stage.maintain(true)
    defer { try? stage.maintain(false) }
    try run("doctor")
    try run("kill", "w-closed", "--within", "3s")
    try run("status", LiveWorld.note)
    try enter("5% of paid")
    try stage.maintain(false)
    try run("kill", "w-closed")
    try run("doctor")
    try run("kill", "--all", "--yes")
  }
}
