import Foundation
import Testing

/// Incidents that teams tell of, replayed with the real binary: a note, trace logs as applications write them, and what
/// the gate says. Time passes by `faketime`: the promotion happens some hours ago.
@Suite struct IncidentTests {
  /// A note, promoted `ago` hours before, and the logs since.
  final class Incident {
    let world: LiveWorld
    private var lines: [String] = []
    private let start = Date(timeIntervalSinceNow: -4 * 3600)
    private let format = ISO8601DateFormatter()

    init(_ gates: String, schedule: String = "5% of paid 0s -> 100% 0s") throws {
      let note = LiveWorld.plainNote
        .replacing("Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s", with: "Schedule: \(schedule)")
        .replacing("Rollback trigger:\n- parse failures above 2%", with: "")
      world = try LiveWorld(note: note + "\nEvidence: traces/*.ndjson\nBands: none\n\(gates)\n")
      let program = try #require(Binary.path)
      let promoted = try Tool.faketime.run(["-f", "-4h", program, "promote", LiveWorld.note], in: world.folder)
      try #require(promoted.status == 0, "\(promoted)")
    }

    /// One request per tenant and round, from `after` hours after the promotion on.
    func add(
      _ version: String, tenants: Range<Int>, rounds: Int, after: Double = 0.1, until: Double = 3.95,
      _ fields: (_ tenant: Int, _ round: Int) -> String
    ) {
      for round in 0..<rounds {
        let hours = after + (until - after) * Double(round) / Double(rounds)
        let time = format.string(from: start.addingTimeInterval(hours * 3600))
        for tenant in tenants {
          lines.append(
            "{\"ts\":\"\(time)\",\"prompt_version\":\"\(version)\",\"plan\":\"paid\",\"tenant\":\"t\(tenant)\","
              + "\(fields(tenant, round))}")
        }
      }
    }

    func gate(_ more: String...) throws -> Binary.Outcome {
      try world.folder.write("traces/today.ndjson", lines.joined(separator: "\n") + "\n")
      return try world.start(["gate", LiveWorld.note] + more, actor: "maya").finish()
    }

    func gates() throws -> [[String: Any]] {
      let outcome = try gate("--format", "json")
      let report = try #require(try LiveWorld.object(outcome.output))
      return try #require(report["gates"] as? [[String: Any]])
    }
  }

  /// A customer whose input makes the new prompt loop: its cost is 18 times what it was, everybody else's is as ever.
  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason)) func theLoopingTenant() throws {
    let incident = try Incident(
      "Kill trigger:\n- cost exceeds 5x control in any tenant over 2h", schedule: "25% of paid 0s -> 100% 0s")
    incident.add("v6", tenants: 60..<240, rounds: 60) { tenant, round in "\"cost_usd\":0.0\(1 + (tenant + round) % 3)" }
    incident.add("v7", tenants: 0..<59, rounds: 120) { tenant, round in "\"cost_usd\":0.0\(1 + (tenant + round) % 3)" }
    incident.add("v7", tenants: 59..<60, rounds: 120) { _, round in "\"cost_usd\":0.\(round < 60 ? "02" : "36")" }
    let outcome = try incident.gate()
    #expect(outcome.status == 5, "\(outcome)")
    #expect(outcome.output.contains("tenant t59: $0.36 vs $0.02"), "\(outcome)")
    #expect(outcome.output.contains("rolloutctl kill ai-summary"), "\(outcome)")
  }

  /// Spanish tickets get worse while the whole looks fine.
  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason)) func theSegmentThatGotWorse() throws {
    let incident = try Incident(
      "Metrics to watch:\n- task success: rate(task_success)\nRollback trigger:\n"
        + "- task success drops by more than 10%\n- task success drops by more than 10% by category",
      schedule: "25% of paid 0s -> 100% 0s")
    let categories = (0..<20).map { $0 == 0 ? "spanish" : $0 < 10 ? "billing" : "setup" }
    func fields(_ tenant: Int, _ round: Int, worse: Bool) -> String {
      let category = categories[(tenant + round) % 20]
      // Scattered, and the same on every run.
      let draw = (tenant &* 7919 &+ round &* 104_729) % 100
      let fails = draw < (worse && category == "spanish" ? 50 : 8)
      return "\"category\":\"\(category)\",\"task_success\":\(!fails)"
    }
    incident.add("v6", tenants: 200..<800, rounds: 20) { fields($0, $1, worse: false) }
    incident.add("v7", tenants: 0..<200, rounds: 20) { fields($0, $1, worse: true) }
    let outcome = try incident.gate()
    #expect(outcome.status == 4, "\(outcome)")
    #expect(outcome.output.contains("category spanish: "), "\(outcome)")
    let whole = try incident.gates().first { ($0["name"] as? String) == "task success drops by more than 10%" }
    #expect(whole?["verdict"] as? String == "pass")
  }

  /// A prompt shipped on a Friday that apologises for everything: seen within fifty conversations, before any minimum of
  /// samples would let it go on.
  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason)) func theFridayPrompt() throws {
    let incident = try Incident(
      "Metrics to watch:\n- quality: mean(quality)\nRollback trigger:\n- quality drops by more than 5%")
    incident.add("v6", tenants: 50..<1000, rounds: 2) { tenant, round in "\"quality\":0.\(82 + (tenant + round) % 9)" }
    incident.add("v7", tenants: 0..<50, rounds: 1) { tenant, _ in "\"quality\":0.\(50 + tenant % 9)" }
    let outcome = try incident.gate()
    #expect(outcome.status == 4, "\(outcome)")
    #expect(outcome.output.contains("rollback if quality drops by more than 5%"), "\(outcome)")
  }

  /// Ten more lines of prompt, and the slowest answers take twice as long.
  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason)) func theSlowTail() throws {
    let incident = try Incident("Rollback trigger:\n- p95 latency up more than 20%")
    func latency(_ tenant: Int, _ round: Int, slow: Int) -> String {
      let step = (tenant * 31 + round * 17) % 100
      return "\"latency_ms\":\(900 + step * 4 + (step >= 90 ? 900 * slow : 0) + (tenant + round) % 13)"
    }
    incident.add("v6", tenants: 300..<2000, rounds: 3) { latency($0, $1, slow: 1) }
    incident.add("v7", tenants: 0..<100, rounds: 20) { latency($0, $1, slow: 3) }
    let outcome = try incident.gate()
    #expect(outcome.status == 4, "\(outcome)")
    #expect(outcome.output.contains("p95 latency up more than 20%"), "\(outcome)")
  }

  /// A tiny canary whose answers cannot be parsed.
  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason)) func parseFailuresInATinyCanary() throws {
    let incident = try Incident("Rollback trigger:\n- parse failures above 2%")
    incident.add("v6", tenants: 40..<800, rounds: 3) { tenant, round in "\"parse_error\":\((tenant + round) % 200 == 0)"
    }
    incident.add("v7", tenants: 0..<40, rounds: 3) { tenant, round in "\"parse_error\":\((tenant + round) % 8 == 0)" }
    let outcome = try incident.gate()
    #expect(outcome.status == 4, "\(outcome)")
    let promoted = try incident.world.run("promote", LiveWorld.note)
    #expect(promoted.status == 4, "\(promoted)")
    #expect(try incident.world.entered().count == 1)
  }
}
