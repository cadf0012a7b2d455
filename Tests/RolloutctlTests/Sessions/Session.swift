import Foundation
import Synchronization

@testable import RolloutOps
@testable import rolloutctl

/// A note, a flag and a journal in memory, and people who type command lines there: the whole program from its words to
/// its exit status. The flag and its journal are in a file, or both in etcd.
final class Session {
  enum Store: String, CaseIterable { case file, etcd }

  static let note = "notes/summary.md"
  static let key = "ai-summary"
  static let acme = "tenant = acme"
  private static let folder = "/w/flags.json.rollout/"
  static let flagFile = "/w/flags.json"
  static let journalFile = folder + "ai-summary.journal"
  static let address = "etcd+http://127.0.0.1:2379/prod"
  static let flagKey = "/prod/ai-summary"
  private static let journalKey = "/prod.rollout/ai-summary.journal@"

  static let plainNote = SampleNote.text
  /// A note whose flag has a cheaper stand-in.
  static let variantNote =
    plainNote + """

      Variants:
      ```json
      {"control": {"model": "m-4", "prompt": "v6"}, "canary": {"model": "m-4", "prompt": "v7"},
       "fast": {"model": "s-1", "prompt": "v7"}, "off": {"enabled": false}}
      ```
      """

  let store: Store
  let clock: ScriptedClock
  let files: MemoryFiles
  let etcd = MemoryEtcd()

  init(_ store: Store = .file, note: String = plainNote) {
    (self.store, clock) = (store, ScriptedClock())
    files = MemoryFiles(clock)
    files.put("/w/" + Self.note, store == .file ? note : SampleNote.saying("Store", "Store: \(Self.address)", in: note))
    if store == .file { files.put(Self.flagFile, "{\n  \"flags\": {}\n}\n") }
    files.put("/w/.git/HEAD", "ref: refs/heads/main\n")
  }

  /// The same at this moment, for another future.
  func copy() -> Session { Session(copying: self) }

  private init(copying other: Session) {
    (store, clock) = (other.store, ScriptedClock(other.clock.now()))
    files = MemoryFiles(copying: other.files, clock)
    let state = other.etcd.state.withLock { $0 }
    etcd.state.withLock { $0 = state }
    restart()
  }

  /// The next process: its effects are counted anew, and nothing goes wrong any more.
  func restart() {
    files.restart()
    etcd.forget()
    etcd.fault.withLock { $0 = { _ in .none } }
  }

  // MARK: What people type

  struct Said: Equatable {
    /// Standard output as it is, standard error behind a mark.
    var lines: [String] = []
    /// Standard output alone.
    var output = ""
    var status: Int32 = 0

    var digest: String { Session.digest(lines.joined(separator: "\n") + "\n\(status)") }
  }

  @discardableResult
  func type(_ words: [String], by actor: String = "maya", columns: Int? = nil) -> Said {
    let output = SessionOutput(width: columns)
    var variables: Variables = ["HOME": "/home/\(actor)", "TERM": "xterm-256color"]
    if store == .etcd { variables["ROLLOUT_STORE"] = Self.address }
    let context = Context(
      clock: clock, files: files, inputs: DiskInputs(files: files), http: etcd, output: output,
      surroundings: Surroundings(variables: variables, workingFolder: "/w", actor: actor, host: "box", process: 7))
    let status = words.first == "degrade" ? degrade(words, context) : Program(context: context).run(words)
    return Said(lines: output.lines, output: output.results, status: Int32(status.rawValue))
  }

  /// Nobody types a degrade; a watch asks for it, and it is told as every other move is.
  private func degrade(_ words: [String], _ context: Context) -> ExitStatus {
    var request = Request(.degrade)
    (request.variant, request.isAutomatic) = ("fast", true)
    return ask(request, words, context)
  }

  /// A machine takes everybody back a stage, and holds.
  func rollBackByItself() {
    var request = Request(.rollback)
    request.isAutomatic = true
    let context = Context(
      clock: clock, files: files, http: etcd, output: SessionOutput(width: nil),
      surroundings: Surroundings(workingFolder: "/w", actor: "watch", host: "box", process: 7))
    _ = ask(request, [], context)
  }

  private func ask(_ request: Request, _ words: [String], _ context: Context) -> ExitStatus {
    var common = CommonOptions()
    common.reason = "parse failures above 2%"
    common.dryRun = words.contains("--dry-run")
    common.format = words.contains("json") ? .json : words.contains("markdown") ? .markdown : .text
    do throws(Trouble) {
      return try Invocation(context: context, common: common).move(request, on: Self.key)
    } catch {
      for sentence in error.sentences { context.output.failure(sentence) }
      return error.status
    }
  }

  func wait(_ seconds: Int = 60) { clock.advance(TimeSpan(seconds: seconds)) }

  /// Past the gates that only a person can see, to the next stage.
  func climb(_ times: Int = 1) {
    for _ in 0..<times {
      type(["attest", Self.note, "gates", "--evidence", "looked at it"])
      wait()
      type(["promote", Self.note])
    }
  }

