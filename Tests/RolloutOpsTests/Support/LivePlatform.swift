import Foundation
import Testing

@testable import RolloutOps

/// A scripted hosted platform, asked through the real libcurl, with its control port (Tests/Live/platforms).
final class LivePlatform: Sendable {
  static let token = "planted-platform-token"

  let kind: TestedPlatform
  let http = CurlHTTP()
  private let server: LiveServer
  let api: Int
  private let control: Int

  init(_ kind: TestedPlatform, _ options: String...) throws {
    self.kind = kind
    server = try LiveServer("platforms/\(kind.rawValue)_server.py", ["--token", Self.token] + options)
    (api, control) = (try server.port("port"), try server.port("control"))
  }

  var place: String { "http://127.0.0.1:\(api)" }
  var address: String { kind.address(at: place) }
  var controlPlace: String { "http://127.0.0.1:\(control)" }

  // MARK: The control port

  @discardableResult
  func tell(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil) throws -> JSON {
    var request = HTTPRequest(method, try WebAddress("\(controlPlace)\(path)"))
    request.body = body.map { Array($0.written().utf8) }
    return try JSON.parse(http.answer(to: request).body)
  }

  /// A new world without faults, and without requests so far.
  func put(_ state: JSON) throws {
    try tell(.post, "/faults", ["rules": []])
    try tell(.put, "/state", state)
    try forget()
  }

  func state() throws -> JSON { try tell(.get, "/state") }
  /// What the platform's SDKs download.
  func sdk() throws -> JSON { try tell(.get, "/sdk") }
  func flag(_ key: String) throws -> JSON { try #require(try state()["flags"]?[key]) }
  func forget() throws { try tell(.delete, "/requests") }

  /// Somebody changes a flag by hand.
  func edit(_ key: String, _ change: JSON) throws {
    try tell(.post, "/edit", ["flag": .string(key), "change": change])
  }

  func edit(_ edit: JSON) throws { try tell(.post, "/edit", edit) }

  func fail(_ rules: JSON...) throws { try tell(.post, "/faults", ["rules": .array(rules)]) }

  struct Asked {
    let method: String
    let path: String
    let query: JSON
    let body: JSON
    let headers: JSON
    let isAuthorized: Bool
    let connection: Int
    /// What it was answered, or nothing.
    let status: Int?
  }

  func requests() throws -> [Asked] {
    try #require(try tell(.get, "/requests").items).map { entry in
      Asked(
        method: entry["method"]?.text ?? "", path: entry["path"]?.text ?? "", query: entry["query"] ?? [:],
        body: entry["body"] ?? .null, headers: entry["headers"] ?? .null,
        isAuthorized: entry["authorized"]?.truth ?? false,
        connection: entry["connection"]?.integer ?? 0, status: entry["status"]?.integer)
    }
  }

  /// `["GET /path", …]`.
  func asked() throws -> [String] { try requests().map { "\($0.method) \($0.path)" } }

  /// What has been asked since the last time, as `PATCH …/strategies/s1`, with `cut` taken off each path's front.
  func asked(without cut: String) throws -> [String] {
    defer { try? forget() }
    return try requests().map { asked in
      let path = asked.path.hasPrefix(cut) ? "…" + asked.path.dropFirst(cut.count) : asked.path
      return "\(asked.method) \(path)"
    }
  }
}
