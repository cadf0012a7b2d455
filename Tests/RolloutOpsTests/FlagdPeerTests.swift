import Foundation
import Testing

@testable import RolloutOps

/// A rollout in a flag file, as the flagd providers for Go, Node and Java read it, stage by stage: whom the note means is in
/// and nobody else, nobody is lost between stages, and a kill is seen by all.
@Suite(.serialized, .enabled(if: FlagdPeers.areWanted, FlagdPeers.reason)) struct FlagdPeerTests {
  /// Flat ones: what stands inside an object these readers are not given.
  private static let contexts: [JSON] = {
    let flat = RealReaderTests.contexts.filter { $0["user"] == nil && $0["user.plan"] == nil }
    let count = ProcessInfo.processInfo.environment["ROLLOUTCTL_CONTEXTS"].flatMap(Int.init) ?? 150
    return Array(flat.prefix(count))
  }()

  private static func equals(_ attribute: String, _ text: String) -> Selector {
    RealReaderTests.equals(attribute, text)
  }

  /// Each lets in whoever the one before does, and more.
  private static let stages: [(name: String, exposure: Exposure)] = {
    let paid = equals("plan", "paid")
    let named = Selector.oneOf(attribute: "tenant", [AttributeValue("t-1"), AttributeValue("Ünit 50 🚀")])
    let grown = Selector.all([.not(paid), equals("seats", "5")])
    let whole = [named, equals("beta", "true"), grown].map { Grant(cohort: $0, share: .whole) }
    let stable = [equals("tier", "stable")]
    func some(_ micro: Int) -> Grant { Grant(cohort: nil, share: Percentage(micro: micro)) }
    return [
      ("cohorts", Exposure(grants: whole, exclusions: stable)),
      ("0.5%", Exposure(grants: whole + [some(500_000)], exclusions: stable)),
      ("25%", Exposure(grants: whole + [some(25_000_000)], exclusions: stable)),
      ("100%", Exposure(grants: [Grant(cohort: nil, share: .whole)], exclusions: stable)),
    ]
  }()

  @Test(arguments: FlagdPeers.languages) func everyStageLetsInWhomTheNoteMeans(language: FlagdPeers.Language) throws {
    let folder = try RealReaderTests.Folder()
    let store = folder.store(#"{"flags":{}}"#)
    let key = FlagKey("ai-summary")
    func write(_ serving: Serving, killed: Bool = false) throws -> [String] {
      let flag = Flag(variants: Variants.boolean.all, serving: serving, mark: Flag.Mark(killed: killed))
      _ = try store.write(flag, replacing: store.read(key), urgency: killed ? .kill : .ordinary)
      return try FlagdPeers.ask(language, folder.path, key, Self.contexts)
    }
    var before: Set<Int> = []
    var table: [String] = []
    for (name, exposure) in Self.stages {
      let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
      let served = try write(.split(split))
      var wrong: [String] = []
      for (context, variant) in zip(Self.contexts, served) {
        // Node hashes other letters than those of ASCII in a way of its own.
        let isShared = exposure.grants.contains { $0.cohort == nil && !$0.share.isWhole }
        if language.name == "Node", isShared, context["tenant"]?.text?.utf8.contains(where: { $0 > 127 }) == true {
          continue
        }
        let isIn = Membership(of: context, in: split, flag: key, hash: language.hash).isIn
        if variant != (isIn ? "on" : "off") { wrong.append("\(context.written(.compact)) gets \(variant)") }
      }
      #expect(wrong == [], "\(language.name), \(name)")
      let inside = Set(served.indices.filter { served[$0] == "on" })
      #expect(before.subtracting(inside) == [], "\(language.name), \(name): somebody was lost")
      table.append("\(name) \(inside.count)")
      before = inside
    }
    #expect(Set(try write(.everyone("off"), killed: true)) == ["off"], "\(language.name) sees the kill")
    print("flagd by \(language.name), of \(Self.contexts.count): \(table.joined(separator: ", ")), killed 0")
  }

  /// As earlier versions guarded it, a rule is still ours, and the next change writes it so that nobody fails at it.
  @Test func whatAnEarlierVersionWroteIsOursAndMended() throws {
    let folder = try RealReaderTests.Folder()
    let store = folder.store(#"{"flags":{}}"#)
    let key = FlagKey("ai-summary")
    let split = Split(exposure: Self.stages[2].exposure, unit: "tenant", canary: "on", control: "off")
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
  static func ask(_ language: Language, _ folder: String, _ key: FlagKey, _ contexts: [JSON]) throws -> [String] {
    let path = { (name: String) in "\(folder)/\(name)" }
    try Data(JSON.array(contexts).written(.compact).utf8).write(to: URL(filePath: path("contexts.json")))
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      language.words + ["eval", "file", path("flags.json"), key.text, "bool", path("contexts.json"), path("out.json")]
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let out = try? JSON.parse(Array(Data(contentsOf: URL(filePath: path("out.json")))))
    let answers = try #require(out?.items, "\(language.name): \(String(decoding: said.suffix(1000), as: UTF8.self))")
    try #require(answers.count == contexts.count)
    return answers.map { $0["v"]?.text ?? $0["e"]?.text ?? "?" }
  }
}
