import Testing

@testable import RolloutOps

/// What `check` says of a note for a hosted platform, before anything is asked or written.
@Suite struct PlatformProblemsTests {
  private static let stores = [
    "Statsig": "statsig:production", "PostHog": "posthog+https://us.posthog.com/1",
    "LaunchDarkly": "launchdarkly:default/production", "file": "file:flags.json",
    "Unleash": "unleash+https://unleash.example.com/default/production",
  ]

  /// The platform's own problems of the sample note with these fields said otherwise.
  private func said(_ store: String, _ fields: [(String, String)] = []) throws -> [String] {
    var note = SampleNote.saying("Store", "Store: \(try #require(Self.stores[store]))")
    for (name, text) in fields { note = SampleNote.saying(name, text, in: note) }
    let world = World(note: note)
    let report = Check(context: world.context()).check([World.note], strict: false)
    #expect(world.http.requests.isEmpty, "nobody is asked")
    return report.text(ink: .none).split(separator: "\n").map(String.init)
      .filter { $0.contains("platform-") }
  }

  private static func cohorts(_ selector: String) -> [(String, String)] {
    [("Cohorts", "Cohorts:\n- internal: \(selector)\n- paid: plan = paid")]
  }

  @Test func aPlainNoteHasNone() throws {
    for store in ["Statsig", "LaunchDarkly", "Unleash", "file"] { #expect(try said(store) == []) }
  }

  @Test func valuesThatDifferByCapitalsAreAnErrorForStatsigAlone() throws {
    let note = Self.cohorts("plan in [paid, Paid]")
    let found = try said("Statsig", note)
    #expect(found.count == 1 && found[0].contains("error") && found[0].contains("differ by capitals"), "\(found)")
    #expect(try said("LaunchDarkly", note) == [])
    #expect(try said("file", note) == [])
    let excluded = try said("Statsig", [("Exclude", "Exclude: plan in [paid, PAID]")])
    #expect(excluded.count == 1 && excluded[0].contains("differ by capitals"))
  }

  @Test(arguments: [("ab", true), ("a/b", true), ("abc", false)]) func statsigsNamesAreChecked(
    name: String, isBad: Bool
  )
    throws
  {
    let found = try said("Statsig", [("Flag", "Flag: \(name)")])
    #expect(found.contains { $0.contains("3 to 100 letters") } == isBad, "\(found)")
    #expect(try said("LaunchDarkly", [("Flag", "Flag: \(name)")]) == [])
  }

  @Test func numbersAreWarnedOfWhereTextsAreCompared() throws {
    let stores = [("Statsig", true), ("PostHog", true), ("Unleash", true), ("LaunchDarkly", false), ("file", false)]
    for (store, isWarned) in stores {
      let found = try said(store, Self.cohorts("seats = 5")).filter { $0.contains("5.0 for 5") }
      #expect(found.count == (isWarned ? 1 : 0), "\(store): \(found)")
      #expect(found.allSatisfy { $0.contains("warning") && $0.contains("seats = 5") })
    }
    #expect(try said("Statsig", Self.cohorts("beta = true")) == [])
  }

  @Test func aShareAndAGroupThatSomeOfPostHogsReadersDoNotUnderstandAreWarnedOf() throws {
    let share = [("Schedule", "Schedule: internal 0s -> 2.5% of paid 0s -> 100% 0s")]
    let found = try said("PostHog", share)
    #expect(found.contains { $0.contains("warning") && $0.contains("cannot read a share of 2.5%") }, "\(found)")
    #expect(try !said("PostHog").contains { $0.contains("cannot read a share") })
    #expect(try said("LaunchDarkly", share) == [])
    // A person's key every SDK knows.
    #expect(try said("PostHog").contains { $0.contains("$group_key") && $0.contains("asks PostHog") })
    #expect(try said("PostHog", [("Unit", "Unit: user")]) == [])
    let letters = try said("PostHog", Self.cohorts("team = Büro")).filter { $0.contains("beyond ASCII") }
    #expect(letters.count == 1 && letters[0].contains("team = Büro"), "\(letters)")
    let variants = "Variants:\n```json\n{\"control\": {\"m\": 1}, \"canary\": {\"m\": 2}}\n```"
    #expect(try said("PostHog", [("Variants", variants)]).contains { $0.contains("gets control for every tenant") })
  }

  @Test func whatAPlatformCannotExpressIsSaidOnceForAllStages() throws {
    let found = try said("PostHog", [("Exclude", "Exclude: stability_tier = stable")])
    #expect(found.filter { $0.contains("error") }.count == 1, "\(found)")
    let two = try said("Statsig", [("Schedule", "Schedule: 60% of paid 0s -> 50% 0s -> 100% 0s")])
    #expect(two.contains { $0.contains("one percentage at a time") }, "\(two)")
  }

  @Test func whatUnleashCannotSayOrHandOutIsAnError() throws {
    let share = try said("Unleash", [("Schedule", "Schedule: internal 0s -> 2.5% of paid 0s -> 100% 0s")])
    #expect(share.count == 1 && share[0].contains("the nearest that it can is 3%"), "\(share)")
    #expect(try said("Unleash", Self.cohorts("segment = beta")) == [])
    let variants = { (canary: String) in
      [("Variants", "Variants:\n```json\n{\"control\": {\"m\": 1}, \"canary\": {\"m\": 2}, \(canary)}\n```")]
    }
    #expect(try said("Unleash", variants(#""fast": {"m": 3}"#)) == [])
    let name = try said("Unleash", variants(#""b:2": {"m": 3}"#))
    #expect(name.count == 1 && name[0].contains("b:2 is none; rename it"), "\(name)")
    let truth = "Variants:\n```json\n{\"control\": false, \"canary\": true}\n```"
    #expect(try said("Unleash", [("Variants", truth)]).contains { $0.contains("leave out Variants:") })
    #expect(try said("file", [("Variants", truth)]) == [])
  }
}
