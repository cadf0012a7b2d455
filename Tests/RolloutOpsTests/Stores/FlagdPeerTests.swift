import Foundation
import Testing

@testable import RolloutOps

/// Flag files as the flagd providers for Go, Node and Java read them; a whole life of a rollout is in `RolloutLifeTests`.
@Suite(.enabled(if: FlagdPeers.areWanted, FlagdPeers.reason)) struct FlagdPeerTests {
  /// As earlier versions guarded it, a rule is still ours, and the next change writes it so that nobody fails at it.
  @Test func whatAnEarlierVersionWroteIsOursAndMended() throws {
    let folder = try RealReaderTests.Folder()
    let store = folder.store(#"{"flags":{}}"#)
    let key = FlagKey("ai-summary")
    let exposure = Exposure(
      grants: [
        Grant(cohort: .equals(attribute: "plan", AttributeValue("paid")), share: .whole),
        Grant(cohort: nil, share: Percentage(percent: 25)),
      ], exclusions: [.equals(attribute: "tier", AttributeValue("stable"))])
    let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
    let flag = Flag(variants: Variants.boolean.all, serving: .split(split), mark: Flag.Mark(stage: "25%"))
    _ = try store.write(flag, replacing: store.read(key), urgency: .ordinary)
    let (new, old) = (
      #"{"starts_with": [{"var": "tenant"}, ""]}"#, #"{"===": [{"cat": [{"var": "tenant"}]}, {"var": "tenant"}]}"#
    )
    let text = try String(contentsOfFile: folder.file, encoding: .utf8)
    try #require(text.contains(new))
    try text.replacing(new, with: old).write(toFile: folder.file, atomically: true, encoding: .utf8)
    let reading = try store.read(key)
    #expect(reading.flag == flag)
    let go = try #require(FlagdPeers.languages.first { $0.name == "Go" })
    let odd: [JSON] = [["tenant": true], ["tenant": ["a"]], ["tenant": ["a": 1]]]
    #expect(try FlagdPeers.ask(go, folder.path, key, odd) == ["PARSE_ERROR", "PARSE_ERROR", "PARSE_ERROR"])
    _ = try store.write(flag, replacing: reading, urgency: .ordinary)
    #expect(try FlagdPeers.ask(go, folder.path, key, odd) == ["off", "off", "off"])
  }
}

/// Readers of flag files in other languages, where they are unpacked.
enum FlagdPeers {
  struct Language: Sendable, CustomTestStringConvertible {
    let name: String
    let words: [String]
    let hash: FlagHash
    var testDescription: String { name }
  }

  static let reason: Comment = "ROLLOUTCTL_PEERS names no folder with flagd's providers for other languages"
  static var areWanted: Bool {
    PlatformPeers.folder.map { FileManager.default.isExecutableFile(atPath: "\($0)/go-flagd") } ?? false
  }

  /// Java where there is one.
  static let languages: [Language] = {
    let place = PlatformPeers.folder ?? ""
    let java = ["java", "-cp", "\(place)/java-flagd/*:\(place)/java-flagd", "Rdr"]
    let hasJava = ["/usr/bin/java", "/usr/local/bin/java"].contains { FileManager.default.isExecutableFile(atPath: $0) }
    return [
      Language(name: "Go", words: ["\(place)/go-flagd"], hash: .v2),
      Language(name: "Node", words: ["\(place)/node", "\(place)/node-flagd.mjs"], hash: .v2),
    ] + (hasJava ? [Language(name: "Java", words: java, hash: .v1)] : [])
  }()

  /// The variant that each context is served, or the error.
  static func ask(
    _ language: Language, _ folder: String, _ key: FlagKey, _ contexts: [JSON], file: String = "flags.json"
  ) throws -> [String] {
    let path = { (name: String) in "\(folder)/\(name)" }
    try Data(JSON.array(contexts).written(.compact).utf8).write(to: URL(filePath: path("contexts.json")))
    let said = try PlatformPeers.run(
      language.words + ["eval", "file", path(file), key.text, "bool", path("contexts.json"), path("out.json")])
    let out = try? JSON.parse(Array(Data(contentsOf: URL(filePath: path("out.json")))))
    let answers = try #require(out?.items, "\(language.name): \(said.suffix(1000))")
    try #require(answers.count == contexts.count)
    return answers.map { $0["v"]?.text ?? $0["e"]?.text ?? "?" }
  }
}
