import Foundation
import Testing

@testable import RolloutOps

/// A life of a rollout before the eyes of every reader there is: at each stage whom the note means is in and nobody else,
/// nobody is lost from one to the next, and a kill is seen by all.
@Suite(.serialized, .waits, .needsPython, .enabled(if: LifeReaders.areThere, LifeReaders.reason))
struct RolloutLifeTests {
  private func judge(_ life: RolloutLife, _ place: String, _ readers: [LifeReader], drawsAlike: Bool = true) throws {
    try #require(!readers.isEmpty)
    var verdict = LifeVerdict(life, place)
    for reader in readers { try verdict.judge(reader) }
    if drawsAlike { verdict.expectOneDraw() }
    verdict.tell()
  }

  @Test func ofAFlagFile() throws {
    let life = RolloutLife()
    let world = World(note: life.note("file:flags.json"))
    let folder = try RealReaderTests.Folder()
    var files: [(stage: RolloutLife.Stage, name: String)] = []
    try life.play(in: world) { stage in
      files.append((stage, "\(stage.rawValue).json"))
      let text = try #require(world.files.text(World.store))
      try text.write(toFile: "\(folder.path)/\(stage.rawValue).json", atomically: true, encoding: .utf8)
    }
    try judge(life, "file", LifeReaders.ofFlagFiles(folder, files), drawsAlike: false)
  }

  @Test func onLaunchDarkly() throws {
    let platform = try LifeReaders.launchDarkly.get()
    try platform.put(["flags": [:]])
    let life = RolloutLife()
    let world = platform.world(life.note(platform.address))
    let album = LifeAlbum()
    let readers = try LifeReaders.ofLaunchDarkly(platform, album)
    try life.play(in: world) { stage in
      album.pictures.append(LifeAlbum.Picture(stage: stage, document: try platform.sdk(), place: ""))
      for reader in readers { try reader.look(stage) }
    }
    try judge(life, "LaunchDarkly", readers)
  }

  @Test func onUnleash() throws {
    let platform = try LifeReaders.unleash.get()
    try platform.put(["flags": [:]])
    // Its shares are whole percents.
    let life = RolloutLife(small: 1)
    let world = platform.world(life.note(platform.address))
    let readers = try LifeReaders.ofUnleash(platform)
    try life.play(in: world) { stage in for reader in readers { try reader.look(stage) } }
    try judge(life, "Unleash", readers)
  }

  @Test(arguments: [false, true]) func onPostHog(hasVariants: Bool) throws {
    let platform = try LifeReaders.posthog.get()
    let groups: JSON = ["group_types": ["0": "tenant"]]
    try platform.put(groups)
    let life = RolloutLife(negatesWhatItAsksFor: true, excludesByAttribute: hasVariants, hasVariants: hasVariants)
    let world = platform.world(life.note(platform.address))
    let album = LifeAlbum()
    let readers = try LifeReaders.ofPostHog(platform, album, life)
    var copies: [LivePlatform] = []
    try life.play(in: world) { stage in
      let copy = try LivePlatform(.posthog)
      try copy.put(platform.state())
      copies.append(copy)
      album.pictures.append(LifeAlbum.Picture(stage: stage, document: nil, place: copy.place))
      for reader in readers { try reader.look(stage) }
    }
    try judge(life, hasVariants ? "PostHog, variants" : "PostHog", readers)
  }

  @Test func onStatsig() throws {
    let platform = try LifeReaders.statsig.get()
    try platform.put([:])
    let life = RolloutLife()
    let world = StatsigStoreTests.world(platform, nil, life.note("statsig+\(platform.place)"))
    let album = LifeAlbum()
    let readers = try LifeReaders.ofStatsig(platform, album)
    var copies: [LivePlatform] = []
    try life.play(in: world) { stage in
      let copy = try LivePlatform(.statsig, "--sdk-token", StatsigPeerTests.key)
      try copy.put(platform.state())
      copies.append(copy)
      album.pictures.append(LifeAlbum.Picture(stage: stage, document: try platform.sdk(), place: copy.place))
      for reader in readers { try reader.look(stage) }
    }
    try judge(life, "Statsig", readers)
  }
}

