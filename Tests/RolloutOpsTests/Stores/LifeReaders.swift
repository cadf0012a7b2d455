import Foundation
import Testing

@testable import RolloutOps

/// Somebody who reads a flag at each stage of its life.
struct LifeReader {
  let name: String
  /// Which hash it deals by, where that is known.
  var hash: FlagHash?
  /// What it knows otherwise than the note has it, as `rolloutctl help stores` says.
  var ways: [LifeWay] = []
  /// Sees what the store serves now.
  var look: (RolloutLife.Stage) throws -> Void = { _ in }
  /// What each context was served at each stage that was seen: all at once, after the last.
  let answers: () throws -> [RolloutLife.Stage: [String]]
}

/// A known way of some SDKs, which `rolloutctl help stores` tells of: whom it concerns, and what it is. A kill and the end
/// of a rollout are the same for all.
struct LifeWay: Sendable {
  let reason: String
  /// Of the small program around an SDK, and not of the SDK.
  let isOfTheProgram: Bool
  let concerns: @Sendable (_ context: JSON) -> Bool

  init(_ reason: String, isOfTheProgram: Bool = false, _ concerns: @escaping @Sendable (_ context: JSON) -> Bool) {
    (self.reason, self.isOfTheProgram, self.concerns) = (reason, isOfTheProgram, concerns)
  }

  private static func isList(_ value: JSON) -> Bool { value.items != nil || value.members != nil }
  private static func hasOtherLetters(_ text: String?) -> Bool { text?.utf8.contains { $0 > 127 } ?? false }

  static let hashesOtherLetters = LifeWay("Node deals units with other letters than those of ASCII in a way of its own")
  {
    hasOtherLetters($0["tenant"]?.text)
  }
  static let takesOneForTrue = LifeWay("Python holds 1 and true for equal") { $0["beta"] == 1 }
  static let takesListsByTheirValues = LifeWay("an attribute that is a list meets a selector by one of its values") {
    ($0.members ?? []).contains { isList($0.value) }
  }
  static let takesUnitsForTexts = LifeWay("a unit that is no text is taken for its text") {
    $0["tenant"].map { $0.text == nil } ?? false
  }
  static let takesAnEmptyUnitForOne = LifeWay("an empty unit is taken for one") { $0["tenant"] == "" }
  static let spellsFiveWithAPoint = LifeWay("texts are compared, and 5.0 is not 5") { $0["seats"] == .spelled("5.0") }
  static let leavesPatternsUndecided = LifeWay("Node leaves a pattern with letters beyond ASCII undecided") {
    ["t-1", "t-3"].contains($0["tenant"]) || hasOtherLetters($0["tenant"]?.text)
  }
  static let takesNamesForNothing = LifeWay("units that are called as nothing is are out") {
    ["undefined", "null"].contains($0["tenant"])
  }
  static let isNotAsked = LifeWay(
    "the reader for Java passes on texts, numbers and truth values, and units that are texts", isOfTheProgram: true
  ) {
    $0 != LifeReader.plain($0)
  }
}

/// What a world showed at each stage, for readers that are asked afterwards.
final class LifeAlbum {
  struct Picture {
    let stage: RolloutLife.Stage
    let document: JSON
    let place: String
  }

  var pictures: [Picture] = []
}

extension LifeReader {
  /// One that is asked at once.
  static func standing(
    _ name: String, ways: [LifeWay] = [], _ ask: @escaping (RolloutLife.Stage) throws -> [String]
  ) -> LifeReader {
    final class Notebook { var lines: [RolloutLife.Stage: [String]] = [:] }
    let notebook = Notebook()
    return LifeReader(name: name, ways: ways, look: { notebook.lines[$0] = try ask($0) }, answers: { notebook.lines })
  }

  /// Without what is no text, number or truth value, and with units that are texts.
  static func plain(_ context: JSON) -> JSON {
    .object(
      (context.members ?? []).filter { member in
        let isPlain = member.value != .null && member.value.items == nil && member.value.members == nil
        return isPlain && (member.name != "tenant" || member.value.text != nil)
      })
  }

