import Foundation
import Testing

@testable import RolloutOps

/// Python's zoneinfo is the reference, on the same files of the machine.
@Suite struct TimeZoneFileTests {
  static let folder = "/usr/share/zoneinfo"
  static let isThere = FileManager.default.fileExists(atPath: "\(folder)/Europe/Berlin") || Python.isRequired

  static func rules(_ name: String, in folder: String = folder) throws -> ZoneRules {
    try TimeZoneFile.read([UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
  }

  /// One line per zone: its name and every question; `u` asks what clocks show at a moment, `l` when clocks show a time.
  private static let answer = """
    import sys, zoneinfo, datetime as d
    epoch = d.datetime(1970, 1, 1); utc = d.timezone.utc
    for line in sys.stdin:
        name, *asked = line.split()
        zone = zoneinfo.ZoneInfo(name); out = []
        for q in asked:
            s = int(q[1:])
            if q[0] == 'u':
                t = (epoch + d.timedelta(seconds=s)).replace(tzinfo=utc).astimezone(zone)
                out.append('%d/%s' % (t.utcoffset().total_seconds(), t.tzname()))
            else:
                t = (epoch + d.timedelta(seconds=s)).replace(tzinfo=zone)
                out.append(str(round(t.timestamp())))
        print(name, *out)
    """

  private static let names = "import zoneinfo; print('\\n'.join(sorted(zoneinfo.available_timezones())))"

  private static let from = CivilTime(year: 1900, month: 1, day: 1).secondsSince1970
  private static let until = CivilTime(year: 2150, month: 1, day: 1).secondsSince1970

  private static func questions(_ rules: ZoneRules, _ random: inout SplitMix64) -> [String] {
    var asked: [String] = []
    for _ in 0..<60 {
      asked.append("u\(Int.random(in: from..<until, using: &random))")
      asked.append("l\(Int.random(in: from..<until, using: &random))")
    }
    var edges = rules.changes.map(\.at).filter { (from..<until).contains($0) }.shuffled(using: &random).prefix(25)
    for year in [2026, 2027, 2037, 2038, 2100, 2149] {
      let start = CivilTime(year: year, month: 1, day: 1).secondsSince1970
      if let edge = rules.rule?.change(after: start) { edges.append(edge) }
      if let edge = rules.rule?.change(after: start + 180 * 86_400) { edges.append(edge) }
    }
    for edge in edges {
      asked += [-1, 0, 1].map { "u\(edge + $0)" }
      for seconds in [edge - 1, edge] {
        let offset = rules.offset(at: Instant(seconds: seconds)).seconds
        asked += [-1801, -1, 0, 1, 1800, 3600].map { "l\(edge + offset + $0)" }
      }
    }
    return asked
  }

  private static func compare(seed: UInt64, _ rulesOf: (String) throws -> ZoneRules) throws -> Int {
    var random = SplitMix64(seed: seed)
    let names = try Python.run(Self.names).split(separator: "\n").map(String.init)
    var zones: [String: ZoneRules] = [:]
    var asked: [String: [String]] = [:]
    for name in names {
      let rules = try rulesOf(name)
      zones[name] = rules
      asked[name] = questions(rules, &random)
    }
    let input = names.map { "\($0) \(asked[$0, default: []].joined(separator: " "))\n" }.joined()
    var wrong: [String] = []
    var count = 0
    for line in try Python.run(answer, input: input).split(separator: "\n") {
      let parts = line.split(separator: " ").map(String.init)
      let rules = try #require(zones[parts[0]])
      for (question, expected) in zip(asked[parts[0], default: []], parts.dropFirst()) {
        count += 1
        let seconds = try #require(Int(question.dropFirst()))
        let answer: String
        if question.hasPrefix("u") {
          let offset = rules.offset(at: Instant(seconds: seconds))
          answer = "\(offset.seconds)/\(offset.abbreviation)"
        } else {
          answer = "\(rules.instant(of: CivilTime(secondsSince1970: seconds)).seconds)"
        }
        if answer != expected { wrong.append("\(parts[0]) \(question): \(answer), not \(expected)") }
      }
    }
    #expect(wrong.isEmpty, "seed \(seed), \(wrong.count) of \(count): \(wrong.prefix(10))")
    return count
  }

  @Test(.needsPython, .enabled(if: isThere, "no tzdata: nothing to compare with"), arguments: [1, 2])
  func everyZoneAgreesWithPython(seed: UInt64) throws {
    let count = try Self.compare(seed: seed) { try Self.rules($0) }
    #expect(count > 100_000)
  }

  /// `zic` writes files that record as little as they can and leave the rest to the rule.
  @Test(
    .needsPython, .enabled(if: isThere, "no tzdata: nothing to compare with"),
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/zic"), "no zic to write slim files"))
  func slimFilesSayTheSame() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("slim-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let zic = Process()
    zic.executableURL = URL(fileURLWithPath: "/usr/sbin/zic")
    zic.arguments = ["-b", "slim", "-d", folder, "\(Self.folder)/tzdata.zi"]
    zic.standardError = FileHandle.nullDevice
    try zic.run()
    zic.waitUntilExit()
    let berlin = try Self.rules("Europe/Berlin", in: folder)
    #expect(berlin.changes.count < (try Self.rules("Europe/Berlin")).changes.count)
    for name in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk", "Europe/Dublin"] {
      let (slim, fat) = (try Self.rules(name, in: folder), try Self.rules(name))
      var random = SplitMix64(seed: 3)
      for _ in 0..<2000 {
        let seconds = Int.random(in: Self.from..<Self.until, using: &random)
        #expect(
          slim.offset(at: Instant(seconds: seconds)) == fat.offset(at: Instant(seconds: seconds)), "\(name) \(seconds)")
        let civil = CivilTime(secondsSince1970: seconds)
        #expect(slim.instant(of: civil) == fat.instant(of: civil), "\(name) \(seconds)")
      }
    }
  }

  @Test(.enabled(if: isThere, "no tzdata: nothing to read"))
  func theOldBodyAloneIsEnoughForItsYears() throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/Europe/Berlin")))
    let whole = try TimeZoneFile.read(bytes)
    bytes[4] = 0
    let old = try TimeZoneFile.read(bytes)
    #expect(old.rule == nil)
    var random = SplitMix64(seed: 4)
    for _ in 0..<2000 where old.changes.count > 100 {
      let instant = Instant(seconds: Int.random(in: -0x7000_0000...0x7FFF_0000, using: &random))
      #expect(old.offset(at: instant) == whole.offset(at: instant))
    }
  }

