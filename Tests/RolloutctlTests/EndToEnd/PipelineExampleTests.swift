import Foundation
import RolloutOps
import Testing

/// The two examples of `help ci`, taken from what the executable prints and run as a runner would: each step in a bash of
/// its own that ends at the first failure, with the variables of the pipeline set.
@Suite(.enabled(if: Tool.bash.isWanted, Tool.bash.reason)) struct PipelineExampleTests {
  struct Step: Sendable {
    var line: String
    var condition: String?
  }

  /// The lines under a title of the page, up to the next text.
  static func example(_ title: String) throws -> [String] {
    let lines = try Binary.run(["help", "ci"]).output.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0 == title }, "\(title) is no part of help ci")
    let code = lines[(start + 1)...].drop { $0.isEmpty }.prefix { $0.hasPrefix("    ") }
    return code.map { String($0.dropFirst(4)) }
  }

  private static func gitHub() throws -> [Step] {
    var steps: [Step] = []
    for line in try example("GitHub Actions").map({ $0.trimmingCharacters(in: .whitespaces) }) {
      if line.hasPrefix("- run: ") { steps.append(Step(line: String(line.dropFirst(7)))) }
      if line.hasPrefix("if: ") { steps[steps.count - 1].condition = String(line.dropFirst(4)) }
    }
    return steps
  }

  private static func gitLab() throws -> [String: [Step]] {
    var (jobs, job): ([String: [Step]], String) = ([:], "")
    for line in try example("GitLab CI") {
      if !line.hasPrefix(" ") { job = String(line.dropLast()) }
      if line.hasPrefix("    - ") { jobs[job, default: []].append(Step(line: String(line.dropFirst(6)))) }
    }
    return jobs
  }

  private func run(_ steps: [Step], event: String, _ variables: [String: String], in world: LiveWorld) throws
    -> [Binary.Outcome]
  {
    let binary = URL(fileURLWithPath: try #require(Binary.path)).deletingLastPathComponent().path
    let path = "\(binary):" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    var outcomes: [Binary.Outcome] = []
    for step in steps {
      if let condition = step.condition, condition != "github.event_name == '\(event)'" { continue }
      let outcome = try Tool.bash.run(
        ["--noprofile", "--norc", "-e", "-c", step.line], in: world.folder,
        environment: variables.merging(["PATH": path, "CI": "true"]) { $1 })
      outcomes.append(outcome)
      guard outcome.end == .status(0) else { break }
    }
    return outcomes
  }

  private static let onGitHub = [
    "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "bot", "GITHUB_TRIGGERING_ACTOR": "priya",
    "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/app", "GITHUB_RUN_ID": "7",
  ]
  private static let onGitLab = [
    "GITLAB_CI": "true", "GITLAB_USER_LOGIN": "priya", "CI_JOB_URL": "https://gitlab.com/acme/app/-/jobs/7",
    "CI_PIPELINE_SOURCE": "schedule",
  ]

  private func world(note: (String) -> String = { $0 }) throws -> LiveWorld {
    let world = try LiveWorld(note: note(LiveWorld.plainNote + "Evidence: traces/*.ndjson\n"))
    try record(failing: 0, in: world)
    return world
  }

  /// Records of this moment, of which so many in a hundred failed.
  private func record(failing: Int, in world: LiveWorld) throws {
    let time = ISO8601.precise(SystemClock().now())
    let lines = (0..<400).map { index in
      """
      {"ts":"\(time)","prompt_version":"v7","team":"staff","tenant":"t\(index % 40)",\
      "parse_error":\(index % 100 < failing)}
      """
    }
    try world.folder.write("traces/a.ndjson", lines.joined(separator: "\n") + "\n")
  }

  // MARK: GitHub Actions

  @Test func theExamplesHaveTenLines() throws {
    #expect(try Self.example("GitHub Actions").count == 10 && Self.example("GitLab CI").count == 10)
    #expect(try Self.gitHub().count == 3 && Self.gitLab().mapValues(\.count) == ["check": 1, "promote": 2])
  }

  @Test func aScheduledRunEntersTheFirstStageAndThenHolds() throws {
    let world = try world()
    let first = try run(Self.gitHub(), event: "schedule", Self.onGitHub, in: world)
    #expect(first.map(\.end) == Array(repeating: .status(0), count: 3), "\(first)")
    #expect(try world.entered() == ["internal"])
    let entry = try #require(try world.entries().last)
    #expect(entry["actor"] as? String == "priya" && "\(entry)".contains("https://github.com/acme/app/actions/runs/7"))
    // Nothing was measured of the stage yet: a hold, and a green job.
    let second = try run(Self.gitHub(), event: "schedule", Self.onGitHub, in: world)
    #expect(second.map(\.end) == Array(repeating: .status(0), count: 3), "\(second)")
    #expect(second.last?.output.contains("not done") == true, "\(second)")
    #expect(try world.entered() == ["internal"])
  }

  @Test func aPullRequestPromotesNothing() throws {
    let world = try world()
    let outcomes = try run(Self.gitHub(), event: "pull_request", Self.onGitHub, in: world)
    #expect(outcomes.map(\.end) == [.status(0), .status(0)], "\(outcomes)")
    #expect(outcomes.last?.output.contains("→ promote: off → internal") == true)
    #expect(!world.folder.has(LiveWorld.journalPath))
  }

  @Test func aNoteWithAnErrorStopsTheJob() throws {
    let world = try world { $0.replacing("Tier: 3", with: "Tier: 9") }
    for event in ["schedule", "pull_request"] {
      let outcomes = try run(Self.gitHub(), event: event, Self.onGitHub, in: world)
      #expect(outcomes.map(\.end) == [.status(7)], "\(outcomes)")
      #expect(
        outcomes[0].output.hasPrefix("::error file=notes/summary.md,line=7,col=7,title=bad-value::"), "\(outcomes)")
    }
    #expect(!world.folder.has(LiveWorld.journalPath))
  }

  @Test func aFiredTriggerMakesTheJobRed() throws {
    let world = try world()
    try world.done("promote", LiveWorld.note)
    // Whoever is taken out and in again starts the stage anew, at this moment: no test waits for readers to follow.
    try world.done("exclude", "ai-summary", "tenant=nobody", "--reason", "asked")
    try world.done("include", "ai-summary", "tenant=nobody", "--reason", "asked")
    try record(failing: 60, in: world)
    let outcomes = try run(Self.gitHub(), event: "schedule", Self.onGitHub, in: world)
    #expect(outcomes.map(\.end) == [.status(0), .status(4)], "\(outcomes)")
    #expect(try Set(world.entered()) == ["internal"])
  }

  // MARK: GitLab CI

  @Test func aScheduledPipelineEntersTheFirstStageAndThenNamesAPerson() throws {
    let world = try world()
    let jobs = try Self.gitLab()
    #expect(try run(jobs["check"] ?? [], event: "schedule", Self.onGitLab, in: world).map(\.end) == [.status(0)])
    let first = try run(jobs["promote"] ?? [], event: "schedule", Self.onGitLab, in: world)
    #expect(first.map(\.end) == [.status(0), .status(0)], "\(first)")
    let entry = try #require(try world.entries().last)
    #expect(entry["actor"] as? String == "priya" && "\(entry)".contains("https://gitlab.com/acme/app/-/jobs/7"))
    // Without evidence a person is waited for: the job ends at once with the 3 that it allows.
    try world.folder.write(LiveWorld.note, LiveWorld.plainNote)
    try world.done("replan", LiveWorld.note, "--reason", "by eye")
    let second = try run(jobs["promote"] ?? [], event: "schedule", Self.onGitLab, in: world)
    #expect(second.map(\.end) == [.status(0), .status(3)], "\(second)")
    #expect(second.last?.errors.contains("somebody's turn: parse failures above 2%") == true, "\(second)")
    #expect(try Self.example("GitLab CI").contains("  allow_failure: {exit_codes: [3]}"))
  }

  // MARK: As YAML

  /// What a real parser finds: jobs, steps and conditions as meant.
  @Test(.enabled(if: Live.hasFlagsPython || Live.isRequired, Live.flagsReason)) func bothAreYAML() throws {
    let script = """
      import json, sys, yaml
      print(json.dumps([yaml.load(text, yaml.BaseLoader) for text in json.load(sys.stdin)]))
      """
    let texts = try ["GitHub Actions", "GitLab CI"].map { try Self.example($0).joined(separator: "\n") }
    let input = String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
    let outcome = try Binary.run(["-c", script], input: input, program: Live.flagsPython)
    let read = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]]
    let workflow = try #require(read?.first, "\(outcome)")
    let steps = ((workflow["jobs"] as? [String: Any])?["rollout"] as? [String: Any])?["steps"] as? [[String: String]]
    #expect(steps?.compactMap { $0["run"] } == (try Self.gitHub().map(\.line)))
    #expect(steps?.compactMap { $0["if"] } == ["github.event_name == 'schedule'"])
    #expect(Set((workflow["on"] as? [String: Any])?.keys.map { $0 } ?? []) == ["pull_request", "schedule"])
    let jobs = try #require(read?.last as? [String: [String: Any]])
    #expect((jobs["promote"]?["rules"] as? [[String: String]])?.first?["if"] == "$CI_PIPELINE_SOURCE == \"schedule\"")
    #expect(jobs["promote"]?["script"] as? [String] == (try Self.gitLab()["promote"]?.map(\.line)))
  }
}
