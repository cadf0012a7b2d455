import Testing

@testable import RolloutOps

/// What the floors cannot say in a row: members, nested names, the command line's floors, circles of files.
@Suite struct HouseTests {
  /// Arrows that go up today, each with the reason why it may. Whoever takes one away takes it away here too.
  static let exceptions: [String: String] = [:]

  /// How many circles of files there are, how many files stand in them, and how long the longest is. They only shrink:
  /// whoever breaks one writes the smaller figure down.
  static let circles = (count: 15, files: 38, longest: 5)

  @Test func nothingGoesUp() throws {
    let files = try FloorTests.house()
    let names = HouseNames(files)
    let arrows = names.arrows
    for arrow in arrows where Self.exceptions[arrow.key] == nil { Issue.record("\(arrow.finding)") }
    for stranger in FloorTests.strangers(in: files, names) { Issue.record("\(stranger)") }
    let keys = Set(arrows.map(\.key))
    for (key, why) in Self.exceptions {
      #expect(keys.contains(key), "\(key) goes up no more: take the exception away")
      #expect(why.split(separator: " ").count > 5 && why.hasSuffix("."), "\(key) has no reason")
    }
  }

  @Test func circlesOnlyShrink() throws {
    let circles = HouseCircles(try FloorTests.house()).all
    let now = (count: circles.count, files: circles.joined().count, longest: circles.first?.count ?? 0)
    guard now != Self.circles else { return }
    let list = circles.map { $0.joined(separator: " ") }.joined(separator: "\n")
    let isSmaller = now.count <= Self.circles.count && now.files <= Self.circles.files
    Issue.record(
      "\(now), not \(Self.circles): \(isSmaller ? "write that down" : "a circle has grown or is new")\n\(list)")
  }

  // MARK: The rules can fail

  @Test(arguments: [
    // Path, source, what must be found.
    // Members, by a dot, by their bare name in an extension, and cases.
    ("RolloutOps/Domain/A.swift", "let a = plan.reachOut()", "Domain uses reachOut of Operations"),
    ("RolloutOps/Domain/A.swift", "extension Plan { var a: Int { reachOut() } }", "Domain uses reachOut of Operations"),
    ("RolloutOps/Statistics/A.swift", "let a = b.onlyHere", "Statistics uses onlyHere of Decisions"),
    ("RolloutOps/Formats/A.swift", "let a: B = .second(1)", "Formats uses second of Decisions"),
    ("RolloutOps/Formats/A.swift", "let a: B = .third", "Formats uses third of Decisions"),
    // Nested names: by their owner, within an extension of their owner, and although another floor has a homonym.
    ("RolloutOps/Domain/A.swift", "let a: Entry.Kind", "Domain mentions Entry.Kind of Decisions"),
    ("RolloutOps/Domain/A.swift", "extension Entry { var a: Kind }", "Domain mentions Entry.Kind of Decisions"),
    ("RolloutOps/Domain/A.swift", "let a: Fault", "Domain mentions Fault of Operations"),
    ("RolloutOps/Domain/A.swift", "extension Plan { func a(_: Fault) {} }", "Domain mentions Fault of Operations"),
    // The command line.
    ("rolloutctl/CommandLine/A.swift", "let a: Page", "CommandLine mentions Page of Documentation"),
    ("rolloutctl/Documentation/A.swift", "let a = Kill()", "Documentation mentions Kill of Commands"),
    ("rolloutctl/Documentation/A.swift", "let a = b.killsAll", "Documentation uses killsAll of Commands"),
    ("rolloutctl/Commands/A.swift", "let a: Program", "Commands mentions Program of rolloutctl"),
  ])
  func anArrowUpIsNoticed(path: String, source: String, finding: String) {
    let found = FloorTests.findings(in: Self.frame + [FloorTests.File(path, source)])
    #expect(found.count == 1, "\(found)")
    #expect(found.first?.hasSuffix(finding) == true, "\(found)")
  }

  @Test(arguments: [
    // A lower floor has the member too, or it is a value of this file, or only this file sees it.
    ("RolloutOps/Domain/A.swift", "let a = b.shared"),
    ("RolloutOps/Domain/A.swift", "func a(reachOut: Int) -> Int { reachOut }"),
    ("RolloutOps/Domain/A.swift", "struct B { let onlyHere = 1\n var c: Int { self.onlyHere } }"),
    ("RolloutOps/Domain/A.swift", "let a = b.hidden"),
    // A part of a tuple of another file.
    ("RolloutOps/Domain/A.swift", "let a = plan.claim.run"),
    // A nested type of this file, of an owner below, and a generic parameter.
    ("RolloutOps/Domain/A.swift", "struct B { enum Fault {}\n let a: Fault }"),
    ("RolloutOps/Notes/A.swift", "let a: Plan.Kind"), ("RolloutOps/Notes/A.swift", "extension Plan { var a: Kind }"),
    ("RolloutOps/Domain/A.swift", "func a<Fault: Error>(_ b: Fault) {}"),
    ("RolloutOps/Operations/A.swift", "let a: (Entry.Kind, Fault) = b.reachOut()"),
    ("rolloutctl/Commands/A.swift", "let a = (Page(), b.onlyHere)"), ("rolloutctl/A.swift", "let a = Kill().killsAll"),
  ])
  func anArrowDownIsLeftInPeace(path: String, source: String) {
    #expect(FloorTests.findings(in: Self.frame + [FloorTests.File(path, source)]) == [])
  }

  @Test func aCircleIsCounted() {
    let files = [
      FloorTests.File("RolloutOps/Domain/A.swift", "struct A { let b: B }"),
      FloorTests.File("RolloutOps/Domain/B.swift", "struct B { let c: [C] }"),
      FloorTests.File("RolloutOps/Domain/C.swift", "struct C { func a() -> A? { nil } }"),
      FloorTests.File("RolloutOps/Domain/D.swift", "struct D { let a: A; struct E {} }"),
      FloorTests.File("RolloutOps/Domain/E.swift", "struct E { let d: D }"),
    ]
    #expect(HouseCircles(files).all == [["A", "B", "C"].map { "RolloutOps/Domain/\($0).swift" }])
  }

  private static let frame = [
    FloorTests.File(
      "RolloutOps/Domain/Plan.swift",
      "package struct Plan { package enum Kind {}\n let shared = 1\n let claim: (run: Int, by: Int) }"),
    FloorTests.File("RolloutOps/Formats/Entry.swift", "struct Entry {}"),
    FloorTests.File(
      "RolloutOps/Decisions/Kind.swift",
      "extension Entry { enum Kind { case first, second(Int), third }\n var onlyHere: Int { 2 } }"),
    FloorTests.File(
      "RolloutOps/Operations/Fault.swift",
      "enum Fault {}\nextension Plan { func reachOut() {}\n var run: Int { 1 }\n var shared: Int { 1 }\n private var hidden: Int { 1 } }"
    ),
    FloorTests.File("rolloutctl/Documentation/Page.swift", "struct Page {}"),
    FloorTests.File("rolloutctl/Commands/Kill.swift", "struct Kill { let killsAll = true }"),
    FloorTests.File("rolloutctl/Program.swift", "struct Program {}"),
  ]
}
