/// The outcome of one gate or of a whole stage, from harmless to worst.
package enum Verdict: String, CaseIterable, Comparable, Sendable {
  case pass, hold, breach

  package static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
