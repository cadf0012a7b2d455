/// The last entry of a journal in a few characters: its number and the beginning of its hash.
package struct JournalHead: Hashable, Sendable, CustomStringConvertible {
  package let sequence: Int
  /// The first digits of the entry's hash: enough that nobody finds another entry with the same.
  package let digits: String

  private static let length = 16

  package init(sequence: Int, hash: String) { (self.sequence, digits) = (sequence, String(hash.prefix(Self.length))) }

  package init?(_ text: String?) {
    let parts = (text ?? "").split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let sequence = Int(parts[0]), sequence > 0, parts[1].utf8.count == Self.length else {
      return nil
    }
    self.init(sequence: sequence, hash: String(parts[1]))
  }

  package var description: String { "\(sequence):\(digits)" }
}

/// Whether a journal still has the entry that its flag was last changed by. Nothing in a chain tells that its end was cut
/// off, or that all of it was computed anew; what the flag remembers does.
package enum JournalEnd: Hashable, Sendable {
  case isThere
  case notKnown(String)
  case isMissing(JournalHead)
  case isAnother(JournalHead)
  /// There is no journal at all.
  case isGone(JournalHead)

  package var isFault: Bool {
    switch self {
    case .isThere, .notKnown: false
    case .isMissing, .isAnother, .isGone: true
    }
  }
}
