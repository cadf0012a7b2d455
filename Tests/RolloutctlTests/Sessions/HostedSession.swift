import Foundation

@testable import RolloutOps
@testable import rolloutctl

/// A note and a journal in memory, and a flag on a scripted platform that is asked through the real libcurl: the whole
/// program from its words to its exit status, and every request that it sends.
final class HostedSession {
  let kind: HostedKind
  let platform: LivePlatform
  private let clock: ScriptedClock
  private let files: MemoryFiles

  init(_ kind: HostedKind, on platform: LivePlatform, _ change: (String) -> String = { $0 }) {
    (self.kind, self.platform, clock) = (kind, platform, ScriptedClock())
    files = MemoryFiles(clock)
    let note = kind.hasVariants ? Session.variantNote : Session.plainNote
    files.put("/w/" + Session.note, change(SampleNote.saying("Store", "Store: \(address)", in: note)))
    files.put("/w/.git/HEAD", "ref: refs/heads/main\n")
  }

  /// The same files at this moment, for another future; what the platform holds is not theirs to keep.
  func copy() -> HostedSession { HostedSession(copying: self) }

  private init(copying other: HostedSession) {
    (kind, platform, clock) = (other.kind, other.platform, ScriptedClock(other.clock.now()))
    files = MemoryFiles(copying: other.files, clock)
  }

  private var address: String { kind.platform.address(at: platform.place, kind.path) }

  /// What a command line says, asks and writes down.
  struct Said {
    var lines: [String] = []
    var status: Int32 = 0
    var requests: [LivePlatform.Asked] = []
    var entries: [JSON] = []
  }

  @discardableResult
  func type(_ words: [String], by actor: String = "maya", token: String = LivePlatform.token) throws -> Said {
    let output = SessionOutput(width: nil)
    let variables: Variables = ["HOME": "/home/\(actor)", kind.platform.variable: token, "ROLLOUT_STORE": address]
    let context = Context(
      clock: clock, files: files, inputs: DiskInputs(files: files), http: Undated(http: platform.http), output: output,
      surroundings: Surroundings(variables: variables, workingFolder: "/w", actor: actor, host: "box", process: 7))
    let before = journals
    try platform.forget()
    let status = Program(context: context).run(words)
    let entries = journals.sorted { $0.key < $1.key }.flatMap { $0.value.dropFirst(before[$0.key]?.count ?? 0) }
    return try Said(
      lines: output.lines, status: Int32(status.rawValue), requests: platform.requests(),
      entries: entries.map { try JSON.parse(Array($0.utf8)) })
  }

  /// The lines of each journal.
  private var journals: [String: [Substring]] {
    let names = files.paths.filter { $0.hasSuffix(".journal") }
    return Dictionary(uniqueKeysWithValues: names.map { ($0, (files.text($0) ?? "").split(separator: "\n")) })
  }

  func wait(_ seconds: Int = 60) { clock.advance(TimeSpan(seconds: seconds)) }

  /// Past the gates that only people can see.
  func look() throws {
    try type(["attest", Session.note, "gates", "--evidence", "looked at it"])
    try type(["attest", Session.note, "review", "--evidence", "read fifty samples"], by: "lee")
    wait()
  }

  /// At the stage of that number, the first being one.
  func enter(_ stage: Int) throws {
    for number in 0..<stage {
      if number > 0 { try look() }
      try type(["promote", Session.note])
    }
  }
}

/// Answers without the time at which they were made, which is not that of the session's clock.
private struct Undated: HTTP {
  let http: any HTTP

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    let answer = try http.answer(to: request)
    return HTTPAnswer(status: answer.status, headers: answer.headers.filter { $0.name != "date" }, body: answer.body)
  }
}
