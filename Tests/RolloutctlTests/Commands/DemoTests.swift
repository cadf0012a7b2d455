import Foundation
import Synchronization
import Testing

@testable import RolloutOps
@testable import rolloutctl

/// The demo through the real program: it ends well, what it leaves behind is whole, and it touches nothing else.
@Suite struct DemoTests {
  @Test func itPlaysTheWholeScript() throws {
    let folder = try TemporaryFolder()
    let outcome = try Binary.run(["demo", "tour"], in: folder)
    #expect(outcome.end == .status(0), "\(outcome)")
    #expect(outcome.errors == "")
    var rest = Substring(outcome.output)
    for step in DemoScript.steps {
      let typed = "\n\(step.actor.rawValue)$ \(Demo.line(step))\n"
      let place = try #require(rest.range(of: typed), "missing after the steps before it: \(typed)")
      rest = rest[place.upperBound...]
    }
    #expect(rest.contains("cd tour\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["tour"])
  }

  @Test func whatItLeavesIsWhole() throws {
    let world = try DemoWorld.played()
    let flags = try world.folder.read("rolloutctl-demo/flags.json")
    let start = try #require(DemoFiles.all.first { $0.path == "flags.json" }?.text)
    let other = try #require(start.range(of: "    \"dark-mode\"")).lowerBound
    let untouched = start[..<(try #require(start.range(of: "\n  }\n}"))).lowerBound]
    #expect(start[other...].hasPrefix("    \"dark-mode\""))
    #expect(flags.hasPrefix(untouched), "the other flag's bytes: \(flags)")
    #expect(flags.contains("\"ai-summary\""))

    let verified = try world.type("rolloutctl history --verify")
    #expect(verified.end == .status(0) && verified.output.hasPrefix("✓ ai-summary: "), "\(verified)")

    // At a percentage, held by soak and by gates that nobody has looked at yet: no clock and no drift in the way.
    let status = try world.type("rolloutctl status ai-summary --format json --exit-code")
    #expect(status.end == .status(3), "\(status)")
    let json = try JSON.parse(status.output)
    #expect(json["stage"]?["name"] == "25% of paid")
    #expect(json["drift"] == .some(nil))
    #expect(json["killed"] == false)
    guard case .array(let gates)? = json["gates"] else {
      Issue.record("no gates: \(status)")
      return
    }
    var closed: [String] = []
    for gate in gates where gate["advisory"] == false && gate["verdict"] != "pass" {
      if case .string(let name)? = gate["name"] { closed.append(name) }
    }
    #expect(
      Set(closed) == [
        "soak", "parse failures above 2%", "quality drops by more than 5%", "cost exceeds 5x control over 1h",
      ])
  }

  @Test func whatItSuggestsWorks() throws {
    let world = try DemoWorld.played()
    for (line, status) in zip(DemoScript.next, [3, 0, 0, 0] as [Int32]) {
      let outcome = try world.type(line)
      #expect(outcome.end == .status(status), "\(line): \(outcome)")
    }
  }

  /// Settings of the user and of the folders above would lead elsewhere.
  @Test func itTouchesNothingElse() throws {
    let folder = try TemporaryFolder()
    let astray = "{\"store\": \"file:other.json\", \"journal\": \"elsewhere\"}"
    try folder.write("rolloutctl.json", astray)
    try folder.write("config/rolloutctl/rolloutctl.json", astray)
    try folder.write("other.json", "{\"flags\": {}}")
    let outcome = try Binary.run(
      ["demo"], in: folder,
      environment: [
        "ROLLOUT_STORE": "file:other.json", "ROLLOUT_JOURNAL": "elsewhere", "ROLLOUT_ACTOR": "zoe",
        "XDG_CONFIG_HOME": folder.path("config"), "HOME": folder.path,
      ])
    #expect(outcome.end == .status(0), "\(outcome)")
    #expect(!outcome.output.contains("zoe"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        == ["config", "other.json", "rolloutctl-demo", "rolloutctl.json"])
    #expect(try folder.read("other.json") == "{\"flags\": {}}")
  }

  @Test func aFolderThatIsUsedStaysAsItIs() throws {
    let folder = try TemporaryFolder()
    try folder.write("mine/file.txt", "text")
    try folder.write("file", "text")
    for place in ["mine", "file"] {
      let outcome = try Binary.run(["demo", place], in: folder)
      #expect(outcome.end == .status(2), "\(outcome)")
      #expect(outcome.output == "" && outcome.errors.contains("\(place) is there already"), "\(outcome)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("mine")) == ["file.txt"])

    try FileManager.default.createDirectory(atPath: folder.path("empty"), withIntermediateDirectories: false)
    let outcome = try Binary.run(["demo", "empty", "--quiet", "--color=always"], in: folder)
    #expect(outcome.end == .status(0), "\(outcome)")
    #expect(!outcome.output.contains("# "), "a remark in spite of --quiet")
    #expect(outcome.output.contains("\u{1B}["), "no colour in spite of --color")
  }

  @Test func aStepThatEndsOtherwiseEndsTheDemo() throws {
    let folder = try TemporaryFolder()
    let output = SaidOutput()
    let context = Context(
      clock: SystemClock(), files: POSIXFiles(), output: output,
      surroundings: Surroundings(workingFolder: folder.path, actor: "maya", host: "desk", process: 1))
    let demo = Demo(
      context: context, ink: .none, color: .auto, narrates: true, folder: "tour",
      steps: [
        DemoScript.Step("held?", "version", expecting: .hold), DemoScript.Step("never", "check", "notes/summary.md"),
      ])
    #expect(try demo.play() == .inconclusive)
    #expect(output.failures.count == 1)
    #expect(output.failures.first?.contains("rolloutctl version exited 0 where the demo expects 3") == true)
    #expect(!output.results.contains { $0.contains("never") || $0.contains("The folder is yours") })
  }
}

/// Keeps what a program in this process says.
private final class SaidOutput: Output {
  private let said = Mutex<(results: [String], failures: [String])>(([], []))

  func result(_ text: String) { said.withLock { $0.results.append(text) } }
  func remark(_ text: String) {}
  func failure(_ text: String) { said.withLock { $0.failures.append(text) } }
  var isBroken: Bool { false }
  var width: Int? { nil }
  func ask(_ question: String) -> String? { nil }

  var results: [String] { said.withLock { $0.results } }
  var failures: [String] { said.withLock { $0.failures } }
}
