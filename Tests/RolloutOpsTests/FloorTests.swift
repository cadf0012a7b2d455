import Dispatch
import Foundation
import Synchronization
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
  /// The command line's, all of them above the library's.
  static let programFloors = [["CommandLine"], ["Documentation"], ["Commands"], ["rolloutctl"]]
  static let worldly = ["Glibc", "Dispatch", "Synchronization"]
  /// The statistics need the C library's mathematics, and nothing else of it.
  static let open = ["System": worldly, "Statistics": ["Glibc"]]
  static let longest = 350

  struct File {
    let path: String
    let source: String
    let text: SwiftText
    /// `["RolloutOps", "Formats", "JSON.swift"]`.
    let parts: [String]
    let folder: String?
    /// The folder, or what a file in none stands on.
    let room: String
    let isLibrary: Bool

    init(_ path: String, _ source: String) {
      (self.path, self.source, text) = (path, source, SwiftText(source))
      parts = path.split(separator: "/").map(String.init)
      folder = parts.count > 2 ? parts[1] : nil
      room = folder ?? parts.first ?? ""
      isLibrary = parts.first == "RolloutOps"
    }

    var imports: [SwiftText.Word] {
      text.words.indices.dropLast().filter { text.words[$0].text == "import" && text.words[$0].isTopLevel }
        .map { text.words[$0 + 1] }
    }

    func finding(_ line: Int, _ what: String) -> String { "Sources/\(path):\(line): \(what)" }
  }

  // MARK: The rules

  static func findings(in files: [File]) -> [String] {
    let names = HouseNames(files)
    return files.flatMap { faults(of: $0) } + names.arrows.map(\.finding) + strangers(in: files, names)
  }

  /// What is wrong with it, whatever the others say.
  static func faults(of file: File) -> [String] {
    placement(file) + imports(file) + force(file) + length(file)
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

  /// The machinery of the command line knows formats, exit codes and that there are doors, and nothing of rollouts.
  static func strangers(in files: [File], _ names: HouseNames) -> [String] {
    files.indices.filter { files[$0].room == "CommandLine" }.flatMap { index in
      names.mentions(of: index).compactMap { mention in
        let homes = mention.homes.map { files[$0] }
        guard !["ExitStatus", "Context"].contains(mention.name),
          homes.allSatisfy({ $0.isLibrary && $0.room != "Formats" }),
          let home = homes.first
        else { return nil }
        return files[index].finding(mention.line, "CommandLine mentions \(mention.name) of \(home.room)")
      }
    }
  }

  // MARK: The house

  /// Every source, read once for all who look.
  static func house() throws -> [File] { try scanned.get() }

  private static let scanned = Result<[File], any Error> {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
      .sorted()
    let sources = try paths.map { try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8) }
    let files = Mutex<[Int: File]>([:])
    DispatchQueue.concurrentPerform(iterations: paths.count) { index in
      let file = File(paths[index], sources[index])
      files.withLock { $0[index] = file }
    }
    return files.withLock { files in paths.indices.compactMap { files[$0] } }
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
    for finding in files.flatMap({ Self.faults(of: $0) }) { Issue.record("\(finding)") }
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

  static let frame = [
    File("RolloutOps/Domain/Plan.swift", "package struct Plan {}\npackage enum ExitStatus {}"),
    File("RolloutOps/Statistics/Verdict.swift", "/// A verdict.\nindirect enum Verdict {}"),
    File("rolloutctl/Commands/Kill.swift", "struct Kill {}"),
    File("RolloutOps/Operations/Verb.swift", "protocol Verb {}\nprivate struct Hidden {}"),
  ]
}
