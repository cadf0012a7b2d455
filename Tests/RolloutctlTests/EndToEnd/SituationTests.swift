import Foundation
import Testing

/// The commonest situations as transcripts in `Tests/Fixtures/situations`: lines that are typed at some time by somebody,
/// and below each all that appears. The files are the script of the test and what it compares.
///
/// `Tue 10:02 maya$ rolloutctl promote notes/summary.md` is typed by maya on Tuesday the 3rd of March 2026. `app$` is the
/// application, which writes its log. With `ROLLOUTCTL_REGENERATE=1` the answers are written anew.
@Suite struct SituationTests {
  private static let folder = Repository.root.appending(path: "Tests/Fixtures/situations")

  static let names: [String] =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.filter { $0.hasSuffix(".txt") }.sorted() ?? []

  @Test func thereAreTheFifteenCommonest() { #expect(Self.names.count >= 15) }

  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason), arguments: names)
  func itIsSaidAsTheTranscriptSays(name: String) throws {
    let file = Self.folder.appending(path: name)
    let text = try String(contentsOf: file, encoding: .utf8)
    let transcript = Transcript(text)
    try #require(!transcript.lines.isEmpty, "nothing is typed in \(name)")
    let world = try SituationWorld()
    var played = transcript.head
    for line in transcript.lines { played += "\n" + line.prompt + "\n" + (try world.type(line)) }
    if ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] == "1" {
      try played.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(played == text, "Tests/Fixtures/situations/\(name) says something else")
  }
}

/// What a file says is typed; the answers in it are compared as a whole.
private struct Transcript {
  struct Line {
    let prompt: String
    let day: Int
    let time: String
    let who: String
    let words: String
  }

  private(set) var head = ""
  private(set) var lines: [Line] = []

  init(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let typed = Self.typed(String(line)) { lines.append(typed) } else if lines.isEmpty { head += line + "\n" }
    }
    // An empty line stands before every prompt.
    if head.hasSuffix("\n\n") { head.removeLast() }
  }

  private static func typed(_ line: String) -> Line? {
    let days = ["Mon": 2, "Tue": 3, "Wed": 4, "Thu": 5, "Fri": 6]
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3, let day = days[words[0]], let end = words[2].range(of: "$ ") else { return nil }
    return Line(
      prompt: line, day: day, time: words[1], who: String(words[2][..<end.lowerBound]),
      words: String(words[2][end.upperBound...]))
  }
}

/// A checkout with a note, a flag file and an application that writes a log, at a time that stands in the transcript.
private struct SituationWorld {
  private let place: TemporaryFolder
  private let program: String

  init() throws {
    program = try #require(Binary.path)
    place = try TemporaryFolder()
    try place.write("bin/requests", Self.requests)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path("bin/requests"))
    try place.write("shop/.git/HEAD", "ref: refs/heads/main\n")
    try place.write("shop/notes/summary.md", Self.note)
    try place.write("shop/runbooks/summary.md", "rolloutctl kill ai-summary\n")
    try place.write("shop/flags.json", "{\n  \"flags\": {}\n}\n")
  }

  /// Everything that appears, as on a terminal of no width, and the exit status where it is not 0.
  func type(_ line: Transcript.Line) throws -> String {
    let binaries = URL(fileURLWithPath: program).deletingLastPathComponent().path
    let outcome = try Tool.faketime.run(
      [
        "-f", "2026-03-0\(line.day) \(line.time):00", "/bin/sh", "-c",
        "cd '\(place.path)/shop' && exec 2>&1\n\(line.words)",
      ], in: place,
      environment: [
        "PATH": "\(place.path)/bin:\(binaries):/usr/local/bin:/usr/bin:/bin", "ROLLOUT_ACTOR": line.who, "TZ": "UTC",
        "HOME": place.path, "DONT_FAKE_MONOTONIC": "1", "LC_ALL": "C.UTF-8",
      ])
    var text = outcome.output + outcome.errors
    text = text.replacingOccurrences(of: place.path, with: "~")
    text = text.replacing(/watch \((\w+)@[^)\s]+\)/, with: { "watch (\($0.1)@laptop)" })
    // How long something took, and how often it was tried meanwhile, is nobody's to compare.
    text = text.replacing(/[0-9]+(\.[0-9]+)? ms/, with: "0.0 ms").replacing(/\b[0-9]+\.[0-9] s\b/, with: "0.0 s")
      .replacing(/[0-9]+ (requests|tries) in/, with: { "99 \($0.1) in" })
    if outcome.status != 0 { text += "[exit \(outcome.status)]\n" }
    return text
  }

  /// Lines of a trace log of the last hour: how many of each version, and of how many the answer could not be parsed.
  private static let requests = """
    #!/bin/sh
    # requests VERSION TENANTS FAILING: one request of each tenant.
    mkdir -p notes/traces
    now=$(date -u +%s)
    awk -v version="$1" -v tenants="$2" -v failing="$3" -v now="$now" 'BEGIN {
      for (i = 0; i < tenants; i++) {
        at = now - 3500 + int(i * 3400 / tenants)
        printf "{\\"ts\\":%d,\\"prompt_version\\":\\"%s\\",\\"plan\\":\\"paid\\",\\"tenant\\":\\"%s-%d\\",\\"parse_error\\":%s}\\n", \\
          at, version, version, i, i < failing ? "true" : "false"
      }
    }' >> notes/traces/today.ndjson

    """

  private static let note = """
    # Summary prompt

    Change: summary prompt v6 -> v7
    Flag: ai-summary
    Store: file:flags.json
    Change type: prompt
    Tier: 2
    Version: prompt_version = v7
    Control version: prompt_version = v6
    Unit: tenant
    Owner: maya
    On call: #ai-oncall
    Time zone: UTC
    Fallback: off -> clause template without AI
    Runbook: ../runbooks/summary.md
    Cohorts:
    - internal: team = staff
    - paid: plan = paid
    Schedule: internal 1h -> 5% of paid 2h -> 25% of paid 24h -> 100% 48h
    Dashboard / query: https://dashboards.example.com/d/summary
    Evidence: traces/*.ndjson
    Metrics to watch:
    - parse failures: rate(parse_error)
    Rollback trigger:
    - parse failures above 2%

    """
}