  @Test(.enabled(if: isThere, "no tzdata: nothing to damage"))
  func damageIsRefusedOrHarmless() throws {
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/Europe/Berlin")))
    for length in 0..<whole.count {
      #expect(throws: ZoneFault.self, "cut at \(length)") { try TimeZoneFile.read(Array(whole.prefix(length))) }
    }
    var random = SplitMix64(seed: 5)
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let rules = try? TimeZoneFile.read(bytes) else { continue }
      let instant = rules.instant(of: CivilTime(year: 2026, month: 11, day: 24, hour: 10))
      #expect(abs(instant.seconds - 1_795_514_400) <= 30 * 3600)
    }
  }

  static let gap = CivilTime(year: 2026, month: 3, day: 29, hour: 2, minute: 30)
  static let fold = CivilTime(year: 2026, month: 10, day: 25, hour: 2, minute: 30)

  @Test func aMissingTimeMovesForwardAndADoubleOneIsTheFirst() throws {
    let rule = try #require(PosixZone("CET-1CEST,M3.5.0,M10.5.0/3"))
    let berlin = ZoneRules(first: rule.standard, rule: rule)
    #expect(berlin.civil(at: berlin.instant(of: Self.gap)).hour == 3)
    #expect(ISO8601.precise(berlin.instant(of: Self.gap)) == "2026-03-29T01:30:00.000000Z")
    #expect(ISO8601.precise(berlin.instant(of: Self.fold)) == "2026-10-25T00:30:00.000000Z")
    #expect(berlin.offset(at: berlin.instant(of: Self.fold)) == LocalOffset(seconds: 7200, abbreviation: "CEST"))
  }

  @Test(arguments: [
    // Rule, moment, expected offset and name.
    ("UTC0", "2026-01-01T00:00Z", "0 UTC"), ("<-03>3", "2026-01-01T00:00Z", "-10800 -03"),
    ("EST5EDT,J60,J300", "2028-02-29T12:00Z", "-18000 EST"), ("EST5EDT,J60,J300", "2028-03-01T07:00Z", "-14400 EDT"),
    ("EST5EDT,J60,J300", "2027-03-01T06:59:59Z", "-18000 EST"), ("EST5EDT,59,300", "2028-02-29T07:00Z", "-14400 EDT"),
    ("EST5EDT,59,300", "2027-03-01T06:59:59Z", "-18000 EST"), ("AAA3BBB,0/0,J365/25", "2026-12-31T23:30Z", "-7200 BBB"),
    ("AAA3BBB,0/0,J365/25", "2027-01-01T03:00Z", "-7200 BBB"),
    ("AAA-3BBB-5:30:15,M2.1.1/-1,M9.2.3", "2026-06-01T00:00Z", "19815 BBB"),
    ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-27T23:59:59Z", "7200 EET"),
    ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T00:00:00Z", "10800 EEST"),
    ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-12-31T12:00Z", "46800 NZDT"),
    ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-07-01T12:00Z", "43200 NZST"),
  ])
  func rulesOfPosix(rule: String, moment: String, expected: String) throws {
    let zone = try #require(PosixZone(rule))
    let offset = zone.offset(at: try #require(ISO8601.instant(moment)).seconds)
    #expect("\(offset.seconds) \(offset.abbreviation)" == expected)
  }

  @Test(arguments: [
    "", "C-1", "CET", "CET-", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0", "CET-25", "<-03", "<>3", "CET-1CEST,J0,J5", "CET-1CEST,366,5", "CET-1CEST,1/168,5",
    "CET-1 ", "CET-1:60", "CET-1CEST,M3.5.0,M10.5.0/3x", "C3T-1", ":Europe/Berlin",
  ])
  func noRules(text: String) {
    #expect(PosixZone(text) == nil)
  }
}
