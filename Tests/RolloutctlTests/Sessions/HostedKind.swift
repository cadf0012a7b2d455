@testable import RolloutOps

/// A kind of hosted flag, as the play of a rollout on it needs it: where it is, what a note may say there, and what somebody
/// does to it by hand.
struct HostedKind: Sendable {
  private(set) var name: String
  let platform: TestedPlatform
  /// What follows the place in a store's address, where that is not as usual.
  var path: String?
  var hasVariants = false
  /// How a note names what the platform calls a segment, and the state in which it has one.
  var segment = "segment"
  let segments: JSON
  /// A flag with rules of somebody else.
  var foreign: JSON
  /// What somebody changes by hand: a rule, the switch, whether it is put away.
  let (rule, off, archived): (JSON, JSON, JSON)
  /// What is asked at the same time as others of this kind, so that nobody knows which comes first.
  var together = "^$"
  /// How it spells the ids that it makes up.
  var ids = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}"
  /// Under which name the control port takes a flag.
  var edited = "flag"

  func edit(_ change: JSON) -> JSON {
    .object([JSON.Member(edited, .string(Session.key)), JSON.Member("change", change)])
  }

  static let all: [HostedKind] = [
    launchDarkly, unleash, posthog, statsig, statsigProduction,
    launchDarkly.withVariants, unleash.withVariants, posthog.withVariants, statsigConfiguration,
  ]

  private var withVariants: HostedKind {
    var copy = self
    (copy.name, copy.hasVariants) = ("\(name)-variants", true)
    return copy
  }

  private static func production(_ change: JSON) -> JSON { ["environments": ["production": change]] }

  private static let launchDarkly = HostedKind(
    together: "/(scheduled-changes|workflows|automated-releases)$",
    platform: .launchDarkly, segments: ["segments": ["beta": [:]]],
    changes: (
      production(["rules": ["0": ["variation": 1]]]), production(["on": false]),
      ["archived": true]
    ))

  private static let unleash = HostedKind(
    together: "/playground/",
    platform: .unleash, segments: ["segments": [["id": 3, "name": "beta", "constraints": []]]],
    changes: (
      ["environments": ["1": ["strategies": ["0": ["parameters": ["rollout": "77"]]]]]],
      ["environments": ["0": ["enabled": false], "1": ["enabled": false]]], ["archived": true]
    ))

  private static let posthog: HostedKind = {
    let inside: JSON = ["type": "AND", "values": [["key": "plan", "type": "person", "value": "paid"]]]
    var kind = HostedKind(
      platform: .posthog,
      segments: ["cohorts": ["42": ["name": "beta", "properties": inside]], "group_types": ["0": "tenant"]],
      changes: (
        ["filters": ["groups": ["0": ["rollout_percentage": 77]]]], ["active": false],
        ["archived": true, "active": false]
      ))
    kind.segment = "cohort"
    return kind
  }()

  private static func statsig(_ name: String) -> HostedKind {
    var kind = HostedKind(
      platform: .statsig, named: name,
      segments: ["segments": ["beta": ["rules": [["conditions": [["type": "public"]]]]]]],
      changes: (["rules": ["0": ["passPercentage": 77]]], ["isEnabled": false], ["status": "Archived"]))
    (kind.together, kind.ids) = (
      "^/console/v1/(gates|dynamic_configs)(/[^/]+(/overrides|/versions)?)?$", "[0-9A-Za-z]{22}"
    )
    return kind
  }

  private static let statsig = statsig("statsig")

  /// In one environment alone, where a kill has no switch.
  private static let statsigProduction: HostedKind = {
    var kind = statsig("statsig-production")
    kind.path = "/production"
    return kind
  }()

  private static let statsigConfiguration: HostedKind = {
    let rule: JSON = [
      "name": "theirs", "passPercentage": 70, "conditions": [["type": "public"]], "returnValue": ["model": "m-9"],
    ]
    var kind = statsig("statsig-variants")
    (kind.hasVariants, kind.edited, kind.foreign) = (true, "config", ["isEnabled": true, "rules": [rule]])
    return kind
  }()

  private init(
    together: String = "^$", platform: TestedPlatform, named name: String? = nil, segments: JSON,
    changes: (rule: JSON, off: JSON, archived: JSON)
  ) {
    (self.name, self.platform, self.together) = (name ?? platform.rawValue, platform, together)
    (self.segments, foreign) = (segments, platform.handMade())
    (rule, off, archived) = changes
  }
}
