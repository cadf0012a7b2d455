@testable import RolloutOps

/// Whole rollouts, each played from its beginning by the scripted clock.
enum PlayedRollouts {
  typealias Play = @Sendable () throws -> Transcript

  static let all: [(name: String, play: Play)] = [
    ("happy", happy), ("kill-and-restore", killAndRestore), ("drill", drill), ("hold-and-resume", holdAndResume),
    ("exclude-and-include", excludeAndInclude), ("degrade", degrade), ("replan", replan), ("abandon", abandon),
    ("adopt", adopt), ("rollback", rollback), ("changed-by-hand", changedByHand), ("crash", crash),
    ("crash-of-a-kill", crashOfAKill),
  ]

  private static let acme = Selector.equals(attribute: "tenant", AttributeValue("acme"))

  @Sendable private static func happy() throws -> Transcript {
    let told = Transcript("From nobody to everybody, and finished")
    try told.ask(.promote)
    try climb(told, to: 3)
    try told.ask(.promote)
    try told.ask(.finish)
    try told.attest("gates")
    try told.ask(.finish)
    try told.ask(.promote)
    return told
  }

  /// Past the gates that only a person can see, stage by stage.
  private static func climb(_ told: Transcript, to stage: Int) throws {
    while let index = try told.world.status().place.stageIndex, index < stage {
      try told.attest("gates")
      if index == 1 { try told.attest("review", by: "lee") }
      told.wait(60)
      try told.ask(.promote)
      guard try told.world.status().place.stageIndex != index else { return told.say("it gets no further") }
    }
  }

  @Sendable private static func killAndRestore() throws -> Transcript {
    let told = Transcript("Killed in the middle, explained afterwards, restored")
    try told.ask(.promote)
    try climb(told, to: 1)
    try told.kill()
    told.wait(300)
    try told.kill()
    try told.kill(reason: "wrong totals")
    try told.ask(.promote)
    try told.ask(.rollback)
    try told.ask(.restore)
    try told.ask(.restore, reason: "prompt mended")
    try told.ask(.restore, reason: "prompt mended")
    try climb(told, to: 1)
    return told
  }

  private static let oldFlag = """
    {
      "flags": {
        "ai-summary": {
          "state": "ENABLED",
          "variants": { "on": true, "off": false },
          "defaultVariant": "off"
        }
      }
    }

    """

  @Sendable private static func drill() throws -> Transcript {
    let told = Transcript("The switch is tried before the first promotion", flags: oldFlag)
    try told.kill(reason: "drill")
    try told.ask(.restore, reason: "drill over")
    try told.ask(.rollback)
    try told.ask(.abandon)
    try told.ask(.promote)
    try climb(told, to: 1)
    try told.ask(.rollback, reason: "worse") { $0.stage = "off" }
    try told.ask(.promote)
    try told.ask(.abandon)
    return told
  }

  @Sendable private static func holdAndResume() throws -> Transcript {
    let told = Transcript("Held by a person, then by a machine")
    try told.ask(.promote)
    try told.ask(.hold, reason: "legal review")
    try told.ask(.hold)
    try told.ask(.promote)
    try told.ask(.resume)
    try climb(told, to: 1)
    try told.ask(.rollback, by: "watch", reason: "parse failures above 2%") { $0.isAutomatic = true }
    try told.ask(.promote)
    try told.ask(.resume)
    try told.ask(.resume, reason: "it was the upstream")
    try climb(told, to: 1)
    return told
  }

  @Sendable private static func excludeAndInclude() throws -> Transcript {
    let told = Transcript("One tenant is taken out, stays out over stages, and comes back")
    try told.ask(.exclude, reason: "asked") { $0.selector = acme }
    try told.ask(.promote)
    try told.ask(.exclude, reason: "asked") { $0.selector = acme }
    try told.ask(.exclude, reason: "asked") { $0.selector = acme }
    try climb(told, to: 1)
    try told.ask(.include, reason: "asked again") { $0.selector = acme }
    try told.ask(.rollback, reason: "night") { $0.stage = "off" }
    try told.ask(.exclude, reason: "asked") { $0.selector = acme }
    try told.ask(.promote)
    return told
  }

