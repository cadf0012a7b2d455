import Foundation
import Synchronization

@testable import RolloutOps
@testable import rolloutctl

/// Who types the command lines of a run.
enum FaultOperator {
  /// The real executable, as everybody starts it.
  case binary
  /// The same program from its words to its exit status, with the real doors, in this process: thousands of runs have no
  /// time for as many starts. Waiting costs nothing here; the clock is put forward instead.
  case inProcess(HastyClock)

  /// Whether waiting costs nothing.
  var isPatient: Bool { if case .inProcess = self { true } else { false } }

  func run(_ words: [String], in world: FaultyWorld) throws -> Binary.Outcome {
    guard case .inProcess(let clock) = self else {
      return try world.world.start(words, environment: world.environment).finish()
    }
    let output = KeptOutput()
    var variables: Variables = ["HOME": world.world.folder.path]
    for (name, value) in world.environment { variables[name] = value }
    let folder = world.world.folder.path
    // A door of its own for each line, as each start of the executable has.
    let context = Context(
      clock: clock, files: POSIXFiles(), inputs: POSIXInputs(), http: CurlHTTP(), output: output,
      surroundings: Surroundings(
        variables: variables, workingFolder: folder, actor: "maya", host: "box", process: Int(getpid())))
    let status = Program(context: context).run(words)
    let outcome = Binary.Outcome(
      output: output.results, errors: output.remarks, end: .status(Int32(status.rawValue)))
    Planted.look(into: outcome, of: words)
    return outcome
  }
}

/// The machine's clock, and all that was ever waited for.
final class HastyClock: WallClock {
  private let waited = Mutex<Int64>(0)

  func now() -> Instant {
    Instant(microseconds: SystemClock().now().microseconds + waited.withLock { $0 })
  }

  func pause(microseconds: Int) { waited.withLock { $0 += Int64(max(0, microseconds)) } }
}

/// Keeps what a program says.
final class KeptOutput: Output {
  private let said = Mutex<(results: String, remarks: String)>(("", ""))

  func result(_ text: String) { said.withLock { $0.results += text + "\n" } }
  func remark(_ text: String) { said.withLock { $0.remarks += text + "\n" } }
  func failure(_ text: String) { remark(text) }
  var isBroken: Bool { false }
  var width: Int? { nil }
  func ask(_ question: String) -> String? { nil }

  var results: String { said.withLock { $0.results } }
  var remarks: String { said.withLock { $0.remarks } }
}