  // MARK: What others do

  private static let style = JSON.Style.fitted(unit: "  ", base: "", width: 100)

  /// Somebody edits the flag by hand; nil takes it away.
  func edit(_ change: (JSON) -> JSON?) throws {
    switch store {
    case .file:
      let document = try JSON.parse(files.bytes(Self.flagFile) ?? [])
      let flags = document["flags"] ?? [:]
      let flag = change(flags[Self.key] ?? [:])
      let changed = flag.map { flags.setting(Self.key, to: $0) } ?? flags.removing(Self.key)
      files.put(Self.flagFile, document.setting("flags", to: changed).written(Self.style) + "\n")
    case .etcd:
      if let flag = change(try JSON.parse(Array((etcd.text(Self.flagKey) ?? "{}").utf8))) {
        etcd.put(Self.flagKey, flag.written(Self.style))
      } else {
        etcd.state.withLock { $0.keys[Self.flagKey] = nil }
      }
    }
  }

  /// The same by its letters.
  func edit(_ old: String, to new: String) throws {
    try edit { try? JSON.parse(Array($0.written(.compact).replacing(old, with: new).utf8)) }
  }

  func editNote(_ old: String, to new: String) {
    files.put("/w/" + Self.note, (files.text("/w/" + Self.note) ?? "").replacing(old, with: new))
  }

  // MARK: What is there

  /// All that a command may leave behind.
  struct Standing: Equatable {
    var flag: [String] = []
    var journal: [String] = []
    /// Everything else, by its name, with the digest of its bytes.
    var others: [String: String] = [:]
  }

  var standing: Standing {
    var standing = Standing()
    let lines = { (text: String) in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    standing.flag = lines((store == .file ? files.text(Self.flagFile) : etcd.text(Self.flagKey)) ?? "")
    let (keys, journal) = etcd.state.withLock { state in
      let names = state.keys.keys.sorted()
      let pieces = names.filter { $0.hasPrefix(Self.journalKey) }.compactMap { state.keys[$0]?.value }
      return (names, String(decoding: pieces.joined(), as: UTF8.self))
    }
    standing.journal = lines(store == .file ? files.text(Self.journalFile) ?? "" : journal)
    for path in files.paths where ![Self.flagFile, Self.journalFile].contains(path) {
      standing.others[Self.short(path)] = files.bytes(path).map { Self.digest($0) } ?? "folder"
    }
    for key in keys where key != Self.flagKey && !key.hasPrefix(Self.journalKey) {
      standing.others[key] = Self.digest(etcd.text(key) ?? "")
    }
    return standing
  }

  /// What was changed on the disk, or asked of the server, since the process began.
  var effects: [String] {
    store == .file ? files.trace.map(Self.short) : etcd.requests.map(Self.told)
  }

  private static func short(_ path: String) -> String {
    path.replacing(folder, with: "rollout/").replacing("/w/", with: "")
  }

  private static func told(_ request: HTTPRequest) -> String {
    let name = request.address.path.split(separator: "/").last.map(String.init) ?? ""
    guard let body = try? JSON.parse(request.body ?? []) else { return name }
    func key(_ json: JSON?) -> String {
      String(decoding: json?["key"]?.text.flatMap { Base64.decoded($0) } ?? [], as: UTF8.self)
    }
    guard name == "txn" else { return "\(name) \(key(body))" }
    let compares = (body["compare"]?.items ?? []).map { compare in
      let version = compare["mod_revision"] ?? compare["create_revision"] ?? compare["version"]
      return "\(key(compare)) is \(compare["target"]?.text ?? "?") \(compare["result"]?.text ?? "=") "
        + (version?.text ?? "-")
    }
    let steps = (body["success"]?.items ?? []).flatMap { step in
      (step.members ?? []).map { "\($0.name.dropFirst("request_".count)) \(key($0.value))" }
    }
    return
      "txn \(compares.isEmpty ? "" : "if \(compares.joined(separator: " and ")): ")\(steps.joined(separator: ", "))"
  }

  static func digest(_ bytes: some Sequence<UInt8>) -> String { String(SHA256.hex(Array(bytes)).prefix(8)) }
  static func digest(_ text: String) -> String { digest(text.utf8) }
}

/// Keeps what a program says, in the order in which it says it.
final class SessionOutput: Output {
  private let said = Mutex<(lines: [String], results: String)>(([], ""))
  let width: Int?

  init(width: Int?) { self.width = width }

  private func add(_ text: String, _ mark: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "\(mark) \($0)" }
    said.withLock { $0.lines += lines }
  }

  func result(_ text: String) {
    add(text, "|")
    said.withLock { $0.results += text + "\n" }
  }
  func remark(_ text: String) { add(text, "!") }
  func failure(_ text: String) { add(text, "!!") }
  var isBroken: Bool { false }
  func ask(_ question: String) -> String? { nil }

  var lines: [String] { said.withLock { $0.lines } }
  var results: String { said.withLock { $0.results } }
}
