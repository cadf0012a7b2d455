import Foundation
import Synchronization
import Testing

@testable import RolloutOps

/// Random flag files, written in random styles.
@Suite struct RandomDocumentTests {
  static func space(_ random: inout SplitMix64) -> String {
    ["", "", " ", "\n  ", "\t", "\r\n\t\t"].randomElement(using: &random) ?? ""
  }

  static func value(_ random: inout SplitMix64, depth: Int = 0) -> String {
    switch Int.random(in: 0..<(depth > 2 ? 4 : 6), using: &random) {
    case 0: return ["1", "-0.50", "1e+3", "1.0", "123456789012345678901"].randomElement(using: &random) ?? "1"
    case 1: return #""\u00e9\n\"x\" 🚀 "flags": {}""#.replacing(#""flags""#, with: #"\"flags\""#)
    case 2: return "true"
    case 3: return "\"\""
    case 4:
      let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth + 1) }
      return "[" + items.joined(separator: ",") + space(&random) + "]"
    default:
      return object(
        (0..<Int.random(in: 0...3, using: &random)).map { ("k\($0)", value(&random, depth: depth + 1)) }, &random)
    }
  }

  static func object(_ members: [(String, String)], _ random: inout SplitMix64) -> String {
    let written = members.map { name, value in
      "\(space(&random))\"\(name)\"\(space(&random)):\(space(&random))\(value)\(space(&random))"
    }
    return "{" + written.joined(separator: ",") + space(&random) + "}"
  }

  static func flag(_ random: inout SplitMix64) -> String {
    var members = [
      ("state", Bool.random(using: &random) ? "\"ENABLED\"" : "\"DISABLED\""),
      ("variants", object([("on", value(&random)), ("off", value(&random))], &random)),
    ]
    if Bool.random(using: &random) { members.append(("defaultVariant", "\"off\"")) }
    if Bool.random(using: &random) { members.append(("targeting", object([("x", value(&random))], &random))) }
    if Bool.random(using: &random) {
      members.append(("metadata", object([("owner", "\"m\""), ("n", "1.0")], &random)))
    }
    if Bool.random(using: &random) { members.append(("source", value(&random))) }
    return object(members.shuffled(using: &random), &random)
  }

  @Test func bytesOutsideTheFlagNeverChange() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<150 {
      let count = Int.random(in: 1...6, using: &random)
      let others = (0..<count).map { ("flag-\($0)", Self.flag(&random)) }
      let place = Int.random(in: 0...count, using: &random)
      let marker = "\u{1}"
      let flags = others[..<place] + [("a", marker)] + others[place...]
      let skeleton = Self.object(
        [("$schema", "\"x\""), ("flags", Self.object(Array(flags), &random)), ("more", Self.value(&random))].shuffled(
          using: &random),
        &random)
      let sides = skeleton.split(separator: marker, omittingEmptySubsequences: false).map(String.init)
      let world = FlagWorld(sides[0] + Self.flag(&random) + sides[1])
      for serving in [Serving.split(.paid(5)), .everyone("on"), .split(.paid(50))] {
        #expect(try world.write(serving).flag?.serving == serving, "seed \(seed)")
        #expect(world.text.hasPrefix(sides[0]) && world.text.hasSuffix(sides[1]), "seed \(seed)")
      }
      #expect(try world.write(.everyone("off"), urgency: .kill).flag?.serving == .everyone("off"), "seed \(seed)")
      #expect(world.text.hasPrefix(sides[0]) && world.text.hasSuffix(sides[1]), "seed \(seed)")
      let before = world.text
      _ = try world.write(.split(.paid(5)), "new")
      #expect(Self.isInsertion(before, world.text), "seed \(seed)")
    }
  }

  /// Whether the longer text is the shorter with one piece put in.
  static func isInsertion(_ short: String, _ long: String) -> Bool {
    let (short, long) = (Array(short.utf8), Array(long.utf8))
    let head = zip(short, long).prefix { $0 == $1 }.count
    let tail = zip(short.reversed(), long.reversed()).prefix { $0 == $1 }.count
    return head + tail >= short.count
  }

  /// Thirty-two threads on a real disk, each moving its own flag again and again, and one flag that all of them kill.
  @Test func manyWritersOnARealDiskLoseNothing() throws {
    let folder = try POSIXFiles().realPath(NSTemporaryDirectory()) + "/many-\(UUID().uuidString)"
    try POSIXFiles().makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let flag = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#
    let path = "\(folder)/flags.json"
    let members = (0..<32).map { "\"f\($0)\":\(flag)" } + ["\"all\":\(flag)"]
    try POSIXFiles().create(path, Array("{\"flags\":{\(members.joined(separator: ","))}}".utf8), like: nil)
    let troubles = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 32) { index in
      let context = Context(
        clock: SystemClock(), files: POSIXFiles(), output: HeardOutput(),
        surroundings: Surroundings(workingFolder: folder, actor: "maya", host: "desk", process: 1_000_000 + index))
      let store = FileStore(path: path, address: path, context: context)
      func set(_ key: String, _ serving: Serving, _ urgency: Urgency) throws {
        let reading = try store.read(FlagKey(key))
        var flag = reading.flag ?? Flag(variants: [], serving: .everyone("missing"), mark: nil)
        flag.serving = serving
        _ = try store.write(flag, replacing: reading, urgency: urgency)
      }
      do {
        for round in 1...5 { try set("f\(index)", .split(.paid(round * 10)), round % 2 == 0 ? .kill : .ordinary) }
      } catch {
        troubles.withLock { $0.append("\(error)") }
      }
      while true {
        do {
          try set("all", .everyone("off"), .kill)
          break
        } catch StoreTrouble.changedMeanwhile {
          continue
        } catch {
          troubles.withLock { $0.append("\(error)") }
          break
        }
      }
    }
    #expect(troubles.withLock { $0 } == [])
    let world = Context(
      clock: SystemClock(), files: POSIXFiles(), output: HeardOutput(),
      surroundings: Surroundings(workingFolder: folder, actor: "maya", host: "desk", process: 1))
    let store = FileStore(path: path, address: path, context: world)
    for index in 0..<32 { #expect(try store.read(FlagKey("f\(index)")).flag?.serving == .split(.paid(50))) }
    #expect(try store.read(FlagKey("all")).flag?.serving == .everyone("off"))
    #expect(try POSIXFiles().names(in: folder) == ["flags.json", "flags.json.rollout"])
  }
}

