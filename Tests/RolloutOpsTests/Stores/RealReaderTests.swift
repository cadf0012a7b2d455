import Foundation
import Testing

@testable import RolloutOps

/// What we write, as the real OpenFeature flagd provider from PyPI evaluates it.
///
/// Needs two virtual environments, made from the requirements in Tests/Live: `$ROLLOUTCTL_VENV` (by default
/// `.venv/flags`) and the same with `-v1` behind it. Without them the tests are skipped and say so;
/// `ROLLOUTCTL_LIVE=required` makes that a failure.
@Suite(.serialized, .waits) struct RealReaderTests {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func python(_ hash: FlagHash) -> String {
    let given = ProcessInfo.processInfo.environment["ROLLOUTCTL_VENV"] ?? ".venv/flags"
    let folder = URL(filePath: given, relativeTo: package).path + (hash == .v1 ? "-v1" : "")
    return "\(folder)/bin/python"
  }

  static let isRequired = ProcessInfo.processInfo.environment["ROLLOUTCTL_LIVE"] == "required"
  static let isPresent = [FlagHash.v1, .v3].allSatisfy { FileManager.default.isExecutableFile(atPath: python($0)) }
  static let reason: Comment = "no virtual environment with the flagd provider: see Tests/Live/requirements.txt"

