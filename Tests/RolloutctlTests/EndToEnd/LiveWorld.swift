import Foundation
import Testing

/// A folder with a note, a flag file and whatever the real executable makes of them.
final class LiveWorld {
  let folder: TemporaryFolder

  static let note = "notes/summary.md"
  static let journalPath = "flags.json.rollout/ai-summary.journal"

  /// Four stages without soak or review, so that no test needs a clock.
  static let plainNote = (try? Repository.text("Tests/Fixtures/summary.md")) ?? "there is no Tests/Fixtures/summary.md"

  init(note: String = plainNote, flags: String = "{\n  \"flags\": {}\n}\n") throws {
    folder = try TemporaryFolder()
    try folder.write(Self.note, note)
    try folder.write("flags.json", flags)
    // Nothing above this folder is looked into.
    try folder.write(".git/HEAD", "ref: refs/heads/main\n")
  }

  func run(_ words: String..., actor: String = "maya", environment: [String: String] = [:]) throws -> Binary.Outcome {
    try start(words, actor: actor, environment: environment).finish()
  }

  func start(_ words: [String], actor: String = "maya", environment: [String: String] = [:]) throws -> Binary.Running {
    try Binary.start(words, in: folder, environment: environment.merging(["ROLLOUT_ACTOR": actor]) { $1 })
  }

  /// Runs it and expects exit 0.
  @discardableResult
  func done(
    _ words: String..., actor: String = "maya", at place: SourceLocation = #_sourceLocation
  ) throws -> Binary.Outcome {
    let outcome = try start(words, actor: actor).finish()
    try #require(outcome.end == .status(0), "\(words.joined(separator: " ")): \(outcome)", sourceLocation: place)
    return outcome
  }

  /// Past the gates that only people can see, into this stage.
  @discardableResult
  func enter(_ stage: String, _ note: String = note, at place: SourceLocation = #_sourceLocation) throws
    -> Binary.Outcome
  {
    _ = try run("attest", note, "gates", "--evidence", "looked at the dashboard")
    _ = try run("attest", note, "review", "--evidence", "read fifty samples", actor: "lee")
    return try done("promote", note, "--to", stage, at: place)
  }

  // MARK: What is on the disk, read without any code of ours

  func flag(_ key: String = "ai-summary", in file: String = "flags.json") throws -> [String: Any] {
    let document = try #require(try Self.object(folder.read(file)))
    return try #require((document["flags"] as? [String: Any])?[key] as? [String: Any], "no flag \(key)")
  }

  func isKilled(_ key: String = "ai-summary", in file: String = "flags.json") throws -> Bool {
    let flag = try flag(key, in: file)
    let mark = (flag["metadata"] as? [String: Any])?["rolloutctl"] as? String
    return mark == "killed" && flag["targeting"] == nil
  }

  /// The journal's lines; each must be one whole object.
  func entries(_ path: String = journalPath) throws -> [[String: Any]] {
    guard folder.has(path) else { return [] }
    let text = try folder.read(path)
    try #require(text.hasSuffix("\n"), "the last line is torn")
    return try text.split(separator: "\n").map { try #require(try Self.object(String($0))) }
  }

  /// The names of the stages that moves have entered, in order.
  func entered(_ path: String = journalPath) throws -> [String] {
    try entries(path).filter { $0["outcome"] as? String == "done" && $0["action"] as? String != "attest" }
      .compactMap { ($0["to"] as? [String: Any])?["name"] as? String }
  }

  func verify(at place: SourceLocation = #_sourceLocation) throws {
    try done("history", "--verify", at: place)
  }

  /// Every file with its bytes and modification time; locks are empty files that stay.
  func snapshot() throws -> [String: String] {
    var found: [String: String] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: folder.path) ?? .init() {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
      guard attributes[.type] as? FileAttributeType == .typeRegular, !name.hasSuffix("lock") else { continue }
      let size = attributes[.size] as? Int ?? 0
      let text = size < 1 << 20 ? try folder.read(name) : ""
      found[name] = "\(attributes[.modificationDate] ?? "") \(size) \(text)"
    }
    return found
  }

  static func object(_ text: String) throws -> [String: Any]? {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
  }
}

/// Programs and environments that live tests need; `ROLLOUTCTL_LIVE=required` makes a missing one a failure.
enum Live {
  static let isRequired = ProcessInfo.processInfo.environment["ROLLOUTCTL_LIVE"] == "required"

  /// The Python that has the flagd provider, from Tests/Live/requirements.txt.
  static let flagsPython: String = {
    let given = ProcessInfo.processInfo.environment["ROLLOUTCTL_VENV"] ?? ".venv/flags"
    return URL(filePath: given, relativeTo: Repository.root).path + "/bin/python"
  }()

  static let hasFlagsPython = FileManager.default.isExecutableFile(atPath: flagsPython)
  static let flagsReason: Comment = "no virtual environment with the flagd provider: see Tests/Live/requirements.txt"

  static func script(_ name: String) -> String { Repository.root.appendingPathComponent("Tests/Live/\(name)").path }
}
