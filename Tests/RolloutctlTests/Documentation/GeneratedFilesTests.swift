import Foundation
import Testing

@testable import rolloutctl

/// Man pages and completions in the repository are what the table makes of them.
///
/// `ROLLOUTCTL_REGENERATE=1 swift test --filter GeneratedFiles` writes them anew.
@Suite(.serialized) struct GeneratedFilesTests {
  private static let files = GeneratedFiles(table: .rolloutctl).all

  @Test(.enabled(if: ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] != nil))
  func regenerate() throws {
    for (path, text) in Self.files {
      let file = Repository.root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    for path in try Self.committed() where !Self.files.contains(where: { $0.path == path }) {
      try FileManager.default.removeItem(at: Repository.root.appendingPathComponent(path))
    }
  }

  @Test(arguments: files.map(\.path))
  func committedFileIsTheGeneratedOne(path: String) throws {
    let text = try #require(Self.files.first { $0.path == path }?.text)
    // Not compared inside the expectation: its message would hold both files.
    let same = try Repository.text(path) == text
    #expect(same, "\(path) is stale: ROLLOUTCTL_REGENERATE=1 swift test --filter GeneratedFiles")
  }

  @Test func nothingElseIsThere() throws {
    #expect(try Self.committed().sorted() == Self.files.map(\.path).sorted())
  }

  private static func committed() throws -> [String] {
    try ["man", "completions"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: Repository.root.appendingPathComponent(folder).path)
        .map { "\(folder)/\($0)" }
    }
  }
}