  @Test func theProvidersAreThereWhereTheyAreRequired() {
    if Self.isRequired { #expect(Self.isPresent, Self.reason) }
  }

  // MARK: Selectors and exposures

  static func value(_ text: String, quoted: Bool = false) -> AttributeValue { AttributeValue(text, quoted: quoted) }
  static func equals(_ attribute: String, _ text: String) -> Selector { .equals(attribute: attribute, value(text)) }

  static let exposures: [(String, Exposure)] = {
    let paid = equals("plan", "paid")
    let whole = { (selector: Selector?) in Grant(cohort: selector, share: .whole) }
    let some = { (selector: Selector?, micro: Int) in Grant(cohort: selector, share: Percentage(micro: micro)) }
    return [
      ("one team", Exposure(grants: [whole(equals("team", "staff"))])),
      ("a list", Exposure(grants: [whole(.oneOf(attribute: "tenant", [value("t-1"), value("t-2"), value("t-99")]))])),
      ("not", Exposure(grants: [whole(.not(paid))])),
      (
        "and not",
        Exposure(grants: [whole(.all([paid, .not(.oneOf(attribute: "region", [value("eu"), value("uk")]))]))])
      ),
      ("not of and", Exposure(grants: [whole(.not(.all([paid, equals("team", "staff")])))])),
      ("number", Exposure(grants: [whole(equals("seats", "5"))])),
      ("quoted number", Exposure(grants: [whole(.equals(attribute: "seats", value("5", quoted: true)))])),
      ("fraction in a list", Exposure(grants: [whole(.oneOf(attribute: "seats", [value("2.5"), value("7")]))])),
      ("truth", Exposure(grants: [whole(equals("beta", "true"))])),
      ("nested", Exposure(grants: [whole(equals("user.plan", "paid"))])),
      ("awkward text", Exposure(grants: [whole(.oneOf(attribute: "team", [value("a \"b\" \\ é"), value("staff")]))])),
      ("half a percent", Exposure(grants: [some(nil, 500_000)])),
      ("5% of paid", Exposure(grants: [some(paid, 5_000_000)])),
      ("25% of paid", Exposure(grants: [some(paid, 25_000_000)])),
      ("50% of all", Exposure(grants: [some(paid, 25_000_000), some(nil, 50_000_000)])),
      (
        "several",
        Exposure(
          grants: [
            some(paid, 25_000_000), some(equals("region", "eu"), 60_000_000), some(nil, 1_234_000),
            whole(equals("team", "staff")), whole(equals("beta", "true")),
          ], exclusions: [equals("tier", "stable"), .oneOf(attribute: "tenant", [value("t-3"), value("t-4")])])
      ),
      ("everyone but", Exposure(grants: [whole(nil)], exclusions: [equals("tier", "stable")])),
      ("everyone", Exposure(grants: [whole(nil)])),
      ("99.999%", Exposure(grants: [some(nil, 99_999_000)])),
    ]
  }()

  static let contexts: [JSON] = {
    var random = SplitMix64(seed: 20_261_121)
    var contexts: [JSON] = [
      [:], ["tenant": nil], ["tenant": ""], ["tenant": 7], ["tenant": true], ["tenant": ["t-1"]], ["tenant": [:]],
      ["tenant": ["t-1", 100_000]], ["targetingKey": "t-1"], ["tenant": 7, "targetingKey": "t-1", "team": "staff"],
    ]
    let choices: [(String, [JSON])] = [
      ("plan", ["paid", "free", "Paid", nil, "paid-not"]), ("team", ["staff", "sta", "a \"b\" \\ é"]),
      ("region", ["eu", "uk", "us"]), ("seats", ["5", 5, .spelled("5.0"), 6, "7", .spelled("2.5"), "2.5"]),
      ("beta", [true, "true", false, "yes"]), ("tier", ["stable", "fast"]), ("user", [["plan": "paid"], "paid", []]),
      ("user.plan", ["paid"]),
    ]
    for unit in 0..<800 {
      var members = [JSON.Member("tenant", .string(unit % 50 == 0 ? "Ünit \(unit) 🚀" : "t-\(unit)"))]
      for (name, values) in choices where Bool.random(using: &random) {
        members.append(JSON.Member(name, values.randomElement(using: &random) ?? nil))
      }
      contexts.append(.object(members))
    }
    return contexts
  }()

  static let objects = [
    Variants.Variant("control", ["model": "m-4"]), Variants.Variant("canary", ["model": "m-5", "t": .spelled("0.70")]),
    Variants.Variant("off", ["enabled": false]),
  ]

  @Test(.enabled(if: isPresent, reason), arguments: [FlagHash.v1, .v3], [false, true])
  func everyRequestIsServedAsMeant(hash: FlagHash, isObject: Bool) throws {
    let folder = try Folder()
    let store = folder.store(#"{"flags":{}}"#)
    let (canary, control) = isObject ? ("canary", "control") : ("on", "off")
    var cases: [JSON] = []
    for (name, exposure) in Self.exposures {
      let split = Split(exposure: exposure, unit: "tenant", canary: canary, control: control)
      let flag = Flag(
        variants: isObject ? Self.objects : Variants.boolean.all, serving: .split(split),
        mark: Flag.Mark(stage: name))
      let reading = try store.write(flag, replacing: store.read(FlagKey(name)), urgency: .ordinary)
      #expect(reading.flag == flag)
      cases.append([
        "file": .string(folder.file), "flag": .string(name), "object": .bool(isObject),
        "contexts": .array(Self.contexts),
      ])
    }
    let answers = try JSON.parse(folder.run(hash, "answer", .array(cases)))
    var wrong: [String] = []
    for (index, (name, exposure)) in Self.exposures.enumerated() {
      let split = Split(exposure: exposure, unit: "tenant", canary: canary, control: control)
      let served = try #require(answers.items?[index].items)
      try #require(served.count == Self.contexts.count)
      for (context, variant) in zip(Self.contexts, served) {
        let expected = Membership(of: context, in: split, flag: FlagKey(name), hash: hash).isIn ? canary : control
        if variant.text != expected { wrong.append("\(name): \(context.written()) got \(variant.written())") }
      }
    }
    #expect(wrong.count == 0, "\(wrong.prefix(5).joined(separator: "\n"))")
  }

  /// Python holds 1 and true for equal, so its provider does where a selector says either. Pinned here so that we notice
  /// when it ends; `Membership` goes by the types, as other readers do.
  @Test(.enabled(if: isPresent, reason)) func pythonTakesOneForTrue() throws {
    let folder = try Folder()
    let store = folder.store(#"{"flags":{}}"#)
    let exposure = Exposure(grants: [Grant(cohort: Self.equals("beta", "true"), share: .whole)])
    let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
    let flag = Flag(variants: Variants.boolean.all, serving: .split(split), mark: nil)
    _ = try store.write(flag, replacing: store.read(FlagKey("f")), urgency: .ordinary)
    let contexts: JSON = [["tenant": "t", "beta": 1], ["tenant": "t", "beta": true], ["tenant": "t", "beta": 2]]
    let given: JSON = [["file": .string(folder.file), "flag": "f", "object": false, "contexts": contexts]]
    #expect(try JSON.parse(folder.run(.v3, "answer", given)) == [["on", "on", "off"]])
  }

  // MARK: A rollout before a running reader

  @Test(.enabled(if: isPresent, reason), arguments: [FlagHash.v1, .v3])
  func aRunningReaderFollowsEveryStepAndTheKill(hash: FlagHash) throws {
    let folder = try Folder()
    let flag = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off"}"#
    let store = folder.store("{\"flags\":{\"f\":\(flag),\"other\":\(flag)}}")
    let contexts = (0..<400).map {
      JSON.object([JSON.Member("tenant", .string("t-\($0)")), JSON.Member("plan", "paid")])
    }
    let given: JSON = ["file": .string(folder.file), "flag": "f", "object": false, "contexts": .array(contexts)]
    let reader = try folder.start(hash, "follow", given)
    defer { reader.stop() }
    #expect(Set(reader.next() ?? []) == ["off"])
    var before: Set<Int> = []
    for percent in [5, 25, 50] {
      let split = Split.paid(percent)
      let serving = Serving.split(split)
      var next = try #require(try store.read(FlagKey("f")).flag)
      next.serving = serving
      _ = try store.write(next, replacing: store.read(FlagKey("f")), urgency: .ordinary)
      let served = try #require(reader.next())
      let inside = Set(served.indices.filter { served[$0] == "on" })
      let expected = Set(
        contexts.indices.filter { Membership(of: contexts[$0], in: split, flag: FlagKey("f"), hash: hash).isIn })
      #expect(inside.symmetricDifference(expected).sorted() == [])
      #expect(before.subtracting(inside).sorted() == [])
      #expect(inside.count > before.count)
      before = inside
    }
    var killed = try #require(try store.read(FlagKey("f")).flag)
    (killed.serving, killed.mark) = (.everyone("off"), Flag.Mark(killed: true))
    _ = try store.write(killed, replacing: store.read(FlagKey("f")), urgency: .kill)
    #expect(Set(reader.next() ?? []) == ["off"])
  }

  // MARK: Python

  final class Folder {
    let path: String
    var file: String { "\(path)/flags.json" }

    init() throws {
      path = try POSIXFiles().realPath(NSTemporaryDirectory()) + "/reader-\(UUID().uuidString)"
      try POSIXFiles().makeFolder(path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func store(_ text: String) -> FileStore {
      try? POSIXFiles().create(file, Array(text.utf8), like: nil)
      let surroundings = Surroundings(workingFolder: path, actor: "maya", host: "desk", process: Int(getpid()))
      return FileStore(
        path: file, address: "file:flags.json",
        context: Context(
          clock: SystemClock(), files: POSIXFiles(), output: HeardOutput(), surroundings: surroundings))
    }

    func start(_ hash: FlagHash, _ verb: String, _ given: JSON) throws -> Reader {
      let cases = "\(path)/cases.json"
      try Data(given.written().utf8).write(to: URL(filePath: cases))
      return try Reader(python(hash), [package.path + "/Tests/Live/targeting.py", verb, cases])
    }

    func run(_ hash: FlagHash, _ verb: String, _ given: JSON) throws -> String {
      try start(hash, verb, given).line()
    }
  }

  final class Reader {
    private let process = Process()
    private let output = Pipe()
    private var pending = Data()

    init(_ executable: String, _ arguments: [String]) throws {
      process.executableURL = URL(filePath: executable)
      process.arguments = arguments
      process.standardOutput = output
      try process.run()
    }

    /// Up to the next line's end, or all there is when the reader ends.
    func line() -> String {
      while true {
        if let newline = pending.firstIndex(of: 0x0A) {
          defer { pending = Data(pending[(newline + 1)...]) }
          return String(decoding: pending[..<newline], as: UTF8.self)
        }
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { return String(decoding: pending, as: UTF8.self) }
        pending.append(more)
      }
    }

    func next() -> [String]? { (try? JSON.parse(line()))?.items?.compactMap(\.text) }

    func stop() {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
  }
}
