/// How long a kill takes where every answer takes its time, and the `--within` that it needs then.
package struct KillTime: Hashable, Sendable {
  /// The slowest answer of a look.
  package let answer: Double
  /// How many answers one after the other a kill needs.
  package let answers: Int

  package init(answer: Double, answers: Int) { (self.answer, self.answers) = (answer, answers) }

  /// A kill's deadline where nobody says another.
  package static let usual = TimeSpan(seconds: 30)
  /// A server that is slow is not slow in the same way each time.
  private static let margin = 1.25

  private var needed: Double { answer * Double(answers) }

  /// The deadline that is enough: a round number, and never shorter than the usual one.
  package var within: TimeSpan {
    let wanted = max(1, Int((needed * Self.margin).rounded(.up)))
    let step = wanted > 120 ? 60 : 5
    return max(Self.usual, TimeSpan(seconds: (wanted + step - 1) / step * step))
  }

  /// Nil where a kill waits for no answer.
  package var check: DoctorCheck? {
    guard answers > 0 else { return nil }
    let told = "an answer takes \(Self.spelled(answer)), and a kill needs \(answers) of them"
    guard within > Self.usual else {
      return DoctorCheck("time", .fine, "\(told): kill --within \(Self.usual) is enough")
    }
    return DoctorCheck(
      "time", .warning, "\(told), so it may need \(Self.spelled(needed)): rolloutctl kill KEY --within \(within)")
  }

  /// `12 ms`, `3.1 s`, `36 s`.
  private static func spelled(_ seconds: Double) -> String {
    if seconds < 0.995 { return "\(Int((seconds * 1000).rounded())) ms" }
    let tenths = Int((seconds * 10).rounded())
    return tenths >= 100 || tenths % 10 == 0 ? "\((tenths + 5) / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}
