import Glibc
import Testing

@testable import RolloutOps

/// Whatever stands in the file, reading it ends, traps nowhere and keeps its promises.
@Suite struct NoteFuzzTests {
  private func check(_ bytes: [UInt8], _ seed: String) {
    let note = Note.read(bytes, path: "notes/x.md")
    #expect((note.plan == nil) == note.diagnostics.contains { $0.severity == .error }, "\(seed)")
    let lines = bytes.reduce(into: 1) { count, byte in count += byte == 0x0A ? 1 : 0 }
    let places = note.diagnostics.map(\.position)
    #expect(places == places.sorted(), "\(seed)")
    #expect(places.allSatisfy { (1...lines).contains($0.line) && $0.column >= 1 }, "\(seed)")
    #expect(Set(note.diagnostics.map(\.rule)).isSubset(of: NoteRule.all.map(\.name)), "\(seed)")
    guard let plan = note.plan else { return }
    #expect(plan.flag.fault == nil && !plan.stages.isEmpty, "\(seed)")
    #expect(Set(plan.stages.map(\.name)).count == plan.stages.count, "\(seed)")
    #expect((try? Plan(frozen: plan.frozen)) == plan, "\(seed)")
  }

  @Test(arguments: 0..<40)
  func randomBytes(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    for round in 0..<25 {
      let bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      check(bytes, "seed \(seed) round \(round)")
    }
  }

  /// Bytes of the note's own language in any order.
  @Test(arguments: 0..<40)
  func randomWords(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let words =
      NoteField.all.map { "\n\($0.name):" } + [
        "\n", "\n- ", "\n  - ", "\n| ", " | ", "\n```", "\n## Stages", "<!--", "-->", " -> ", " → ", "5%", " of ",
        "paid",
        "24h", "3 dayz", "0%", "100%", "plan = paid", " and ", " not ", " in [", "]", "(", ")", "\"", "above", " 2%",
        " up ",
        "more than", "x", " control", "p95 ", "latency", "quality", " over ", "1h", "{", "}", ":", ",", ";", "\r\n",
        "é", "👩‍👩‍👧", "**",
        "`", "finish", "offline", " per ", " in any ", "tenant", "\u{A0}",
      ]
    for round in 0..<25 {
      let text = (0..<Int.random(in: 0...120, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
        .joined()
      check(Array(text.utf8), "seed \(seed) round \(round)")
    }
  }

  /// A real note with some of it cut, doubled, swapped or overwritten.
  @Test(arguments: 0..<40)
  func mutatedNotes(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    for round in 0..<25 {
      var bytes = Array((Bool.random(using: &random) ? NoteFixtures.full : NoteFixtures.quiet).utf8)
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, start + Int.random(in: 1...30, using: &random))
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes.removeSubrange(start..<min(end, bytes.count - 1))
        case 1: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 2: bytes[start] = UInt8.random(in: 0x20...0x7E, using: &random)
        default: bytes.swapAt(start, end - 1)
        }
      }
      check(bytes, "seed \(seed) round \(round)")
    }
  }

  /// Long lines and long lists of one thing: the cost grows with the size, not with its square. In a debug build a
  /// square would take minutes here, of this thread's own time: how long it waits for the machine does not count.
  @Test(
    arguments: [
      "- a: b = c\n", "Owner: maya\n", "```\n", "| a | b |\n", "<!-- -->\n", "Cohorts:\n", " x\n", "5% -> ", "above ",
      "(",
      "a: ", "`", "\"", "not ", "errors above 2%; ", "1,", "a, ",
    ])
  func muchOfOneThing(piece: String) {
    let body = String(repeating: piece, count: 8_000 / piece.utf8.count)
    let begun = Self.worked()
    for start in [
      "", "Cohorts:\n", "Schedule: ", "Rollback trigger: ", "Exclude: ", "Metrics to watch:\n", "Variants: ",
    ] {
      check(Array((start + body).utf8), piece)
    }
    #expect(Self.worked() - begun < 30, "\(piece)")
  }

  /// The seconds that this thread has worked.
  private static func worked() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Past a thousand problems more of them help nobody, but the first error still counts.
  @Test func problemsAreBounded() {
    let warnings = (0..<1500).map { "- m\($0): in words" }.joined(separator: "\n")
    let text = "Flag: f\nEvidence: x\nMetrics to watch:\n\(warnings)\nRollback trigger: errors above X%\n"
    let note = Note.read(Array(text.utf8), path: "n.md")
    #expect(note.diagnostics.count == 1001)
    #expect(note.plan == nil)
  }
}
