import Foundation
import Testing

/// A folder of `Tests/Fixtures` in which a suite keeps what must not change, one text a file.
struct Golden {
  /// Whether files are compared; with `ROLLOUTCTL_REGENERATE` they are written anew.
  static let isWritten = ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] == nil

  let folder: String
  /// The suite that writes them anew.
  let suite: String

  init(_ name: String, of suite: String) {
    folder = Repository.root.appendingPathComponent("Tests/Fixtures/\(name)").path
    self.suite = suite
  }

  func write(_ names: [String], _ text: (String) throws -> String) throws {
    try? FileManager.default.removeItem(atPath: folder)
    for name in names {
      let file = URL(filePath: "\(folder)/\(name)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text(name).utf8).write(to: file)
    }
  }

  /// The text is that of the file; otherwise it says where they part, behind the last line that `begins` something.
  func expect(_ text: String, in name: String, begins: (Substring) -> Bool) {
    let kept = FileManager.default.contents(atPath: "\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    guard kept != text else { return }
    let split = { (text: String) in text.split(separator: "\n", omittingEmptySubsequences: false) }
    let (old, new) = (split(kept ?? ""), split(text))
    let line = zip(old, new).prefix { $0 == $1 }.count
    Issue.record(
      """
      \(name) is stale at line \(line + 1), in \(new.prefix(line + 1).last(where: begins) ?? "")
      was: \(line < old.count ? old[line] : "the end")
      now: \(line < new.count ? new[line] : "the end")
      if that is meant: ROLLOUTCTL_REGENERATE=1 swift test --filter \(suite)
      """)
  }

  /// No other file is there.
  func expectOnly(_ names: [String]) throws {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }
    #expect(paths.sorted() == names.sorted())
  }
}