/// The readers of each store: those of other languages where `$ROLLOUTCTL_PEERS` names them, and those from PyPI where the
/// virtual environments are.
enum LifeReaders {
  // Servers of their own: other suites empty theirs at the same time.
  static let launchDarkly = Result { try LivePlatform(.launchDarkly) }
  static let unleash = Result { try LivePlatform(.unleash) }
  static let posthog = Result { try LivePlatform(.posthog) }
  static let statsig = Result { try LivePlatform(.statsig, "--sdk-token", StatsigPeerTests.key) }
  static let reason: Comment = "no SDKs: neither the folder of ROLLOUTCTL_PEERS nor a virtual environment has any"
  static var areThere: Bool {
    PlatformPeers.areWanted || FlagdPeers.areWanted || RealReaderTests.isPresent || SDKReader.isPresent
  }

  private static var flagd: String { "\(PlatformPeers.folder ?? "")/flagd" }
  private static var languages: [(name: String, words: [String])] {
    PlatformPeers.areWanted ? PlatformPeers.languages : []
  }

  static func ofFlagFiles(
    _ folder: RealReaderTests.Folder, _ files: [(stage: RolloutLife.Stage, name: String)]
  ) throws -> [LifeReader] {
    let contexts = RolloutLife.contexts
    func byStage(_ answers: [[String]]) -> [RolloutLife.Stage: [String]] {
      Dictionary(uniqueKeysWithValues: zip(files.map(\.stage), answers))
    }
    var readers: [LifeReader] = []
    for language in FlagdPeers.areWanted ? FlagdPeers.languages : [] {
      readers.append(
        LifeReader(
          name: language.name, hash: language.hash, ways: language.name == "Node" ? [LifeWay.hashesOtherLetters] : [],
          answers: {
            byStage(try files.map { try FlagdPeers.ask(language, folder.path, World.key, contexts, file: $0.name) })
          }))
    }
    for hash in RealReaderTests.isPresent ? [FlagHash.v1, .v3] : [] {
      readers.append(
        LifeReader(name: "Python (\(hash))", hash: hash, ways: [.takesOneForTrue]) {
          let cases = files.map { file -> JSON in
            [
              "file": .string("\(folder.path)/\(file.name)"), "flag": .string(World.key.text), "object": false,
              "contexts": .array(contexts),
            ]
          }
          let answers = try JSON.parse(folder.run(hash, "answer", .array(cases))).items ?? []
          return byStage(answers.map { ($0.items ?? []).map { $0.text ?? "" } })
        })
    }
    if FlagdPeers.areWanted, geteuid() == 0, FileManager.default.isExecutableFile(atPath: flagd) {
      readers.append(
        LifeReader(name: "flagd", hash: .v2) {
          let asked = "\(folder.path)/asked.json"
          try Data(JSON.array(contexts).written(.compact).utf8).write(to: URL(filePath: asked))
          let script = RealReaderTests.package.path + "/Tests/Live/flagd_answers.py"
          let said = try PlatformPeers.run(
            ["unshare", "-n", "python3", script, flagd, World.key.text, asked]
              + files.map { "\(folder.path)/\($0.name)" })
          let answers = try #require(try? JSON.parse(Array(said.utf8)).items, "\(said.suffix(1000))")
          return byStage(answers.map { ($0.items ?? []).map { $0.text ?? "" } })
        })
    }
    return readers
  }

  static func ofLaunchDarkly(_ platform: LivePlatform, _ album: LifeAlbum) throws -> [LifeReader] {
    var readers = languages.map { LifeReader.late($0, "ld", mode: "user", ways: [.takesListsByTheirValues], album) }
    if SDKReader.isPresent {
      // The unit is an attribute of the user, as it is for the others.
      let python = try SDKReader("launchdarkly", [platform.controlPlace, "key", "user"], RolloutLife.contexts)
      readers.append(
        .standing("Python", ways: [.takesListsByTheirValues]) { _ in
          let flag = try #require(try platform.sdk()["flags"]?[World.key.text]?["version"]?.integer)
          return try python.variants(World.key.text, until: flag).map { $0 == "true" ? "on" : $0.text ?? "" }
        })
    }
    return readers
  }

