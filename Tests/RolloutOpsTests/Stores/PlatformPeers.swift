import Foundation
import Testing

@testable import RolloutOps

/// Platforms' SDKs of other languages, where `$ROLLOUTCTL_PEERS` names a folder with them: each decides many flags for many
/// contexts in one process.
enum PlatformPeers {
  static let folder = ProcessInfo.processInfo.environment["ROLLOUTCTL_PEERS"]
  static let reason: Comment = "ROLLOUTCTL_PEERS names no folder with the platforms' SDKs of other languages"
  static var areWanted: Bool {
    folder.map { FileManager.default.isExecutableFile(atPath: "\($0)/go-platforms") } ?? false
  }

  /// How each language is started; Java where there is one.
  static let languages: [(name: String, words: [String])] = {
    let place = folder ?? ""
    let java = ["java", "-cp", "\(place)/java-platforms/*:\(place)/java-platforms", "Read"]
    let hasJava = ["/usr/bin/java", "/usr/local/bin/java"].contains { FileManager.default.isExecutableFile(atPath: $0) }
    return [("Go", ["\(place)/go-platforms"]), ("Node", ["\(place)/node", "\(place)/node-platforms.mjs"])]
      + (hasJava ? [("Java", java)] : [])
  }()

  /// One flag as one language is to read it.
  struct Job {
    let flag: String
    var mode: String
    var tier: String?
    var hasVariants = false
    /// What the answers are filed under, where one flag is read more than once.
    var name: String?
    /// What it is read from, where that is not the same for all.
    var document: JSON?
    var place: String?
  }

  /// What a program says, on either of its outputs.
  static func run(_ words: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: said, as: UTF8.self)
  }

  /// What the SDK says of each flag, context by context. `document` is what SDKs download, or nil for those that ask `place`.
  static func ask(
    _ words: [String], _ platform: String, _ jobs: [Job], _ contexts: [JSON], document: JSON?, place: String
  ) throws -> [String: [String]] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rolloutctl-peers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = { (name: String) in folder.appending(path: name).path }
    func put(_ json: JSON, _ name: String) throws {
      try Data(json.written(.compact).utf8).write(to: folder.appending(path: name))
    }
    if let document { try put(document, "document.json") }
    try put(.array(contexts), "contexts.json")
    let list = try jobs.enumerated().map { number, job in
      let file = job.document == nil ? "document.json" : "document-\(number).json"
      if let document = job.document { try put(document, file) }
      return JSON.object([
        JSON.Member("id", .string(job.name ?? job.flag)), JSON.Member("flag", .string(job.flag)),
        JSON.Member("file", .string(path(file))), JSON.Member("url", .string(job.place ?? place)),
        JSON.Member("mode", .string(job.mode)), JSON.Member("tier", job.tier.map(JSON.string) ?? .null),
        JSON.Member("variants", .bool(job.hasVariants)),
      ])
    }
    try put(.array(list), "jobs.json")
    let said = try run(words + [path("jobs.json"), path("out.json"), platform, path("contexts.json")])
    let out = try? JSON.parse(Array(Data(contentsOf: folder.appending(path: "out.json"))))
    let answers = try #require(out?.members, "\(words[0]): \(said.suffix(1000))")
    return Dictionary(
      uniqueKeysWithValues: try answers.map { member in
        let items = try #require(member.value.items, "\(words[0]), \(member.name): \(member.value.written())")
        return (member.name, items.compactMap(\.text))
      })
  }
}