  @Sendable private static func degrade() throws -> Transcript {
    let told = Transcript("A cheaper variant stands in for the canary", note: World.variantNote)
    try told.ask(.degrade) { $0.variant = "fast" }
    try told.ask(.promote)
    try climb(told, to: 1)
    try told.ask(.degrade, by: "watch", reason: "cost") { ($0.variant, $0.isAutomatic) = ("fast", true) }
    try told.ask(.promote)
    try told.ask(.degrade, by: "watch") { $0.variant = "fast" }
    try told.ask(.resume)
    try told.ask(.degrade, by: "watch", reason: "cost") { ($0.variant, $0.isAutomatic) = ("fast", true) }
    try told.kill(to: "off")
    try told.ask(.restore, reason: "cheaper now")
    return told
  }

  @Sendable private static func replan() throws -> Transcript {
    let told = Transcript("The note's plan changes on the way")
    try told.ask(.promote)
    told.edit("25% of paid 0s", to: "20% of paid 0s")
    try told.ask(.promote)
    try told.ask(.replan)
    try told.ask(.replan, reason: "smaller steps")
    try climb(told, to: 2)
    told.edit("internal: team = staff", to: "internal: team = crew")
    try told.ask(.replan, reason: "renamed")
    return told
  }

  @Sendable private static func abandon() throws -> Transcript {
    let told = Transcript("Given up, killed, and begun anew")
    try told.ask(.abandon)
    try told.ask(.promote)
    try climb(told, to: 1)
    try told.ask(.abandon, reason: "no better than before")
    try told.ask(.abandon)
    try told.ask(.rollback)
    try told.kill()
    try told.ask(.restore, reason: "a slip")
    try told.ask(.promote)
    try told.kill()
    try told.ask(.abandon)
    try told.ask(.promote)
    return told
  }

  @Sendable private static func adopt() throws -> Transcript {
    let told = Transcript("A flag that somebody set up by hand is taken over")
    try told.ask(.promote)
    try climb(told, to: 1)
    try told.meddle(percent: 9)
    try told.ask(.promote)
    try told.ask(.adopt)
    try told.ask(.adopt) { $0.stage = "5%" }
    try told.ask(.exclude, reason: "asked") { $0.selector = acme }
    try climb(told, to: 2)
    return told
  }

  @Sendable private static func rollback() throws -> Transcript {
    let told = Transcript("Back one stage, back to the first, back to nobody, and forward again")
    try told.ask(.rollback)
    try told.ask(.promote)
    try climb(told, to: 3)
    try told.ask(.rollback, reason: "slower")
    try told.ask(.rollback) { $0.stage = "internal" }
    try told.ask(.rollback) { $0.stage = "25%" }
    try told.ask(.rollback)
    try told.ask(.rollback)
    try told.ask(.promote)
    return told
  }

  @Sendable private static func changedByHand() throws -> Transcript {
    let told = Transcript("Somebody changes the flag behind the journal's back")
    try told.ask(.promote)
    try told.serve("on")
    try told.ask(.promote)
    try told.ask(.rollback)
    try told.ask(.promote)
    try told.serve("off")
    try told.ask(.promote)
    try told.ask(.rollback)
    try told.ask(.restore, reason: "it was a slip")
    try told.kill()
    try told.serve("on")
    try told.ask(.restore, reason: "mended")
    try told.ask(.abandon)
    return told
  }

  @Sendable private static func crash() throws -> Transcript {
    let told = Transcript("Commands are stopped at every effect")
    try told.stopEverywhere(.promote)
    try told.ask(.promote)
    try climb(told, to: 1)
    try told.stopEverywhere(.rollback)
    try told.stopEverywhere(.abandon)
    try told.attest("gates")
    try told.attest("review", by: "lee")
    try told.stopEverywhere(.promote)
    try told.ask(.promote)
    return told
  }

  @Sendable private static func crashOfAKill() throws -> Transcript {
    let told = Transcript("A kill and its restore are stopped at every effect")
    try told.ask(.promote)
    try told.stopEverywhere(.kill, by: "oncall")
    try told.kill()
    try told.stopEverywhere(.kill, by: "oncall")
    try told.stopEverywhere(.restore, reason: "mended")
    try told.ask(.restore, reason: "mended")
    return told
  }
}
