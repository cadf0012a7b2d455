import Testing

@testable import RolloutOps

/// The hosted platforms, each as all tests know it: by its scheme, which is also the name of its scripted server in
/// `Tests/Live/platforms`.
enum TestedPlatform: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case launchDarkly = "launchdarkly"
  case unleash, posthog, statsig

  var testDescription: String { rawValue }

  /// What follows the place in a store's address.
  var path: String {
    switch self {
    case .launchDarkly, .unleash: "/default/production"
    case .posthog: "/1"
    case .statsig: ""
    }
  }

  /// Where an operator's token is, spelled as users spell it.
  var variable: String {
    switch self {
    case .launchDarkly: "LAUNCHDARKLY_ACCESS_TOKEN"
    case .unleash: "UNLEASH_API_TOKEN"
    case .posthog: "POSTHOG_API_KEY"
    case .statsig: "STATSIG_CONSOLE_KEY"
    }
  }

  /// A store's address, as `http://127.0.0.1:8` or `https://host` is its place.
  func address(at place: String, _ path: String? = nil) -> String { "\(rawValue)+\(place)\(path ?? self.path)" }

  /// What its server holds before the first flag.
  var empty: JSON {
    switch self {
    case .launchDarkly, .unleash: ["flags": [:]]
    case .posthog: ["group_types": ["0": "tenant"]]
    case .statsig: [:]
    }
  }

  // MARK: Flags in the platform's own words

  /// With a rule of somebody else that lets people in, or off, as the platform's own page turns it off.
  func handMade(on isOn: Bool = true) -> JSON {
    switch self {
    case .launchDarkly:
      let paid: JSON = [
        "attribute": "plan", "op": "in", "values": ["paid"], "contextKind": "user", "negate": false,
      ]
      let rule: JSON = ["_id": "theirs", "variation": 0, "clauses": [paid]]
      return ["environments": ["production": ["on": .bool(isOn), "offVariation": 1, "rules": [rule]]]]
    case .unleash:
      let strategy: JSON = [
        "name": "flexibleRollout", "title": "theirs",
        "constraints": [["contextName": "plan", "operator": "IN", "values": ["paid"]]],
        "parameters": ["rollout": "100", "stickiness": "default", "groupId": "theirs"],
      ]
      return ["environments": [["name": "production", "enabled": .bool(isOn), "strategies": [strategy]]]]
    case .posthog:
      let paid: JSON = ["key": "plan", "value": ["paid"], "operator": "exact", "type": "person"]
      return ["active": .bool(isOn), "filters": ["groups": [["properties": [paid], "rollout_percentage": 100]]]]
    case .statsig:
      let rule: JSON = ["name": "theirs", "passPercentage": 70, "conditions": [["type": "public"]]]
      return ["isEnabled": .bool(isOn), "status": isOn ? "In Progress" : "Disabled", "rules": [rule]]
    }
  }

  /// One that lets everybody in.
  var open: JSON {
    switch self {
    case .launchDarkly:
      return ["environments": ["production": ["on": true, "offVariation": 1, "fallthrough": ["variation": 0]]]]
    case .unleash:
      let strategy: JSON = ["name": "flexibleRollout", "parameters": ["rollout": "100", "stickiness": "default"]]
      return ["environments": [["name": "production", "enabled": true, "strategies": [strategy]]]]
    case .posthog:
      return ["id": 4711, "filters": ["groups": [["properties": [], "rollout_percentage": 100]]]]
    case .statsig:
      let rule: JSON = ["name": "all", "passPercentage": 100, "conditions": [["type": "public"]]]
      return ["isEnabled": true, "rules": [rule]]
    }
  }

  /// Whether a flag that the server holds is off.
  func isOff(_ flag: JSON) -> Bool {
    switch self {
    case .launchDarkly: flag["environments"]?["production"]?["on"] == false
    case .unleash: flag["environments"]?.items?.first { $0["name"] == "production" }?["enabled"] == false
    case .posthog: flag["active"] == false
    case .statsig: flag["isEnabled"] == false
    }
  }
}
