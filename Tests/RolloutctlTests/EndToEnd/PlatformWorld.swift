import Foundation
import Testing

@testable import RolloutOps

/// The first card of a JSON answer.
struct Card {
  let (kill, proof): (String, String)

  init(_ outcome: Binary.Outcome) throws {
    let answer = try JSON.parse(Array(outcome.output.utf8))
    let card = try #require(answer["cards"]?.items?.first, "\(outcome)")
    (kill, proof) = (try #require(card["kill"]?.text), try #require(card["proof"]?.text))
  }
}

/// A folder with a note whose flag lives on a scripted platform, and the real executable that works on it.
final class PlatformWorld {
  static let token = LivePlatform.token

  let world: LiveWorld
  let environment: [String: String]
  private let platform: LivePlatform

  init(_ kind: TestedPlatform, path: String? = nil) throws {
    platform = try LivePlatform(kind)
    let address = kind.address(at: platform.place, path)
    let store = LiveWorld.plainNote.replacing("Store: file:flags.json", with: "Store: \(address)")
    world = try LiveWorld(note: kind == .posthog ? store.replacing("Unit: tenant", with: "Unit: user") : store)
    environment = ["ROLLOUT_STORE": address, kind.variable: Self.token]
    try put(["flags": [:]])
  }

  func start(_ words: [String], _ more: [String: String] = [:]) throws -> Binary.Outcome {
    let outcome = try world.start(words, environment: environment.merging(more) { $1 }).finish()
    #expect(!outcome.description.contains(Self.token), "\(outcome)")
    return outcome
  }

  func run(_ words: String...) throws -> Binary.Outcome { try start(words) }

  @discardableResult
  func done(_ words: String..., at place: SourceLocation = #_sourceLocation) throws -> Binary.Outcome {
    let outcome = try start(words)
    try #require(outcome.end == .status(0), "\(words.joined(separator: " ")): \(outcome)", sourceLocation: place)
    return outcome
  }

  func card(_ key: String) throws -> Card { try Card(done("doctor", "--card", "--format", "json", "--", key)) }

  /// As somebody would paste it, with the token in the environment.
  func shell(_ text: String, token: String = token) throws -> Binary.Outcome {
    try Tool.bash.run(["-c", text], in: world.folder, environment: [platform.kind.variable: token])
  }

  // MARK: The control port

  @discardableResult
  func tell(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil) throws -> JSON {
    try platform.tell(method, path, body)
  }

  func put(_ state: JSON) throws { try platform.put(state) }
  func fail(_ rules: [JSON]) throws { try tell(.post, "/faults", ["rules": .array(rules)]) }
  func flag(_ key: String) throws -> JSON { try platform.flag(key) }
  func isOff(_ key: String) throws -> Bool { platform.kind.isOff(try flag(key)) }
  func requests() throws -> [JSON] { try #require(try tell(.get, "/requests").items) }
}
