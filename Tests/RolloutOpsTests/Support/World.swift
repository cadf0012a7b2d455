import Synchronization
import Testing

@testable import RolloutOps

/// A whole small world in memory: a note, a flag file, a clock, and operators who act on them through the same operations
/// as the real ones.
final class World: Sendable {
  let clock: ScriptedClock
  let files: MemoryFiles
  let output = HeardOutput()
  /// Servers: none, until a test scripts one.
  let http = ScriptedHTTP()
  /// A whole server in their place.
  private let server: (any HTTP)?
  /// More of the environment than the home folder.
  let variables = Mutex<[String: String]>([:])

  static let note = "/w/notes/summary.md"
  static let store = "/w/flags.json"
  static let journal = "/w/flags.json.rollout/ai-summary.journal"
  static let key = FlagKey("ai-summary")

  /// Four stages without soak or checklist, so that tests say which gate they mean.
  static let plainNote = SampleNote.text

  init(note: String = plainNote, flags: String = "{\n  \"flags\": {}\n}\n", server: (any HTTP)? = nil) {
    self.server = server
    clock = ScriptedClock()
    files = MemoryFiles(clock)
    files.put(Self.note, note)
    files.put(Self.store, flags)
    files.put("/w/.git/HEAD", "ref: refs/heads/main\n")
  }

  private static let played = Mutex<[World]>([])

  /// A world after so many promotions of the plain note: they are played once, and every test gets a copy of its own.
  static func after(_ promotions: Int) throws -> World {
    try played.withLock { played in
      while played.count <= promotions {
        let next = played.last?.copy() ?? World()
        if !played.isEmpty { try next.advance() }
        played.append(next)
      }
      return played[promotions].copy()
    }
  }

  /// The same world at this moment, for another future.
  func copy() -> World { World(copying: self) }

  private init(copying other: World) {
    server = other.server
    clock = ScriptedClock(other.clock.now())
    files = MemoryFiles(copying: other.files, clock)
  }

  /// The same disk, as another operator's process sees it.
  init(sharing files: MemoryFiles) { (clock, self.files, server) = (files.clock, files, nil) }

  /// Where a secret was planted, nothing that was said and no file may hold it. All of them begin alike.
  deinit {
    let mark = "planted-"
    guard variables.withLock({ $0.values.contains { $0.contains(mark) } }) else { return }
    let said = [("what was said", (output.results + output.remarks).joined(separator: "\n"))]
    for (place, text) in said + files.paths.map({ ($0, files.text($0) ?? "") }) where text.contains(mark) {
      Issue.record("a secret is in \(place)")
    }
  }

  func context(_ actor: String = "maya") -> Context {
    var all: Variables = ["HOME": "/home/\(actor)"]
    for (name, value) in variables.withLock({ $0 }) { all[name] = value }
    return Context(
      clock: clock, files: files, inputs: DiskInputs(files: files), http: server ?? http, output: output,
      surroundings: Surroundings(variables: all, workingFolder: "/w", actor: actor, host: "box", process: 7))
  }

  @discardableResult
  func move(
    _ verb: Verb, on target: String = note, by actor: String = "maya", reason: String? = nil, dryRun: Bool = false,
    _ adjust: (inout Request) -> Void = { _ in }
  ) throws(Trouble) -> MoveReport {
    var request = Request(verb)
    adjust(&request)
    var choices = OperatorChoices()
    (choices.reason, choices.dryRun) = (reason, dryRun)
    return try Move(context: context(actor), choices: choices).perform(request, on: target)
  }

  @discardableResult
  func kill(
    _ key: FlagKey = key, by actor: String = "oncall", to: String? = nil, within: TimeSpan = TimeSpan(seconds: 30)
  ) -> KillReport {
    Kill(context: context(actor), choices: OperatorChoices(), within: within, to: to).perform([key.text])
  }

  /// Past the gates that only a person can see, to the next stage.
  @discardableResult
  func advance() throws(Trouble) -> MoveReport {
    if try status().place.stageIndex != nil { try attest("gates") }
    if try status().next?.name == "25% of paid" { try attest("review", by: "lee") }
    clock.advance(TimeSpan(seconds: 60))
    return try move(.promote)
  }

  func attest(_ item: String, by actor: String = "maya") throws(Trouble) {
    _ = try Attest(context: context(actor), choices: OperatorChoices()).attest(
      item, on: Self.note, evidence: "looked at it")
  }

  func status(of target: String = note) throws(Trouble) -> StatusReport {
    try Status(context: context(), choices: OperatorChoices()).status(of: target)
  }

  var entries: [Entry] {
    get throws { try Journal(path: Self.journal, flag: Self.key, files: files).read().entries }
  }

  /// The flag as the store has it now.
  var flag: Flag? {
    get throws { try FileStore(path: Self.store, address: "file:flags.json", context: context()).read(Self.key).flag }
  }
}
