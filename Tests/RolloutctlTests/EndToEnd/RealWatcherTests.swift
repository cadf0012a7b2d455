import Foundation
import Testing

/// Kills and restores in a row before the eyes of applications that run on: a real OpenFeature provider of each language
/// watches one flag file, each in its own way.
@Suite(.serialized, .waits, .enabled(if: RealWatchers.areWanted, RealWatchers.reason)) struct RealWatcherTests {
  private static let note = LiveWorld.plainNote
    .replacing(
      "Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s", with: "Schedule: 100% 0s")
  private static let off =
    #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#

  /// Three rounds, or as many as somebody asks for by hand.
  private static let rounds = ProcessInfo.processInfo.environment["ROLLOUTCTL_WATCH_ROUNDS"].flatMap(Int.init) ?? 3

  /// Who compares times must see a change also where the file's time lies ahead.
  @Test(arguments: [0, 3600]) func everybodySeesEveryKillAndRestore(ahead: Double) throws {
    let world = try LiveWorld(note: Self.note, flags: #"{"flags": {"ai-summary": \#(Self.off)}}"#)
    let time = Date(timeIntervalSinceNow: ahead)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: world.folder.path("flags.json"))
    let readers = try JSONSerialization.data(withJSONObject: RealWatchers.readers)
    let outcome = try Binary.run(
      [
        Live.script("watchers.py"), String(decoding: readers, as: UTF8.self), LiveWorld.note,
        world.folder.path("flags.json"), try #require(Binary.path), "\(Self.rounds)",
      ], in: world.folder, within: 60 + 30 * Self.rounds, program: Tool.python.path)
    try #require(outcome.end == .status(0), "\(outcome)")
    let times = try JSONDecoder().decode([String: [Double?]].self, from: Data(outcome.output.utf8))
    #expect(times.count == RealWatchers.readers.count)
    for (name, seen) in times.sorted(by: { $0.key < $1.key }) {
      print("\(name), time \(Int(ahead)) s ahead, saw after \(seen.map { Int($0 ?? -1) }) ms")
      #expect(seen.count == 2 * Self.rounds + 2 && seen.allSatisfy { $0 != nil }, "\(name): \(seen)")
    }
    try world.verify()
  }
}

/// The readers of other languages, where somebody has unpacked them.
enum RealWatchers {
  static let readers: [String: [String]] = {
    var readers: [String: [String]] = [:]
    if Live.hasFlagsPython { readers["python"] = [Live.flagsPython, Live.script("reader.py")] }
    guard let peers = ProcessInfo.processInfo.environment["ROLLOUTCTL_PEERS"] else { return readers }
    let isThere = { (name: String) in FileManager.default.fileExists(atPath: "\(peers)/\(name)") }
    if isThere("go-flagd") { readers["go"] = ["\(peers)/go-flagd"] }
    if isThere("node-flagd.mjs") { readers["node"] = ["\(peers)/node", "\(peers)/node-flagd.mjs"] }
    if isThere("java-flagd") {
      if let java = Tool(name: "java").path {
        readers["java"] = [java, "-cp", "\(peers)/java-flagd/*:\(peers)/java-flagd", "Rdr"]
      } else {
        print("no java: its reader of flag files is left out")
      }
    }
    return readers
  }()
  static let reason: Comment = "no readers: neither ROLLOUTCTL_PEERS nor a virtual environment has any"
  static var areWanted: Bool { !readers.isEmpty || Live.isRequired }
}
