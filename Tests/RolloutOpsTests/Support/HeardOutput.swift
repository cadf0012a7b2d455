import Synchronization

@testable import RolloutOps

/// Keeps what was said, for whoever asks.
final class HeardOutput: Output {
  private let said = Mutex<(results: [String], remarks: [String])>(([], []))

  func result(_ text: String) { said.withLock { $0.results.append(text) } }
  func remark(_ text: String) { said.withLock { $0.remarks.append(text) } }
  func failure(_ text: String) { remark(text) }
  var isBroken: Bool { false }
  var width: Int? { nil }
  func ask(_ question: String) -> String? { nil }

  var results: [String] { said.withLock { $0.results } }
  var remarks: [String] { said.withLock { $0.remarks } }
}
