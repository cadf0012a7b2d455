import Testing

@testable import RolloutOps

@Suite struct ShiftedMomentsTests {
  /// Also far from zero, and where the first value is nothing like the others.
  @Test(arguments: [0.0, 1e9, -1e9], [0.0, 1, 1e6])
  func sumsOfDistancesSayWhatMomentsSay(offset: Double, first: Double) {
    let seed: UInt64 = 20_261_121
    var random = SplitMix64(seed: seed)
    for count in [1, 2, 3, 900, 9000] {
      var values = (0..<count).map { _ in offset + Double.random(in: -1...1, using: &random) }
      values[0] += first
      var sums = ShiftedMoments()
      for value in values { sums.add(value) }
      // The plain definition, in two passes over distances that are small.
      let mean = offset + values.reduce(0) { $0 + ($1 - offset) } / Double(count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let moments = sums.moments
      #expect(moments.count == count)
      #expect(abs(moments.mean - mean) <= 1e-14 * (abs(offset) + first + 1), "seed \(seed)")
      #expect(abs(moments.squares - squares) <= 1e-7 * squares + 1e-9, "seed \(seed): \(moments.squares) \(squares)")
    }
  }

  @Test func equalValuesDoNotVary() {
    var sums = ShiftedMoments()
    for _ in 0..<7 { sums.add(0.1) }
    #expect(sums.moments == Moments(count: 7, mean: 0.1, squares: 0))
    #expect(ShiftedMoments().moments == Moments())
  }
}
