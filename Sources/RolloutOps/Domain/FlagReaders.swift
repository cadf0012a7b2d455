/// OpenFeature's providers that read flag files, by their languages; flagd itself is Go's.
package struct FlagReaders: OptionSet, Hashable, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  package static let go = FlagReaders(rawValue: 1)
  package static let node = FlagReaders(rawValue: 2)
  package static let java = FlagReaders(rawValue: 4)
  package static let python = FlagReaders(rawValue: 8)
  package static let all: FlagReaders = [.go, .node, .java, .python]

  private static let named: [(FlagReaders, String)] = [
    (.go, "Go (flagd too)"), (.node, "Node"), (.java, "Java"), (.python, "Python"),
  ]

  package static let allNames = "go, node, java, python, flagd"

  /// Those that configuration can name, as it spells them: `"node", "java"`.
  package var spelled: String {
    zip([Self.go, .node, .java, .python], ["go", "node", "java", "python"]).filter { contains($0.0) }
      .map { "\"\($0.1)\"" }.joined(separator: ", ")
  }

  /// As configuration spells them.
  package init?(named name: String) {
    switch name.lowercased() {
    case "go", "flagd": self = .go
    case "node": self = .node
    case "java": self = .java
    case "python": self = .python
    default: return nil
    }
  }

  /// `readers in Node and Python`.
  package var words: String {
    guard self != .all else { return "readers" }
    let names = Self.named.filter { contains($0.0) }.map(\.1)
    guard let last = names.last, names.count > 1 else { return "readers in \(names.first ?? "no language")" }
    return "readers in \(names.dropLast().joined(separator: ", ")) and \(last)"
  }
}
