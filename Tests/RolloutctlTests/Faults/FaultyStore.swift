import Testing

@testable import RolloutOps

/// A store that is a web server, as the runs over a bad network know it.
struct FaultyStore: Sendable, CustomTestStringConvertible {
  let name: String
  /// What the note calls it, when its server, or what stands before it, has this port.
  let address: @Sendable (_ port: Int) -> String
  let environment: [String: String]
  /// The server's state before the first rollout.
  let empty: JSON
  /// Who gets the canary, by the flag as the server holds it.
  let sight: @Sendable (_ flag: JSON?) -> Sight
  /// Requests that may change something, for faults that are to hit those.
  var writes = "^(POST|PUT|PATCH|DELETE) "

  /// Whether a change from one stage to the next takes effect at once.
  var isAtomic: Bool { name != "unleash" }

  /// Whether the server takes no change that was made for an earlier edition, even one that was like this one.
  var compares: Bool { ["document", "etcd"].contains(name) }

  var testDescription: String { name }
  var isEtcd: Bool { name == "etcd" }

  static let all = [document, etcd, launchDarkly, unleash, posthog, statsig]

  static let document = FaultyStore(
    name: "document", address: { "http://127.0.0.1:\($0)/flags.json" },
    environment: ["ROLLOUT_HTTP_TOKEN": Planted.platformToken],
    empty: [:], sight: Sight.flagd)

  static let etcd = FaultyStore(
    name: "etcd", address: { "etcd+http://127.0.0.1:\($0)/prod" },
    environment: ["ETCD_USERNAME": "root", "ETCD_PASSWORD": Planted.password], empty: [:], sight: Sight.flagd,
    writes: "/v3/kv/txn")

  static let launchDarkly = FaultyStore(.launchDarkly, sight: Sight.launchDarkly)
  static let unleash = FaultyStore(.unleash, sight: Sight.unleash)
  static let posthog = FaultyStore(.posthog, sight: Sight.posthog)
  static let statsig = FaultyStore(.statsig, sight: Sight.statsig)
}

extension FaultyStore {
  private init(_ platform: TestedPlatform, sight: @escaping @Sendable (_ flag: JSON?) -> Sight) {
    self.init(
      name: platform.rawValue, address: { platform.address(at: "http://127.0.0.1:\($0)") },
      environment: [platform.variable: Planted.platformToken], empty: platform.empty, sight: sight)
  }
}