  /// One that takes all documents in one process.
  static func late(
    _ language: (name: String, words: [String]), _ platform: String, mode: String, hasVariants: Bool = false,
    ways: [LifeWay] = [], _ album: LifeAlbum
  ) -> LifeReader {
    let isJava = language.name == "Java"
    return LifeReader(name: language.name, ways: ways + (isJava ? [.isNotAsked] : [])) {
      let jobs = album.pictures.map { picture in
        PlatformPeers.Job(
          flag: World.key.text, mode: mode, name: picture.stage.rawValue, document: picture.document,
          place: picture.place)
      }
      let told = try PlatformPeers.ask(
        language.words, platform, jobs, isJava ? RolloutLife.contexts.map(plain) : RolloutLife.contexts, document: nil,
        place: "")
      return try Dictionary(
        uniqueKeysWithValues: album.pictures.map { ($0.stage, try #require(told[$0.stage.rawValue])) })
    }
  }
}

/// What the readers of one store saw, held against what the note means.
struct LifeVerdict {
  let life: RolloutLife
  let place: String
  private(set) var table: [String] = []
  /// Ways of the reader at hand that were seen.
  private var seen: Set<String> = []
  /// By stage, whom each reader has let in, without those whom it knows otherwise.
  private var drawn: [RolloutLife.Stage: [String: [Bool?]]] = [:]

  init(_ life: RolloutLife, _ place: String) { (self.life, self.place) = (life, place) }

  mutating func judge(_ reader: LifeReader) throws {
    let answers = try reader.answers()
    var cells: [String] = []
    var last: [Bool?] = []
    var beforeKill: [Bool?] = []
    seen = []
    for stage in RolloutLife.stages {
      let served = try #require(answers[stage], "\(place), \(reader.name): nothing at \(stage)")
      try #require(served.count == RolloutLife.contexts.count, "\(place), \(reader.name), \(stage)")
      let (isIn, wrong, known) = look(reader, stage, served)
      let lost = stage == .killed ? 0 : zip(last, isIn).count { $0 == true && $1 == false }
      let title = "\(place), \(reader.name), \(stage)"
      #expect(wrong.count == 0, "\(title): \(wrong.count) wrong\n\(wrong.prefix(5).joined(separator: "\n"))")
      #expect(lost == 0, "\(title): somebody was lost")
      // Whoever was in before the kill, and nobody else.
      if stage == .restored { #expect(isIn == beforeKill, "\(title): others than before the kill") }
      if stage == .quarter { beforeKill = isIn }
      if stage != .killed { last = isIn }
      drawn[stage, default: [:]][reader.name] = isIn
      let marks = [wrong.isEmpty ? "" : "\(wrong.count) wrong", lost == 0 ? "" : "\(lost) lost"].filter { !$0.isEmpty }
      cells.append(
        "\(served.count { $0 == "on" })\(known == 0 ? "" : " (\(known) known)")\(marks.map { " \($0)" }.joined())")
    }
    // A way that an SDK no longer has is no exemption.
    for way in reader.ways where RolloutLife.isTold && !way.isOfTheProgram {
      #expect(seen.contains(way.reason), "\(place), \(reader.name): \(way.reason) is not so")
    }
    table.append(([place, reader.name] + cells).joined(separator: " | "))
  }

  private mutating func look(
    _ reader: LifeReader, _ stage: RolloutLife.Stage, _ served: [String]
  ) -> (isIn: [Bool?], wrong: [String], known: Int) {
    var (isIn, wrong, others) = ([Bool?](), [String](), 0)
    let ways = stage == .killed || stage == .finished ? [] : reader.ways
    var (shared, dealt) = (0, 0)
    for (context, variant) in zip(RolloutLife.contexts, served) {
      let on = variant == "on"
      let meaning = life.meaning(of: context, at: stage)
      var expected: Bool?
      switch meaning {
      case .inside: expected = true
      case .outside: expected = false
      case .byShare:
        expected = reader.hash.map { hash in
          Bucket(flag: World.key, unit: context["tenant"]?.text ?? "", version: hash)
            .isWithin(Percentage(micro: Int(life.percent(at: stage) * 1_000_000)))
        }
      }
      let known = ways.filter { $0.concerns(context) }
      if !known.isEmpty {
        // Whom a share lets in, the reader alone may know.
        if expected.map({ $0 != on }) ?? true { seen.formUnion(known.map(\.reason)) }
        if let expected, expected != on { others += 1 }
        isIn.append(nil)
        continue
      }
      if let expected, expected != on { wrong.append("\(context.written(.compact)) gets \(variant)") }
      if meaning == .byShare { (shared, dealt) = (shared + 1, dealt + (on ? 1 : 0)) }
      isIn.append(on)
    }
    let share = life.percent(at: stage) / 100
    let (mean, deviation) = (Double(shared) * share, (Double(shared) * share * (1 - share)).squareRoot())
    if abs(Double(dealt) - mean) > 5 * deviation + 1 { wrong.append("\(dealt) of \(shared) are in by the share") }
    return (isIn, wrong, others)
  }

  /// Readers of one platform draw the same people.
  func expectOneDraw() {
    for stage in RolloutLife.stages {
      let readers = (drawn[stage] ?? [:]).sorted { $0.key < $1.key }
      for (other, theirs) in readers.dropFirst() {
        let differing = RolloutLife.contexts.indices.filter { index in
          guard let one = readers[0].value[index], let two = theirs[index] else { return false }
          return one != two
        }
        let who = differing.prefix(5).map { RolloutLife.contexts[$0].written(.compact) }.joined(separator: "\n")
        #expect(differing.count == 0, "\(place), \(stage): \(readers[0].key) and \(other) differ\n\(who)")
      }
    }
  }

  /// As `Tests/Long/run readers` collects it.
  func tell() {
    guard RolloutLife.isTold else { return }
    for line in table { print("life | \(line)") }
  }
}
