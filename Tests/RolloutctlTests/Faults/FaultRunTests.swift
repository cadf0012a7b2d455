import Foundation
import Synchronization
import Testing

@testable import RolloutOps

/// Whole commands against every store that is a web server, through a proxy that delays, cuts, resets, doubles and refuses
/// what passes, or lets it be done and keeps the answer.
///
/// The usual seeds are always the same, so that a failure is one of the change that it came with. `ROLLOUTCTL_FAULT_FIRST`
/// begins with another one, or with `any`; `ROLLOUTCTL_FAULT_RUNS` says how many seeds a store gets, and
/// `ROLLOUTCTL_FAULT_STORE` names the only store. `ROLLOUTCTL_FAULT_SEED` plays one seed alone, as far as the machine's own
/// timing lets it.
@Suite(.enabled(if: Tool.python.isWanted, "python3 is not installed here")) struct FaultRunTests {
  private static let variables = ProcessInfo.processInfo.environment
  static let stores = FaultyStore.all.filter { store in
    (!store.isEtcd || EtcdWorld.isWanted) && variables["ROLLOUTCTL_FAULT_STORE"].map { $0 == store.name } ?? true
  }
  private static let first =
    variables["ROLLOUTCTL_FAULT_FIRST"].map { UInt64($0) ?? UInt64.random(in: 1...1_000_000_000) } ?? 20_261
  private static let only = variables["ROLLOUTCTL_FAULT_SEED"].flatMap(UInt64.init)

  private static func runs(_ usual: Int) -> Int {
    only == nil ? variables["ROLLOUTCTL_FAULT_RUNS"].flatMap(Int.init) ?? usual : 1
  }

  @Test(arguments: stores) func nothingIsAppliedTwiceOrCalledDoneThatIsNotAndKillsGetThrough(store: FaultyStore) throws
  {
    try play(store, lanes: 1, runs: Self.runs(Live.isRequired ? 400 : 150)) { .inProcess(HastyClock()) }
  }

  @Test(arguments: stores) func theExecutableDoesSoToo(store: FaultyStore) throws {
    try play(store, lanes: 2, runs: Self.runs(Live.isRequired ? 100 : 25)) { .binary }
  }

  /// A write that its sender has long given up arrives when others have come after it.
  @Test(arguments: stores) func whatComesLateUndoesNothing(store: FaultyStore) throws {
    let operates = FaultOperator.inProcess(HastyClock())
    let world = try FaultyWorld(store, again: 1)
    let starts = try FaultRun.starts(world, operates)
    let promote = ["promote", LiveWorld.note, "--override", "parse failures above 2%", "--reason", "seen"]
    var late = 0
    for (start, words) in [1, 2, 3, 4].flatMap({ start in [promote, ["rollback", "ai-summary"]].map { (start, $0) } }) {
      for isRestored in [false, true] where store.compares || !isRestored {
        try world.begin(at: starts[start])
        try world.bad(FaultWeather(next: ["late"], hitsWritesOnly: true))
        let first = try operates.run(words, in: world)
        try world.good()
        let kill = try operates.run(["kill", "ai-summary"], in: world)
        #expect(kill.status == 0, "\(first) \(kill)")
        if isRestored {
          let restore = try operates.run(["restore", "ai-summary", "--reason", "again"], in: world)
          #expect(restore.status == 0, "\(first) \(restore)")
        }
        let before = try store.sight(world.look().flag)
        #expect(before.stage == (isRestored ? 0 : -1))
        late += try world.deliver().count
        let after = try store.sight(world.look().flag)
        #expect(after == before, "\(words) from \(start) came late: \(first)")
      }
    }
    #expect(late > 4, "nothing was late")
  }

  /// What all lanes have found; each has a server of its own, since a command mostly waits.
  private struct Found {
    var all = FaultRun.Tally()
    var disagreements: [FaultRun.Disagreement] = []
    var others: [any Error] = []
    var isOver: Bool { disagreements.count > 2 || !others.isEmpty }
  }

  private func play(
    _ store: FaultyStore, lanes: Int, runs: Int, by operates: @escaping @Sendable () -> FaultOperator
  ) throws {
    let first = Self.only ?? Self.first
    print("faults, \(store.name): \(runs) seeds from \(first)")
    let found = Mutex(Found())
    DispatchQueue.concurrentPerform(iterations: min(lanes, runs)) { lane in
      do {
        let operates = operates()
        let world = try FaultyWorld(store, again: operates.isPatient ? 1 : 0)
        let starts = try FaultRun.starts(world, operates)
        for index in stride(from: lane, to: runs, by: lanes) where !found.withLock({ $0.isOver }) {
          var run = FaultRun(world, operates, seed: first + UInt64(index))
          do {
            try run.perform(from: starts)
          } catch let error as FaultRun.Disagreement {
            found.withLock { $0.disagreements.append(error) }
          }
          let tally = run.tally
          found.withLock { $0.all.add(tally) }
        }
      } catch {
        found.withLock { $0.others.append(error) }
      }
    }
    let (all, disagreements, others) = found.withLock { ($0.all, $0.disagreements, $0.others) }
    for error in disagreements { Issue.record(error) }
    for error in others { Issue.record(error) }
    print("faults, \(store.name): \(all)")
    guard Self.only == nil, disagreements.isEmpty, others.isEmpty else { return }
    #expect(all.moved > runs / 2 && all.killed > runs / 4, "\(all)")
    #expect(all.troubled > 0 || runs < 100, "\(all)")
  }
}