@Suite struct StoreAddressTests {
  @Test(arguments: [
    ("file:flags.json", "flags.json"), ("flags.json", "flags.json"), ("file:/a/b.json", "/a/b.json"),
    ("file:///a/b.json", "/a/b.json"), ("./a:b.json", "./a:b.json"), ("x:y", "x:y"), ("FILE:x", "x"),
    ("dir/etcd:x", "dir/etcd:x"), ("file:a b.json", "a b.json"),
  ]) func names(text: String, path: String) throws {
    let address = try StoreAddress(text)
    #expect(address.path == path)
    #expect(address.text == text)
  }

  @Test(arguments: [
    ("", "the path is missing"), ("file:", "the path is missing"),
    ("file://host/a", "a flag file is on this machine: file:/path, without a host"),
    ("file:flags/", "this is a folder; name the flag file in it"), ("a\0b", "a path cannot hold a zero byte"),
    ("https://", "the host is missing"),
    (
      "http://user:secret@h/f",
      "a name or password does not belong in an address; secrets come from the environment"
    ),
    (
      "s3://b/f",
      "there is no store \"s3:\"; stores are file:, https://, etcd+https://, launchdarkly:, unleash+https://, posthog: "
        + "and statsig:"
    ),
    ("s3:b/f", "there is no store \"s3:\"; a path that has a colon is written as ./s3:b/f"),
  ]) func refuses(text: String, why: String) {
    // A name and a password in it are printed nowhere.
    let shown = text.replacing("user:secret@", with: "…@")
    #expect(throws: StoreTrouble.badAddress(shown, why: why)) { _ = try StoreAddress(text) }
  }

  @Test func aRelativePathStartsAtItsFolder() throws {
    let world = FlagWorld(#"{"flags":{}}"#)
    let store = try StoreAddress("file:flags.json").opening(from: "/w", StoreTerms(root: "/w"), world.context)
    #expect(store.address == "file:flags.json")
    #expect(store.propagation == TimeSpan(seconds: 6))
    #expect(try store.list() == [])
  }
}
