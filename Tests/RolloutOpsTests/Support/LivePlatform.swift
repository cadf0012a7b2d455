import Foundation
import Testing

@testable import RolloutOps

/// A scripted hosted platform, asked through the real libcurl, with its control port (Tests/Live/platforms).
final class LivePlatform: Sendable {
  static let token = "planted-platform-token"

  let http = CurlHTTP()
  private let server: LiveServer
  let api: Int
  private let control: Int

  init(_ name: String, _ options: String...) throws {
    server = try LiveServer("platforms/\(name)_server.py", ["--token", Self.token] + options)
    (api, control) = (try server.port("port"), try server.port("control"))
  }

  var place: String { "http://127.0.0.1:\(api)" }
  var controlPlace: String { "http://127.0.0.1:\(control)" }

  // MARK: The control port

  @discardableResult
  private func tell(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil) throws -> JSON {
    var request = HTTPRequest(method, try WebAddress("http://127.0.0.1:\(control)\(path)"))
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
    let body: JSON
    let headers: JSON
    let isAuthorized: Bool
    let connection: Int
  }

  func requests() throws -> [Asked] {
    try #require(try tell(.get, "/requests").items).map { entry in
      Asked(
        method: entry["method"]?.text ?? "", path: entry["path"]?.text ?? "", body: entry["body"] ?? .null,
        headers: entry["headers"] ?? .null, isAuthorized: entry["authorized"]?.truth ?? false,
        connection: entry["connection"]?.integer ?? 0)
    }
  }

  /// `["GET /path", …]`.
  func asked() throws -> [String] { try requests().map { "\($0.method) \($0.path)" } }

  // MARK: A world around it

  /// Everything in memory but the platform.
  func world(_ note: String, variable: String, store: String) -> World {
    let world = World(note: note, server: http)
    world.variables.withLock { $0 = [variable: "\(Self.token)\n", "ROLLOUT_STORE": store] }
    return world
  }
}

/// An application that decides with a platform's real SDK (Tests/Live/platforms): a line asks, a line answers.
final class SDKReader {
  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())
  private var pending = Data()

  init(_ platform: String, _ arguments: [String]) throws {
    process.executableURL = URL(filePath: PlatformServerTests.python)
    let script = PlatformServerTests.package.path + "/Tests/Live/platforms/\(platform)_reader.py"
    process.arguments = ["-X", "utf8", script] + arguments
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    _ = line()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func line() -> String {
    while true {
      if let newline = pending.firstIndex(of: 0x0A) {
        defer { pending = Data(pending[(newline + 1)...]) }
        return String(decoding: pending[..<newline], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return String(decoding: pending, as: UTF8.self) }
      pending.append(more)
    }
  }

  func ask(_ question: JSON) throws -> JSON {
    try input.fileHandleForWriting.write(contentsOf: Data((question.written() + "\n").utf8))
    return try JSON.parse(line())
  }

  /// What every context that was loaded gets, once the SDK knows of that change.
  func variants(_ flag: String, until version: Int) throws -> [JSON] {
    let answer = try ask(["flag": .string(flag), "until": .number(version)])
    return try #require(answer["variants"]?.items, "\(answer.written())")
  }

  /// The same of a dynamic configuration: the object that each is given.
  func values(_ name: String, until version: Int) throws -> [JSON] {
    let answer = try ask(["config": .string(name), "until": .number(version)])
    return try #require(answer["variants"]?.items, "\(answer.written())")
  }
}
