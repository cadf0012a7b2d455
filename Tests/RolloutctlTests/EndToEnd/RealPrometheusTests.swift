import Foundation
import Glibc
import Testing

@testable import RolloutOps

/// A rollout that is judged by a real Prometheus, which scrapes counters and histograms of both versions.
@Suite struct RealPrometheusTests {
  static let prometheus = Tool(name: "prometheus")

  private final class Metrics {
    let server: LiveServer
    private let http = CurlHTTP()
    private var counts = ["v6": (requests: 0, errors: 0, slow: 0), "v7": (requests: 0, errors: 0, slow: 0)]

    init() throws { server = try LiveServer("prometheus_world.py") }

    private func post(_ path: String, _ body: JSON) throws {
      var request = HTTPRequest(.post, try WebAddress("http://127.0.0.1:\(server.port("exporter"))\(path)"))
      request.body = Array(body.written().utf8)
      request.limits.totalMilliseconds = 60_000
      _ = try http.answer(to: request)
    }

    /// Traffic of both versions, and waiting until Prometheus has seen it.
    func add(errors: Int, slow: Int) throws {
      for (version, requests, errors, slow) in [("v6", 4000, 20, 40), ("v7", 400, errors, slow)] {
        let before = counts[version] ?? (0, 0, 0)
        counts[version] = (before.requests + requests, before.errors + errors, before.slow + slow)
      }
      let all = counts.map { version, count in
        JSON.Member(
          version, ["requests": .number(count.requests), "errors": .number(count.errors), "slow": .number(count.slow)])
      }
      try post("/set", .object(all))
      let wanted = "\(counts["v7"]?.requests ?? 0)"
      for _ in 0..<1500 {
        if try value(#"rollout_requests_total{prompt_version="v7"}"#) == wanted { return }
        usleep(20_000)
      }
      Issue.record("Prometheus never saw the new counts")
    }

    private func value(_ query: String) throws -> String? {
      let address = try WebAddress("http://127.0.0.1:\(server.port("prometheus"))/api/v1/query")
      let request = HTTPRequest(.get, address.below("", query: PercentCode.form([("query", query)])))
      let answer = try JSON.parse(http.answer(to: request).body)
      return answer["data"]?["result"]?.items?.first?["value"]?.items?.last?.text
    }

    func stop() throws { try post("/stop", .null) }
  }

  @Test(.enabled(if: prometheus.isWanted && Tool.python.isWanted, prometheus.reason), .timeLimit(.minutes(5)))
  func aGatePassesThenBreachesThenHolds() throws {
    _ = try #require(Self.prometheus.path, Self.prometheus.reason)
    let metrics = try Metrics()
    let world = try LiveWorld(
      note: LiveWorld.plainNote.replacing("internal 0s -> 5% of paid 0s", with: "5% of paid 0s").replacing(
        "Rollback trigger:\n- parse failures above 2%",
        with: """
          Evidence: prometheus+http://127.0.0.1:\(metrics.server.port("prometheus"))
          Metrics to watch:
          - parse failures: ratio(`sum(increase(rollout_parse_errors_total{prompt_version="$version"}[$window]))`, \
          `sum(increase(rollout_requests_total{prompt_version="$version"}[$window]))`)
          - latency: quantile(0.95, `sum by (le) (increase(rollout_duration_seconds_bucket{prompt_version="$version"}[$window]))`)
          Rollback trigger:
          - parse failures above 2%
          - parse failures up more than 100%
          - p95 latency exceeds 3 s
          """))
    try metrics.add(errors: 2, slow: 4)
    try world.done("check", LiveWorld.note)
    try world.done("promote", LiveWorld.note)

    func gate(until status: Int32, errors: Int, slow: Int) throws -> Binary.Outcome {
      var last = try world.run("gate", LiveWorld.note)
      for _ in 0..<200 where last.status != status {
        try metrics.add(errors: errors, slow: slow)
        last = try world.run("gate", LiveWorld.note)
      }
      #expect(last.status == status, "\(last)")
      return last
    }
    let passed = try gate(until: 0, errors: 2, slow: 4)
    #expect(passed.output.contains("share beyond 3 s"), "\(passed)")
    let breached = try gate(until: 4, errors: 100, slow: 100)
    #expect(breached.output.contains("rollback"), "\(breached)")
    try metrics.stop()
    let held = try world.run("gate", LiveWorld.note)
    #expect(held.status == 3, "\(held)")
    #expect(held.output.contains("cannot be reached"), "\(held)")
  }
}
