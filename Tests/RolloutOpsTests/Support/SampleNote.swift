@testable import RolloutOps

/// The note that tests of every kind start from: `Tests/Fixtures/summary.md`, without its last line feed.
enum SampleNote {
  static let text: String = {
    let support = Path.folder(of: "\(#filePath)")
    let path = Path.tidied(Path.joined(support, "../../Fixtures/summary.md"))
    guard let bytes = try? POSIXFiles().read(path, limit: 1 << 16) else { return "there is no \(path)" }
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }()

  /// The same with variants of its own.
  static let withVariants =
    text + """

      Variants:
      ```json
      {"control": {"model": "m-4"}, "canary": {"model": "m-5"}, "fast": {"model": "s-1"}, "off": {"enabled": false}}
      ```
      """

  /// A note with one field said otherwise, or added; nil takes it out together with its list.
  static func saying(_ field: String, _ text: String?, in note: String = text) -> String {
    var lines: [Substring] = []
    var inside = false
    var placed = false
    for line in note.split(separator: "\n", omittingEmptySubsequences: false) {
      if !line.hasPrefix("-") { inside = line.hasPrefix("\(field):") }
      guard inside else {
        lines.append(line)
        continue
      }
      if !placed, let text { lines.append(Substring(text)) }
      placed = true
    }
    if !placed, let text { lines.append(Substring(text)) }
    return lines.joined(separator: "\n")
  }
}
