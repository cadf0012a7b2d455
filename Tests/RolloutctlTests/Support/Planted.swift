import Foundation
import Testing

/// Secrets that tests hand to the program and to scripted servers. All of them begin alike, so that whoever looks for one
/// finds any of them, wherever it got to: every run of the program and every folder of a test is looked through.
enum Planted {
  static let mark = "planted-"
  static let platformToken = mark + "platform-token"
  static let password = mark + "password"

  /// The test that runs now, for people.
  static var who: String { Test.current.map { "\($0.name) (\($0.sourceLocation.fileID))" } ?? "a test" }

  /// What a program printed.
  static func look(into outcome: Binary.Outcome, of words: [String], for who: String = who) {
    for (name, text) in [("output", outcome.output), ("errors", outcome.errors)] where text.contains(mark) {
      let line = text.split(separator: "\n").first { $0.contains(mark) } ?? ""
      Issue.record("a secret is in the \(name) of \(words.joined(separator: " ")), run by \(who): \(line)")
    }
  }

  /// Every file below a folder, and every name.
  static func look(below folder: String, of who: String) {
    let wanted = Data(mark.utf8)
    for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
      let path = "\(folder)/\(name)"
      let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
      let text = type == .typeRegular ? try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) : nil
      guard name.contains(mark) || text?.range(of: wanted) != nil else { continue }
      Issue.record("a secret is in \(name), in a folder of \(who)")
    }
  }
}
