import Foundation
import Testing

/// The real executable at a real terminal: a pseudo terminal whose screen is read by pyte (Tests/Live/terminal.py).
struct TerminalPlay: Decodable {
  /// By their names: the lines of the screen.
  let shots: [String: [String]]
  /// The terminal's modes `before`, `after`, and by other names.
  let modes: [String: String]
  let written: String
  /// The exit status; below zero the signal that ended it.
  let end: Int32?
  let error: String?
  let last: [String]
  /// Whether the cursor is hidden, and the alternate screen up.
  let hidden: Bool
  let alternate: Bool

  enum Step {
    case see(String), miss(String), count(String, Int), type(String), signal(String), resize(Int, Int), run(String)
    case shot(String), modes(String), stopped, front, end

    fileprivate var json: [String: Any] {
      switch self {
      case .see(let text): ["see": text]
      case .miss(let text): ["miss": text]
      case .count(let text, let times): ["count": [text, times]]
      case .type(let keys): ["type": keys]
      case .signal(let name): ["signal": name]
      case .resize(let columns, let rows): ["resize": [columns, rows]]
      case .run(let line): ["run": line]
      case .shot(let name): ["shot": name]
      case .modes(let name): ["modes": name]
      case .stopped: ["stopped": true]
      case .front: ["front": true]
      case .end: ["end": true]
      }
    }
  }

  /// Plays it to its end; a step that is waited for in vain is a failure, with the screen as it was then.
  static func of(
    _ words: [String], in folder: TemporaryFolder, at place: String = ".", columns: Int = 80, rows: Int = 24,
    environment: [String: String] = [:], program: String? = Binary.path, _ steps: [Step],
    source: SourceLocation = #_sourceLocation
  ) throws -> TerminalPlay {
    let program = try #require(program)
    let script = String(decoding: try JSONSerialization.data(withJSONObject: steps.map(\.json)), as: UTF8.self)
    let path = URL(fileURLWithPath: try #require(Binary.path)).deletingLastPathComponent().path
    let all = [
      "TERM": "xterm-256color", "ROLLOUT_ACTOR": "maya",
      "PATH": path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
    ].merging(environment) { $1 }
    let outcome = try Binary.run(
      [
        "-c", "cd \(place) && exec \"$0\" \"$@\"", Live.flagsPython, Live.script("terminal.py"), "\(columns)",
        "\(rows)",
        script, program,
      ] + words, in: folder, environment: all, program: "/bin/sh")
    let play = try #require(
      try? JSONDecoder().decode(TerminalPlay.self, from: Data(outcome.output.utf8)), "\(outcome)",
      sourceLocation: source)
    try #require(play.error == nil, "\(play.error ?? "")", sourceLocation: source)
    return play
  }

  /// Given back as it was.
  func expectGivenBack(source: SourceLocation = #_sourceLocation) {
    #expect(modes["after"] == modes["before"], sourceLocation: source)
    #expect(!hidden && !alternate, "the cursor is hidden, or another screen is up", sourceLocation: source)
  }

  /// The screen without the times of day.
  static func timeless(_ lines: [String]?) -> [String] {
    (lines ?? []).map { Readme.plain($0).replacing(#/\d\d:\d\d:\d\d \+00:00/#) { _ in "<time>" } }
  }
}
