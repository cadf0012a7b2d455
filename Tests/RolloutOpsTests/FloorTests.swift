import Foundation
import Testing

@testable import RolloutOps

/// The house rules that a machine can hold: floors use only what is below them, pure floors import nothing, and nothing
/// is taken by force.
@Suite struct FloorTests {
  /// Bottom to top; folders of one row are siblings and do not know each other.
  static let floors = [
    ["Formats"], ["Domain"], ["Notes", "Statistics", "Bucketing"], ["Evidence"], ["Decisions"], ["Rendering"],
    ["System"],
    ["Stores", "EvidenceSources", "Journal"], ["Operations"],
  ]
  static let worldly = ["Glibc", "Dispatch", "Synchronization"]
  /// The statistics need the C library's mathematics, and nothing else of it.
  static let open = ["System": worldly, "Statistics": ["Glibc"]]
  static let longest = 350

  struct File {
    let path: String
    let source: String
    let text: SwiftText
    private let names: (topLevel: Set<String>, all: Set<String>)

    init(_ path: String, _ source: String) {
      (self.path, self.source, text) = (path, source, SwiftText(source))
      names = (Self.declared(in: text.words, topLevel: true), Self.declared(in: text.words, topLevel: false))
    }

    /// `["RolloutOps", "Formats", "JSON.swift"]`.
    var parts: [String] { path.split(separator: "/").map(String.init) }
    var folder: String? { parts.count > 2 ? parts[1] : nil }
    var isLibrary: Bool { parts.first == "RolloutOps" }

    /// Names of types that it declares, with their place in the file.
    func declared(topLevel: Bool) -> Set<String> { topLevel ? names.topLevel : names.all }

    private static func declared(in words: [SwiftText.Word], topLevel: Bool) -> Set<String> {
      let kinds: Set = ["struct", "enum", "class", "protocol", "actor", "typealias"]
      return Set(
        words.indices.dropLast().filter {
          kinds.contains(words[$0].text) && !words[$0].isMember && (!topLevel || words[$0].isTopLevel)
            && !(topLevel && $0 > 0 && ["private", "fileprivate"].contains(words[$0 - 1].text))
        }.map { words[$0 + 1].text })
    }

    var imports: [SwiftText.Word] {
      text.words.indices.dropLast().filter { text.words[$0].text == "import" && text.words[$0].isTopLevel }
        .map { text.words[$0 + 1] }
    }

    func finding(_ line: Int, _ what: String) -> String { "Sources/\(path):\(line): \(what)" }
  }

  // MARK: The rules

  static func findings(in files: [File]) -> [String] {
    files.flatMap { placement($0) + imports($0) + force($0) + length($0) } + mentions(in: files)
  }

  static func placement(_ file: File) -> [String] {
    guard file.isLibrary, !floors.joined().contains(file.folder ?? "") else { return [] }
    return [file.finding(1, "stands on no floor")]
  }

  static func imports(_ file: File) -> [String] {
    let allowed =
      file.isLibrary
      ? open[file.folder ?? "", default: []]
      : ["RolloutOps"] + (file.parts.last == "main.swift" ? worldly : [])
    return file.imports.filter { !allowed.contains($0.text) }
      .map { file.finding($0.line, "may not import \($0.text)") }
  }

  static func force(_ file: File) -> [String] {
    var found = file.text.forcedLines.map { file.finding($0, "takes a value by force") }
    for (index, word) in file.text.words.enumerated() {
      let next = index + 1 < file.text.words.count ? file.text.words[index + 1].text : ""
      switch (word.text, next) {
      case ("fatalError", _), ("preconditionFailure", _), ("unchecked", "Sendable"),
        ("nonisolated", "unsafe"):
        found.append(file.finding(word.line, "uses \(word.text)"))
      default:
        if word.isForced { found.append(file.finding(word.line, "takes \(word.text) by force")) }
      }
    }
    return found
  }

  static func length(_ file: File) -> [String] {
    let lines = file.source.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    return lines > longest ? [file.finding(lines, "has more than \(longest) lines")] : []
  }

