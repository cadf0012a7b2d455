import Foundation
import Testing

@testable import RolloutOps

/// Whole rollouts as text, and the journals that they leave, byte for byte: `Tests/Fixtures/rollouts`. Whoever changes a
/// decision or a byte sees it there.
///
/// `ROLLOUTCTL_REGENERATE=1 swift test --filter Transcript` writes them anew.
@Suite(.serialized) struct TranscriptTests {
  private static let folder = Path.tidied(Path.joined(Path.folder(of: "\(#filePath)"), "../../../Fixtures/rollouts"))

  private static func files(_ name: String) throws -> [(file: String, text: String)] {
    let play = try #require(PlayedRollouts.all.first { $0.name == name }?.play)
    let told = try play()
    return [("\(name).txt", try told.text()), ("\(name).journal", told.journal)]
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] != nil))
  func regenerate() throws {
    try? FileManager.default.removeItem(atPath: Self.folder)
    try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
    for rollout in PlayedRollouts.all {
      for (file, text) in try Self.files(rollout.name) {
        try Data(text.utf8).write(to: URL(filePath: Self.folder + "/" + file))
      }
    }
  }

  @Test(arguments: PlayedRollouts.all.map(\.name))
  func theRolloutGoesAsItIsWritten(name: String) throws {
    for (file, text) in try Self.files(name) {
      let kept = FileManager.default.contents(atPath: Self.folder + "/" + file).map {
        String(decoding: $0, as: UTF8.self)
      }
      guard kept != text else { continue }
      let (old, new) = (kept?.split(separator: "\n") ?? [], text.split(separator: "\n"))
      let line = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }
      let place = line.map { "line \($0.offset + 1) of what is not empty: \($0.element.1)" } ?? "its length"
      Issue.record(
        "\(file) is stale at \(place); if that is meant: ROLLOUTCTL_REGENERATE=1 swift test --filter Transcript")
    }
  }

  @Test func nothingElseIsThere() throws {
    let names = PlayedRollouts.all.flatMap { ["\($0.name).txt", "\($0.name).journal"] }
    #expect(try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() == names.sorted())
  }

  /// A rollout reads the journals that earlier versions left: their chain holds, and each entry is understood.
  @Test(arguments: PlayedRollouts.all.map(\.name))
  func everyKeptJournalIsRead(name: String) throws {
    let bytes = try #require(FileManager.default.contents(atPath: Self.folder + "/\(name).journal"))
    let files = MemoryFiles()
    files.put(World.journal, Array(bytes))
    let reading = try Journal(path: World.journal, flag: World.key, files: files).read()
    #expect(reading.torn.isEmpty)
    #expect(Progress(reading.entries).notUnderstood.isEmpty)
  }
}
