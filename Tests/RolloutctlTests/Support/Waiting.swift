import Foundation
import Testing

/// For a suite whose tests come one after another and mostly wait: for a server, for a program, for a time to pass.
///
/// Tests share as many threads as the machine has cores, and who waits keeps his. After each of its tests such a suite
/// would stand in line behind all the others again, and come to its end long after them. So it gets threads of its own:
/// it begins at once, and while it waits the cores work for others.
struct Waiting: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
  }
}

extension Trait where Self == Waiting { static var waits: Self { Self() } }

/// A few threads that take what comes in its order.
final class WaitingThreads: TaskExecutor {
  static let shared = WaitingThreads(count: 2)

  private let condition = NSCondition()
  /// Touched under the condition alone.
  nonisolated(unsafe) private var jobs: [UnownedJob] = []

  init(count: Int) {
    for _ in 0..<count {
      let thread = Thread { [self] in while true { next().runSynchronously(on: asUnownedTaskExecutor()) } }
      // As a main thread has it: tests recurse, and they are not optimised.
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  private func next() -> UnownedJob {
    condition.withLock {
      while jobs.isEmpty { condition.wait() }
      return jobs.removeFirst()
    }
  }
}