  /// Names that a file mentions although they are declared above or beside its floor. A name that is also declared on its
  /// own floor or below, at any depth, is taken for that one.
  static func mentions(in files: [File]) -> [String] {
    var height: [String: Int] = [:]
    for (index, row) in floors.enumerated() { for folder in row { height[folder] = index } }
    let library = files.filter(\.isLibrary)
    var homes: [String: Set<String>] = [:]
    for file in library {
      for name in file.declared(topLevel: true) { homes[name, default: []].insert(file.folder ?? "") }
    }
    var found: [String] = []
    var knownOnFloor: [String: Set<String>] = [:]
    for file in library {
      guard let folder = file.folder, let floor = height[folder] else { continue }
      if knownOnFloor[folder] == nil {
        let near = library.filter { $0.folder == folder || height[$0.folder ?? "", default: .max] < floor }
        knownOnFloor[folder] = Set(near.flatMap { $0.declared(topLevel: false) })
      }
      let known = knownOnFloor[folder, default: []]
      for word in file.text.words where !word.isMember && !known.contains(word.text) {
        for home in homes[word.text, default: []].sorted() {
          found.append(file.finding(word.line, "\(folder) mentions \(word.text) of \(home)"))
        }
      }
    }
    return found + strangers(in: files, homes)
  }

  /// The machinery of the command line knows formats, exit codes and that there are doors, and nothing of rollouts or of
  /// single commands.
  static func strangers(in files: [File], _ library: [String: Set<String>]) -> [String] {
    let machinery = files.filter { $0.path.hasPrefix("rolloutctl/CommandLine/") }
    let known = Set(machinery.flatMap { $0.declared(topLevel: false) }).union(["ExitStatus", "Context"])
    var homes = library.filter { !$0.value.contains("Formats") }.mapValues { $0.sorted().joined(separator: ", ") }
    for file in files where !file.isLibrary && file.folder != "CommandLine" {
      for name in file.declared(topLevel: true) { homes[name] = file.folder ?? file.path }
    }
    return machinery.flatMap { file in
      file.text.words.filter { !$0.isMember && !known.contains($0.text) }.compactMap { word in
        homes[word.text].map { file.finding(word.line, "CommandLine mentions \(word.text) of \($0)") }
      }
    }
  }

  // MARK: The house

  static func house() throws -> [File] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
    return try paths.sorted().map { path in
      File(path, try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
    }
  }

  /// Whoever reads the map from top to bottom goes down, never up.
  @Test func theMapIsInTheOrderOfTheFloors() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let map = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let folders = map.split(separator: "\n").compactMap { line in
      line.firstMatch(of: #/^\| `Sources/RolloutOps/(\w+)` \|/#).map { String($0.1) }
    }
    let heights = folders.map { folder in Self.floors.firstIndex { $0.contains(folder) } ?? -1 }
    #expect(Set(folders) == Set(Self.floors.joined()))
    #expect(heights == heights.sorted(by: >), "\(folders)")
  }

  @Test func theHouseStands() throws {
    let files = try Self.house()
    #expect(files.count > 20)
    for finding in Self.findings(in: files) { Issue.record("\(finding)") }
  }

  // MARK: The rules can fail

