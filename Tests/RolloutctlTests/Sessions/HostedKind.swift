@testable import RolloutOps

/// A kind of hosted flag, as the play of a rollout on it needs it: where it is, what a note may say there, and what somebody
/// does to it by hand.
struct HostedKind: Sendable {
  let name: String
  /// Its scripted server, of `Tests/Live/platforms`.
  let server: String
  /// What follows the place in a store's address.
  var path = ""
  let variable: String
  var hasVariants = false
  /// What the server begins with, beside its flags.
  var beginning: JSON = [:]
  /// How a note names what the platform calls a segment, and the state in which it has one.
  var segment = "segment"
  let segments: JSON
  /// A flag with rules of somebody else.
  let foreign: JSON
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
    var copy = HostedKind(renaming: self, "\(name)-variants")
    copy.hasVariants = true
    return copy
  }

  private static let paid: JSON = ["attribute": "plan", "op": "in", "values": ["paid"], "contextKind": "user"]

  private static func production(_ change: JSON) -> JSON { ["environments": ["production": change]] }

  private static let launchDarkly = HostedKind(
    together: "/(scheduled-changes|workflows|automated-releases)$",
    name: "launchdarkly", server: "launchdarkly", path: "/default/production", variable: "LAUNCHDARKLY_ACCESS_TOKEN",
    segments: ["segments": ["beta": [:]]],
    foreign: production([
      "on": true, "offVariation": 1,
      "rules": [["_id": "theirs", "variation": 0, "clauses": [paid.setting("negate", to: false)]]],
    ]),
    changes: (
      production(["rules": ["0": ["variation": 1]]]), production(["on": false]),
      ["archived": true]
    ))

  private static let strategy: JSON = [
    "name": "flexibleRollout", "title": "theirs",
    "constraints": [["contextName": "plan", "operator": "IN", "values": ["paid"]]],
    "parameters": ["rollout": "100", "stickiness": "default", "groupId": "theirs"],
  ]

  private static let unleash = HostedKind(
    together: "/playground/",
    name: "unleash", server: "unleash", path: "/default/production", variable: "UNLEASH_API_TOKEN",
    segments: ["segments": [["id": 3, "name": "beta", "constraints": []]]],
    foreign: ["environments": [["name": "production", "enabled": true, "strategies": [strategy]]]],
    changes: (
      ["environments": ["1": ["strategies": ["0": ["parameters": ["rollout": "77"]]]]]],
      ["environments": ["0": ["enabled": false], "1": ["enabled": false]]], ["archived": true]
    ))

  private static let condition: JSON = ["key": "plan", "value": ["paid"], "operator": "exact", "type": "person"]

  private static let posthog: HostedKind = {
    let inside: JSON = ["type": "AND", "values": [["key": "plan", "type": "person", "value": "paid"]]]
    var kind = HostedKind(
      name: "posthog", server: "posthog", path: "/1", variable: "POSTHOG_API_KEY",
      segments: ["cohorts": ["42": ["name": "beta", "properties": inside]], "group_types": ["0": "tenant"]],
      foreign: ["filters": ["groups": [["properties": [condition], "rollout_percentage": 100]]]],
      changes: (
        ["filters": ["groups": ["0": ["rollout_percentage": 77]]]], ["active": false],
        ["archived": true, "active": false]
      ))
    (kind.beginning, kind.segment) = (["group_types": ["0": "tenant"]], "cohort")
    return kind
  }()

  private static func statsig(_ name: String, foreign: JSON = theirs) -> HostedKind {
    var kind = HostedKind(
      name: name, server: "statsig", path: "", variable: "STATSIG_CONSOLE_KEY",
      segments: ["segments": ["beta": ["rules": [["conditions": [["type": "public"]]]]]]], foreign: foreign,
      changes: (["rules": ["0": ["passPercentage": 77]]], ["isEnabled": false], ["status": "Archived"]))
    (kind.together, kind.ids) = (
      "^/console/v1/(gates|dynamic_configs)(/[^/]+(/overrides|/versions)?)?$", "[0-9A-Za-z]{22}"
    )
    return kind
  }

  private static let theirs: JSON = [
    "isEnabled": true, "rules": [["name": "theirs", "passPercentage": 70, "conditions": [["type": "public"]]]],
  ]

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
    var kind = statsig("statsig-variants", foreign: ["isEnabled": true, "rules": [rule]])
    (kind.hasVariants, kind.edited) = (true, "config")
    return kind
  }()

  private init(
    together: String = "^$", name: String, server: String, path: String, variable: String, segments: JSON,
    foreign: JSON,
    changes: (rule: JSON, off: JSON, archived: JSON)
  ) {
    (self.name, self.server, self.path, self.variable) = (name, server, path, variable)
    (self.segments, self.foreign, self.together) = (segments, foreign, together)
    (rule, off, archived) = changes
  }

  private init(renaming other: HostedKind, _ name: String) {
    self.init(
      name: name, server: other.server, path: other.path, variable: other.variable, segments: other.segments,
      foreign: other.foreign, changes: (other.rule, other.off, other.archived))
    (beginning, segment, together, ids) = (other.beginning, other.segment, other.together, other.ids)
  }
}
