import Foundation
import Synchronization
import Testing

@testable import RolloutOps

/// A network that loses, doubles, delays and cuts what passes, between the operations and etcd: over thousands of seeded
/// runs nothing is applied twice, nothing is called done that is not, and a kill gets through.
@Suite struct EtcdFaultTests {
  static let runs = ProcessInfo.processInfo.environment["ROLLOUTCTL_LIVE"] == "required" ? 1000 : 150

  private final class Run {
    let etcd = MemoryEtcd()
    let world: World
    var random: SplitMix64
    let seed: UInt64
    /// How many moves were called done, and how many ended in trouble: a run in which nothing happens shows nothing.
    var (done, troubled) = (0, 0)
    /// A kill whose journal could not be reached has said so: the flag died all the same.
    var isUnjournaled = false
    /// What the last kill said.
    var lines: [String] = []

    init(_ seed: UInt64) {
      (self.seed, random) = (seed, SplitMix64(seed: seed))
      world = World(note: EtcdStoreTests.note, server: etcd)
      world.variables.withLock { $0 = ["ROLLOUT_STORE": EtcdStoreTests.address] }
    }

    /// Something goes wrong with every third request.
    func trouble(_ isOn: Bool) {
      let draws = Mutex(SplitMix64(seed: random.next()))
      etcd.fault.withLock {
        $0 = { _ in
          guard isOn else { return .none }
          return draws.withLock { draws in
            guard draws.next() % 3 == 0 else { return .none }
            let all = MemoryEtcd.Fault.allCases
            return all[Int(draws.next() % UInt64(all.count))]
          }
        }
      }
    }

    /// The stage's index, -1 for off, -2 for killed; by the flag itself.
    var place: Int {
      guard let text = etcd.text(EtcdStoreTests.flag), let flag = try? JSON.parse(Array(text.utf8)) else { return -1 }
      if flag["metadata"]?["rolloutctl"] == "killed" { return -2 }
      let stages = ["internal", "5% of paid", "25% of paid", "100%"]
      return flag["metadata"]?["rolloutctl.stage"]?.text.flatMap { stages.firstIndex(of: $0) } ?? -1
    }

    func step() {
      let before = place
      etcd.forget()
      let verb: [Verb] = [.promote, .promote, .promote, .rollback, .restore]
      trouble(true)
      if random.next() % 4 == 0 {
        let report = world.kill()
        lines = report.lines.map { "\($0.outcome) \($0.reasons)" }
        trouble(false)
        guard before != -1 || etcd.text(EtcdStoreTests.flag) != nil else { return }
        #expect(report.status == .done, "seed \(seed): \(report.lines)")
        #expect(place == -2, "seed \(seed)")
        isUnjournaled =
          isUnjournaled || report.lines.flatMap(\.reasons).contains { $0.contains("could not be journaled") }
      } else {
        let verb = verb[Int(random.next() % UInt64(verb.count))]
        world.clock.advance(TimeSpan(seconds: 60))
        let outcome = Result { () throws(Trouble) in
          try world.move(verb, reason: "seed \(seed)") { request in
            if verb == .promote, before >= 0 { request.override = "parse failures above 2%" }
          }
        }
        trouble(false)
        let puts = etcd.state.withLock { $0.puts.count { $0 == EtcdStoreTests.flag } }
        #expect(puts <= 1, "seed \(seed): \(verb) was applied \(puts) times")
        if case .success(let report) = outcome, report.status == .done, report.decision.acts {
          #expect(puts == 1, "seed \(seed): \(verb) is called done and is not")
          done += 1
        } else if case .failure = outcome {
          troubled += 1
        }
        if verb == .promote { #expect(place == before || place == before + 1, "seed \(seed)") }
      }
      agree()
    }

    /// What the journal says last, and what the flag says of itself.
    func agree() {
      guard
        let entries = try? Journal(
          path: "etcd+http://127.0.0.1:2379\(EtcdStoreTests.journal)", flag: World.key,
          files: EtcdFiles(
            EtcdDoor([try WebAddress("http://127.0.0.1:2379")], StoreTerms(root: "/w"), world.context()),
            root: "etcd+http://127.0.0.1:2379", clock: world.clock)
        ).read().entries
      else {
        Issue.record("seed \(seed): the journal cannot be read")
        return
      }
      if isUnjournaled, place == -2 { return }
      isUnjournaled = false
      switch Progress(entries).place {
      case .stage(let index, _): #expect(place == index, "seed \(seed): \(lines)")
      case .killed: #expect(place == -2, "seed \(seed)")
      default: #expect(place == -1, "seed \(seed)")
      }
      #expect(Progress(entries).pending == nil, "seed \(seed)")
    }
  }

  @Test func nothingIsAppliedTwiceOrCalledDoneThatIsNotAndKillsGetThrough() {
    let first = ProcessInfo.processInfo.environment["ROLLOUTCTL_FAULT_SEED"].flatMap(UInt64.init)
    let start = first ?? UInt64.random(in: 1...1_000_000)
    print("etcd faults: seeds from \(start)")
    let runs = first == nil ? Self.runs : 1
    var (done, troubled) = (0, 0)
    for seed in start..<(start + UInt64(runs)) {
      let run = Run(seed)
      for _ in 0..<6 { run.step() }
      (done, troubled) = (done + run.done, troubled + run.troubled)
    }
    print("etcd faults: \(done) moves done, \(troubled) troubled")
    #expect(first != nil || done > runs && troubled > runs / 50)
  }
}