  @Test(arguments: [
    // Path, source, what must be found.
    ("RolloutOps/Formats/A.swift", "let a: Plan? = nil", "Formats/A.swift:1: Formats mentions Plan of Domain"),
    ("RolloutOps/Formats/A.swift", "\n\nlet a = \"\\(Plan())\"", "A.swift:3: Formats mentions Plan of Domain"),
    ("RolloutOps/Notes/A.swift", "extension Verdict {}", "A.swift:1: Notes mentions Verdict of Statistics"),
    ("RolloutOps/System/A.swift", "func f(_: Verb) {}", "A.swift:1: System mentions Verb of Operations"),
    ("RolloutOps/Lobby/A.swift", "", "A.swift:1: stands on no floor"),
    ("RolloutOps/A.swift", "", "A.swift:1: stands on no floor"),
    ("RolloutOps/Rendering/A.swift", "import Glibc", "A.swift:1: may not import Glibc"),
    ("RolloutOps/Statistics/A.swift", "import Synchronization", "A.swift:1: may not import Synchronization"),
    ("RolloutOps/System/A.swift", "import Foundation", "A.swift:1: may not import Foundation"),
    ("rolloutctl/main.swift", "import FoundationEssentials", "main.swift:1: may not import FoundationEssentials"),
    ("rolloutctl/Commands/A.swift", "import Glibc", "A.swift:1: may not import Glibc"),
    ("rolloutctl/CommandLine/A.swift", "let a: Plan", "A.swift:1: CommandLine mentions Plan of Domain"),
    ("rolloutctl/CommandLine/A.swift", "let a = Kill()", "A.swift:1: CommandLine mentions Kill of Commands"),
    ("RolloutOps/Domain/A.swift", "let a = b!", "A.swift:1: takes b by force"),
    ("RolloutOps/Domain/A.swift", "let a = b()!.c", "A.swift:1: takes a value by force"),
    ("RolloutOps/Domain/A.swift", "let a = b[0]!", "A.swift:1: takes a value by force"),
    ("RolloutOps/Domain/A.swift", "let a = try! b()", "A.swift:1: takes try by force"),
    ("RolloutOps/Domain/A.swift", "let a = b as! C", "A.swift:1: takes as by force"),
    ("RolloutOps/Domain/A.swift", "fatalError()", "A.swift:1: uses fatalError"),
    ("RolloutOps/Domain/A.swift", "struct A: @unchecked Sendable {}", "A.swift:1: uses unchecked"),
    ("RolloutOps/Domain/A.swift", "nonisolated(unsafe) var a = 1", "A.swift:1: uses nonisolated"),
    ("rolloutctl/main.swift", String(repeating: "\n", count: 351), "main.swift:351: has more than 350 lines"),
  ])
  func aBrokenHouseIsNoticed(path: String, source: String, finding: String) {
    let found = Self.findings(in: Self.frame + [File(path, source)])
    #expect(found.count == 1)
    #expect(found.first?.hasSuffix(finding) == true, "\(found)")
  }

  @Test(arguments: [
    (
      "RolloutOps/Formats/A.swift",
      "// Plan\n/* Plan /* Plan */ Plan */ let a = \"Plan \\\"Plan\" + #\"\\(Plan) \"Plan\"#"
    ),
    ("RolloutOps/Formats/A.swift", "let a = \"\"\"\n  Plan \"Plan\" \\(b(\")\"))\n  Plan\n  \"\"\""),
    ("RolloutOps/Formats/A.swift", "enum A { struct Plan {} \n let p: Plan }"),
    ("RolloutOps/Formats/A.swift", "let a = x.Plan"), ("RolloutOps/Domain/A.swift", "let a = !b && c != d"),
    ("RolloutOps/Domain/A.swift", "let a: [Plan] = [] // b!"),
    ("RolloutOps/Operations/A.swift", "let a = (Plan(), Verdict())"),
    ("RolloutOps/System/A.swift", "import Glibc"), ("RolloutOps/Statistics/A.swift", "import Glibc"),
    ("rolloutctl/CommandLine/A.swift", "import RolloutOps\nlet a: ExitStatus"),
    ("rolloutctl/main.swift", "import Glibc\nimport RolloutOps\n" + String(repeating: "\n", count: 348)),
  ])
  func aSoundHouseIsLeftInPeace(path: String, source: String) {
    #expect(Self.findings(in: Self.frame + [File(path, source)]) == [])
  }

  private static let frame = [
    File("RolloutOps/Domain/Plan.swift", "package struct Plan {}\npackage enum ExitStatus {}"),
    File("RolloutOps/Statistics/Verdict.swift", "/// A verdict.\nindirect enum Verdict {}"),
    File("rolloutctl/Commands/Kill.swift", "struct Kill {}"),
    File("RolloutOps/Operations/Verb.swift", "protocol Verb {}\nprivate struct Hidden {}"),
  ]
}
