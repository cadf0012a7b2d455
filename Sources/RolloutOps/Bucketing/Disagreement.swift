/// How often readers of different hashes answer differently, for a share that both of them deal.
package struct Disagreement: Hashable, Sendable {
  package let one: FlagHash
  package let other: FlagHash
  /// Of those to whom the share is dealt, in percent.
  package let percent: Double

  /// One for each two hashes that disagree at this share.
  package static func all(among hashes: [FlagHash], at share: Percentage) -> [Disagreement] {
    let known = FlagHash.allCases.filter(hashes.contains)
    return known.enumerated().flatMap { index, one in
      known[(index + 1)...].map { Disagreement(one: one, other: $0, percent: 100 * part(one, $0, share)) }
    }.filter { $0.percent > 0 }
  }

  /// v1 and v2 read the same hash: v2 takes the units from 0 up, v1 those from both ends of the scale, each half as far. So
  /// they share one half until v1's two halves meet v2's end. v3 hashes other bytes, and has nothing to do with either.
  private static func part(_ one: FlagHash, _ other: FlagHash, _ share: Percentage) -> Double {
    let part = Double(share.micro) / Double(Percentage.whole.micro)
    guard [one, other].contains(.v3) else { return min(part, 2 * (1 - part)) }
    return 2 * part * (1 - part)
  }

  package var sentence: String {
    let tenths = (percent * 10).rounded() / 10
    let number = tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    return
      "readers that deal by \(one.rawValue) (\(one.readers)) and by \(other.rawValue) (\(other.readers)) disagree on "
      + (tenths < 0.1 ? "fewer than 0.1% of them" : "\(number)% of them")
  }
}

extension Plan {
  /// What each share of the plan means where services in several languages read the flag: `25% of everybody: …`.
  package func disagreements(among hashes: [FlagHash]) -> [(stage: Int, sentence: String)] {
    stages.indices.flatMap { index in
      Disagreement.all(among: hashes, at: stages[index].share).map { (index, $0.sentence) }
    }
  }
}
