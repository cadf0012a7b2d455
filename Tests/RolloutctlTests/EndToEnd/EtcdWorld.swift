import Foundation
import Testing

@testable import RolloutOps

/// A folder with a note whose flag lives in a real etcd of its own, and the real executable that works on it.
final class EtcdWorld {
  static let etcd = Tool(name: "etcd")
  static let isWanted = etcd.isWanted && Tool.python.isWanted
  static let reason: Comment = "etcd is not installed here"

  /// The distribution's, and a newer one where somebody has unpacked it.
  static let programs: [String] = {
    let peers = ProcessInfo.processInfo.environment["ROLLOUTCTL_PEERS"].map { "\($0)/etcd" }
    return ["etcd"] + [peers].compactMap(\.self).filter { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  let cluster: LiveServer
  let world: LiveWorld
  let ports: [Int]
  /// What the store is called in the note.
  let address: String
  let control: Control

  /// `sharing` is somebody else's view of the same cluster: another folder, as on another machine.
  init(
    members: Int = 1, auth: Bool = true, sharing other: EtcdWorld? = nil, program: String = "etcd",
    _ options: String...
  ) throws {
    _ = try #require(Self.etcd.path, Self.reason)
    let arguments = ["\(members)", "--etcd=\(program)"] + (auth ? ["--auth"] : []) + options
    cluster = try other?.cluster ?? LiveServer("etcd_cluster.py", arguments)
    control = Control(port: try cluster.port("control"))
    ports = try #require(cluster.facts["clients"]?.items).compactMap(\.integer)
    let learner = try options.contains("--learner") ? [cluster.port("learner")] : []
    address = Self.address(learner + ports)
    world = try LiveWorld(note: LiveWorld.plainNote.replacing("Store: file:flags.json", with: "Store: \(address)"))
  }

  static func address(_ ports: [Int]) -> String {
    "etcd+http://" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",") + "/prod"
  }

  /// The store itself, as a command opens it.
  func store(_ http: any HTTP = CurlHTTP(), within seconds: Int = 30) throws -> any FlagStore {
    let surroundings = Surroundings(
      variables: ["ETCD_USERNAME": "root", "ETCD_PASSWORD": Planted.password], workingFolder: "/", actor: "maya",
      host: "box", process: 7)
    let context = Context(
      clock: SystemClock(), files: POSIXFiles(), http: http, output: StandardOutput(), surroundings: surroundings)
    let terms = StoreTerms(root: "/").until(context.clock.now() + TimeSpan(seconds: seconds))
    return try StoreAddress(address).opening(from: "/", terms, context)
  }

  func put(_ key: String, _ flag: JSON) throws { try control("/put", "/prod/\(key)\n\(flag.written(.compact))") }

  var environment: [String: String] {
    [
      "ROLLOUT_STORE": address, "ETCD_USERNAME": "root", "ETCD_PASSWORD": Planted.password,
    ]
  }

  func start(_ words: [String], actor: String = "maya") throws -> Binary.Running {
    try world.start(words, actor: actor, environment: environment)
  }

  func run(_ words: String..., actor: String = "maya") throws -> Binary.Outcome {
    try start(words, actor: actor).finish()
  }

  @discardableResult
  func done(_ words: String..., at place: SourceLocation = #_sourceLocation) throws -> Binary.Outcome {
    let outcome = try start(words).finish()
    try #require(outcome.end == .status(0), "\(words.joined(separator: " ")): \(outcome)", sourceLocation: place)
    return outcome
  }

  // MARK: Without any code of ours but the request

  /// The door to `etcd_cluster.py` itself.
  struct Control: Sendable {
    let port: Int
    private let http = CurlHTTP()

    init(port: Int) { self.port = port }

    @discardableResult
    func callAsFunction(_ path: String, _ body: String = "") throws -> JSON {
      var request = HTTPRequest(.post, try WebAddress("http://127.0.0.1:\(port)\(path)"))
      (request.body, request.limits.totalMilliseconds) = (Array(body.utf8), 120_000)
      let answer = try http.answer(to: request)
      try #require(answer.status == 200, "\(path) \(body.prefix(300)): \(answer.text)")
      return try JSON.parse(answer.body)
    }
  }

  func flag() throws -> JSON {
    let text = try #require(try control("/get", "/prod/ai-summary")["/prod/ai-summary"]?.text, "no flag in etcd")
    return try JSON.parse(text)
  }

  var mark: String? { get throws { try flag()["metadata"]?["rolloutctl"]?.text } }
  var stage: String? { get throws { try flag()["metadata"]?["rolloutctl.stage"]?.text } }

  /// The journal's lines, put together from its pieces; each begins where the one before it ends.
  func entries() throws -> [JSON] {
    let prefix = "/prod.rollout/ai-summary.journal@"
    let pieces = (try control("/get", prefix).members ?? []).sorted { $0.name < $1.name }
    var text = ""
    for piece in pieces {
      #expect(Int(piece.name.dropFirst(prefix.count)) == text.utf8.count, "\(piece.name)")
      text += piece.value.text ?? ""
    }
    return try text.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
  }

  /// The names of the stages that moves have entered, in order.
  func entered() throws -> [String] {
    try entries().filter { $0["outcome"]?.text == "done" && $0["action"]?.text != "attest" }
      .compactMap { $0["to"]?["name"]?.text }
  }

  /// What the journal says last of the flag, against what the flag says of itself.
  func agree(at place: SourceLocation = #_sourceLocation) throws {
    let moves = try entries().filter { $0["outcome"]?.text == "done" && $0["to"] != nil }
    #expect(try !entries().contains { $0["outcome"]?.text == "undone" }, sourceLocation: place)
    guard let to = moves.last?["to"] else { return }
    let flag = try flag()
    if to["killed"] != nil {
      #expect(flag["metadata"]?["rolloutctl"]?.text == "killed", sourceLocation: place)
    } else if let name = to["name"]?.text {
      #expect(flag["metadata"]?["rolloutctl.stage"]?.text == name, sourceLocation: place)
    }
  }
}
