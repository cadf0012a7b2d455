import Testing

@testable import RolloutOps

/// What a flag file may hold, what is refused, and what of it changes.
@Suite struct FlagFileTests {
  static let good = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off"}"#

  struct Trap: CustomTestStringConvertible {
    let name: String
    let text: String
    let line: Int
    let column: Int
    let sentence: String
    var rejected = true
    var testDescription: String { name }

    var by: FlagReaders

    init(
      _ name: String, _ text: String, _ line: Int, _ column: Int, _ sentence: String, _ by: FlagReaders = .all,
      malformed: Bool = false
    ) {
      self.by = by
      (self.name, self.text, self.line, self.column) = (name, text, line, column)
      (self.sentence, rejected) = (sentence, !malformed)
    }

    var trouble: StoreTrouble {
      let position = Position(line: line, column: column)
      return rejected
        ? .rejectedByReaders(path: FlagWorld.path, position, sentence, by: by)
        : .malformed(path: FlagWorld.path, position, sentence)
    }
  }

  static func file(other: String) -> String { "{\"flags\": {\n  \"a\": \(good),\n  \"b\": \(other)\n}}" }

  /// All of these parse as JSON.
  static let elsewhere = [
    Trap(
      "unknown key",
      file(other: #"{"state":"ENABLED","description":"x","variants":{"on":true},"defaultVariant":"on"}"#),
      3, 27, #"flag "b": a flag has no member "description""#, .python),
    Trap(
      "state in small letters", file(other: #"{"state":"enabled","variants":{"on":true},"defaultVariant":"on"}"#),
      3, 17, #"flag "b": "state" is neither "ENABLED" nor "DISABLED""#, [.node, .python]),
    Trap(
      "no state", file(other: #"{"variants":{"on":true},"defaultVariant":"on"}"#),
      3, 8, #"flag "b": it has no "state""#, [.node, .python]),
    Trap(
      "empty variants", file(other: #"{"state":"ENABLED","variants":{}}"#), 3, 8, #"flag "b": it has no "variants""#,
      .python),
    Trap(
      "unknown default", file(other: #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"off"}"#),
      3, 67, #"flag "b": the default variant "off" is not among the variants"#, [.go, .node]),
    Trap(
      "default is a number", file(other: #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":1}"#),
      3, 67, #"flag "b": "defaultVariant" is not the name of a variant"#, [.go, .node, .python]),
    Trap(
      "nested metadata",
      file(other: #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on","metadata":{"é":"é","x":{}}}"#),
      3, 92, #"flag "b": the metadata may hold only named texts, numbers and truth values"#, .python),
    Trap(
      "null in metadata",
      file(other: #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on","metadata":{"x":null}}"#),
      3, 84, #"flag "b": the metadata may hold only named texts, numbers and truth values"#, .python),
    Trap("not an object", file(other: "true"), 3, 8, #"flag "b": it is not an object"#),
    Trap(
      "metadata of the file", "{\"metadata\":[],\n\"flags\":{\"a\":\(good)}}", 1, 2,
      "the file's \"metadata\" is not an object", [.go, .java, .python]),
  ]

  static let ambiguous = [
    Trap(
      "flag twice", "{\"flags\":{\"a\":\(good),\n\"\\u0061\":\(good)}}", 2, 1, #"flag "a": it stands twice in "flags""#,
      malformed: true),
    Trap(
      "other flag twice", "{\"flags\":{\"b\":\(good),\"a\":\(good),\n\"b\":\(good)}}", 2, 1,
      #"flag "b": it stands twice in "flags""#, malformed: true),
    Trap(
      "flags twice", "{\"flags\":{},\n\"flags\":{\"a\":\(good)}}", 2, 1,
      #"the member "flags" stands twice in one object"#,
      malformed: true),
    Trap(
      "member twice",
      #"{"flags":{"a":{"state":"ENABLED","state":"ENABLED","variants":{"on":true,"off":1},"defaultVariant":"off"}}}"#,
      1, 34, #"flag "a": the member "state" stands twice in one object"#, malformed: true),
  ]

  static let hopeless = [
    Trap("no JSON", "{\"flags\":{\n\"a\":}}", 2, 5, "found '}' where a value should be", malformed: true),
    Trap("cut", "{\"flags\":{", 1, 11, "the text ends where a member's name should be", malformed: true),
    Trap("comma", "{\"flags\":{\"a\":\(good),}}", 1, 93, "found '}' where a member's name should be", malformed: true),
    Trap("empty", "", 1, 1, "the text ends where an object should be", malformed: true),
    Trap(
      "two values", "{\"flags\":{\"a\":\(good)}} x", 1, 95, "something follows the end of the value", malformed: true),
    Trap(
      "byte order mark", "\u{FEFF}{\"flags\":{}}", 1, 1, "the file starts with a byte order mark, which readers refuse",
      malformed: true),
    Trap("no flags", "{\"a\":\(good)}", 1, 1, "the file has no object \"flags\"", malformed: true),
    Trap("list", "[]", 1, 1, "found '[' where an object should be", malformed: true),
    Trap(
      "deep", "{\"flags\":{},\"x\":" + String(repeating: "[", count: 300), 1, 272, "the nesting is deeper than 256",
      malformed: true),
  ]

  @Test(arguments: elsewhere + ambiguous) func anOrdinaryChangeIsRefusedForAnyFlag(trap: Trap) throws {
    let world = FlagWorld(trap.text)
    #expect(try world.read("a").trouble == trap.trouble)
    #expect(throws: trap.trouble) { _ = try world.write(.split(.paid(5))) }
    #expect(world.text == trap.text)
    #expect(world.leftovers.isEmpty)
  }

  @Test(arguments: elsewhere) func aKillIsWrittenAndThenSaysThatReadersRejectTheFile(trap: Trap) throws {
    let world = FlagWorld(trap.text)
    #expect(throws: trap.trouble) { _ = try world.write(.everyone("on"), urgency: .kill) }
    #expect(try world.read("a").flag?.serving == .everyone("on"))
    #expect(try world.read("a").flag?.mark == Flag.Mark(killed: true))
  }

  @Test(arguments: ambiguous) func aKillTakesTheLastOfSeveralAsReadersDo(trap: Trap) throws {
    let world = FlagWorld(trap.text)
    let reading = try world.write(.everyone("on"), urgency: .kill)
    #expect(reading.flag?.serving == .everyone("on"))
  }

  @Test(arguments: hopeless) func aFileThatIsNoneIsNeverTouched(trap: Trap) throws {
    let world = FlagWorld(trap.text)
    #expect(throws: trap.trouble) { _ = try world.read("a") }
    #expect(throws: trap.trouble) { _ = try world.store.list() }
    let stale = FlagReading(key: FlagKey("a"), flag: nil, version: "absent", spelled: nil)
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone("off"), mark: Flag.Mark(killed: true))
    for urgency in [Urgency.ordinary, .kill] {
      #expect(throws: trap.trouble) { _ = try world.store.write(flag, replacing: stale, urgency: urgency) }
    }
    #expect(world.text == trap.text)
  }

  @Test(arguments: [
    #""state":"enabled","variants":{"on":true,"off":false},"defaultVariant":"off""#,
    #""state":"DISABLED","variants":{"on":true,"off":false},"defaultVariant":"nope","targeting":{"if":[]}"#,
    #""state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":null,"description":"x","y":[{}]"#,
    #""variants":{"on":true,"off":false},"metadata":{"owner":"maya","x":[1]},"source":"s""#,
    #""state":"ENABLED","variants":{"on":true,"off":false},"metadata":[]"#,
  ]) func aKillMendsItsOwnFlag(members: String) throws {
    let world = FlagWorld("{\"flags\":{\"a\":{\(members)},\"b\":\(Self.good)}}")
    let reading = try world.write(.everyone("off"), urgency: .kill)
    #expect(reading.flag?.serving == .everyone("off"))
    #expect(reading.trouble == nil)
    #expect(try world.read("b").flag?.serving == .everyone("off"))
  }

  @Test func whatReadersTolerateIsNoFault() throws {
    let world = FlagWorld(
      """
      {"$schema":"https://flagd.dev/schema/v0/flags.json","$evaluators":{"x":{"in":[1,[1]]}},"more":[1,{"a":null}],
      "metadata":{"flagSetId":"p","n":1,"t":true},
      "flags":{"a":\(Self.good),"n":{"state":"DISABLED","variants":{"true":1},"defaultVariant":null,"metadata":null,
      "source":"s","selector":"t","targeting":{"var":"x"}},"":\(Self.good)}}
      """)
    #expect(try world.read("a").trouble == nil)
    #expect(try world.store.list().map(\.key.text) == ["a", "n", ""])
  }

  @Test func aFileThatIsTooLongOrMissingIsSaid() throws {
    let world = FlagWorld("{}")
    world.files.put(FlagWorld.path, [UInt8](repeating: 0x20, count: FileStore.sizeLimit + 1))
    let tooLong = FileTrouble.Reason.tooLong(size: FileStore.sizeLimit + 1, limit: FileStore.sizeLimit)
    #expect(throws: StoreTrouble.file(FileTrouble(.reading, FlagWorld.path, tooLong))) {
      _ = try world.read("a")
    }
    world.files.erase(FlagWorld.path)
    #expect(throws: StoreTrouble.file(FileTrouble(.reading, FlagWorld.path, .missing))) {
      _ = try world.read("a")
    }
  }
}