  static func ofUnleash(_ platform: LivePlatform) throws -> [LifeReader] {
    var readers: [LifeReader] = []
    if PlatformPeers.areWanted, let folder = PlatformPeers.folder {
      readers.append(
        .standing("Node", ways: [.takesListsByTheirValues, .takesUnitsForTexts, .hashesOtherLetters]) { _ in
          let contexts = NSTemporaryDirectory() + "rolloutctl-life-\(UUID().uuidString).json"
          defer { try? FileManager.default.removeItem(atPath: contexts) }
          try Data(JSON.array(RolloutLife.contexts).written(.compact).utf8).write(to: URL(filePath: contexts))
          let said = try PlatformPeers.run([
            "\(folder)/node", "\(folder)/node-unleash.cjs", "\(platform.place)/api", "planted-sdk-token",
            World.key.text,
            contexts,
          ])
          let answers = try #require(try? JSON.parse(Array(said.utf8)).items, "\(said.suffix(1000))")
          return answers.map { $0 == true ? "on" : "off" }
        })
    }
    if SDKReader.isPresent {
      let python = try SDKReader("unleash", ["\(platform.place)/api", "tenant"], RolloutLife.contexts)
      readers.append(
        .standing(
          "Python",
          ways: [
            .takesListsByTheirValues, .takesUnitsForTexts, .takesAnEmptyUnitForOne, .spellsFiveWithAPoint,
          ]
        ) { _ in
          let revision = try #require(try platform.sdk()["meta"]?["revisionId"]?.integer)
          return try python.variants(World.key.text, until: revision).map { $0.text ?? "" }
        })
    }
    return readers
  }

  static func ofPostHog(_ platform: LivePlatform, _ album: LifeAlbum, _ life: RolloutLife) throws -> [LifeReader] {
    let canary = life.hasVariants ? "canary" : "on"
    // Java's SDK decides no groups.
    var readers = languages.filter { $0.name != "Java" }.map { language in
      let reader = LifeReader.late(language, "ph", mode: "group", album)
      let own: [LifeWay] = language.name == "Node" ? [.takesUnitsForTexts, .leavesPatternsUndecided] : []
      return LifeReader(name: language.name, ways: [.takesListsByTheirValues] + own) {
        try reader.answers().mapValues { $0.map { $0 == canary ? "on" : $0 } }
      }
    }
    if SDKReader.isPresent {
      let python = try SDKReader(
        "posthog", [platform.place, "--unit", "tenant", "--group", "tenant"], RolloutLife.contexts)
      readers.append(
        .standing("Python", ways: [.takesListsByTheirValues, .takesUnitsForTexts, .spellsFiveWithAPoint]) { _ in
          let version = try #require(try platform.flag(World.key.text)["version"]?.integer)
          return try python.variants(World.key.text, until: version).map {
            $0 == true || $0.text == canary ? "on" : $0 == false ? "off" : $0.text ?? "?"
          }
        })
    }
    return readers
  }

  static func ofStatsig(_ platform: LivePlatform, _ album: LifeAlbum) throws -> [LifeReader] {
    let all: [LifeWay] = [.takesListsByTheirValues, .takesNamesForNothing]
    let own: [String: [LifeWay]] = [
      "Node": [.takesUnitsForTexts], "Java": [.spellsFiveWithAPoint], "Python upon the core": [.takesUnitsForTexts],
      "Python": [.takesUnitsForTexts, .spellsFiveWithAPoint],
    ]
    var readers = languages.map { language in
      LifeReader.late(language, "sg", mode: "custom", ways: all + (own[language.name] ?? []), album)
    }
    guard SDKReader.isPresent else { return readers }
    for (name, script) in [("Python", "statsig"), ("Python upon the core", "statsig_core")] {
      let python = try SDKReader(
        script, [platform.place, "--unit", "tenant", "--key", StatsigPeerTests.key, "--as", "tenant"],
        RolloutLife.contexts)
      readers.append(
        .standing(name, ways: all + (own[name] ?? [])) { _ in
          let time = try #require(try platform.sdk()["time"]?.integer)
          return try python.variants(World.key.text, until: time).map {
            $0 == true ? "on" : $0 == false ? "off" : $0.text ?? "?"
          }
        })
    }
    return readers
  }
}
