import Testing

@testable import RolloutOps

@Suite struct SampleTests {
  /// The textbook formula Q - S²/n gives 0 or less here.
  @Test func aLargeMeanCostsNoDigits() throws {
    let moments = Moments([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])
    #expect(moments.mean == 1e9 + 10)
    #expect(try #require(moments.variance) == 30)
  }

  @Test func partsMergeToTheWhole() {
    let values = (1...1000).map { Double($0 * $0 % 317) }
    var merged = Moments()
    for part in [values[0..<1], values[1..<1], values[1..<400], values[400...]] { merged.merge(Moments(part)) }
    let whole = Moments(values)
    #expect(merged.count == whole.count)
    #expect(abs(merged.mean - whole.mean) < 1e-12 * whole.mean)
    #expect(abs(merged.squares - whole.squares) < 1e-12 * whole.squares)
  }

  @Test func fewerThanTwoValuesHaveNoVariance() {
    #expect(Moments().variance == nil)
    #expect(Moments([3]).variance == nil)
  }

  @Test func aSampleCountsWhatItCannotUse() {
    var sample = Sample(.mean)
    for value in [1, .nan, 3, .infinity] { sample.add(value, unit: 0) }
    #expect(sample.count == 2 && sample.missing == 2 && sample.moments.mean == 2)
    #expect(sample.totals == [UnitTotal(count: 2, sum: 4)])
  }

  @Test func aRateIsTheMeanOfItsEvents() {
    var sample = Sample(.rate)
    for record in 0..<10 { sample.add(event: record < 3, unit: UInt32(record % 4)) }
    #expect(sample.events == 3 && sample.count == 10)
    #expect(abs(sample.moments.mean - 0.3) < 1e-15 && abs(sample.moments.squares - 2.1) < 1e-15)
    #expect(sample.totals.map(\.count) == [3, 3, 2, 2] && sample.totals.map(\.sum) == [1, 1, 1, 0])
  }

  @Test func samplesOfPartsMerge() {
    var (left, right, whole) = (Sample(.quantile), Sample(.quantile), Sample(.quantile))
    for record in 0..<50 {
      let (value, unit) = (Double(record * 7 % 11), UInt32(record % 5 * 2))
      whole.add(value, unit: unit)
      if record < 20 { left.add(value, unit: unit) } else { right.add(value, unit: unit) }
    }
    right.add(.nan)
    whole.add(.nan)
    left.merge(right)
    #expect(left.count == whole.count && left.missing == 1)
    #expect(left.values == whole.values && left.owners == whole.owners && left.totals == whole.totals)
    #expect(left.unitCount == 5 && left.isClustered)
  }

  /// Records without a unit take no room for one, and still stand where they stood when one comes that has it.
  @Test(arguments: [[nil, nil, 3, nil], [nil, nil], [1, nil], [nil, 1], []] as [[UInt32?]])
  func ownersStandByTheirValues(units: [UInt32?]) {
    let owners = units.map { $0 ?? Sample.noUnit }
    func sample(_ owners: ArraySlice<UInt32>) -> Sample {
      var sample = Sample(.quantile)
      for (place, owner) in zip(owners.indices, owners) { sample.add(Double(place), unit: owner) }
      return sample
    }
    let whole = sample(owners[...])
    #expect(whole.owners == owners)
    #expect(whole.exceeding(0.5).count == owners.count)
    for cut in 0...owners.count {
      var (joined, moved) = (sample(owners[..<cut]), sample(owners[..<cut]))
      joined.merge(sample(owners[cut...]))
      #expect(joined.values == whole.values && joined.owners == owners, "cut at \(cut)")
      moved.merge(sample(owners[cut...]), at: [0, 11, 22, 33])
      #expect(moved.values == whole.values)
      #expect(moved.owners == owners[..<cut] + owners[cut...].map { $0 == Sample.noUnit ? $0 : $0 * 11 })
    }
    #expect(whole.withoutUnits.owners == owners.map { _ in Sample.noUnit })
  }

  @Test func clustersNeedAUnitForEveryRecord() {
    var sample = Sample(.mean)
    for record in 0..<6 { sample.add(Double(record), unit: UInt32(record / 2)) }
    #expect(sample.isClustered && sample.unitCount == 3)
    sample.add(1)
    #expect(!sample.isClustered && sample.unitCount == nil)
    #expect(!sample.withoutUnits.isClustered)
    var apart = Sample(.mean)
    for record in 0..<6 { apart.add(Double(record), unit: UInt32(record)) }
    #expect(!apart.isClustered, "one record each: nothing repeats")
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5])
  func selectionFindsWhatSortingWould(shape: Int) {
    var random = SplitMix64(seed: 11)
    let values: [Double] = (0..<3000).map { index in
      switch shape {
      case 0: Double.random(in: 0..<1, using: &random)
      case 1: Double(index)
      case 2: Double(-index)
      case 3: Double(min(index, 3000 - index))
      case 4: Double(index % 3)
      default: 7
      }
    }
    let sorted = values.sorted()
    var order = OrderStatistics(values)
    for level in [0.95, 0.5, 0.9499, 0, 1, 0.123, 0.95, 0.99] {
      let place = level * 2999
      let (low, part) = (Int(place), place - Double(Int(place)))
      let expected = sorted[low] + (part > 0 ? part * (sorted[low + 1] - sorted[low]) : 0)
      #expect(order.quantile(level) == expected)
    }
    var none = OrderStatistics([])
    #expect(none.quantile(0.5).isNaN)
  }

  /// As many values as are first put into classes, of both signs and of very different sizes.
  @Test(arguments: [0, 1, 2, 3, 4])
  func selectionAmongManyValuesFindsWhatSortingWould(shape: Int) {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    let values: [Double] = (0..<40_001).map { index in
      switch shape {
      case 0: Double.random(in: -5..<5, using: &random)
      case 1: Double.random(in: -1..<1, using: &random) * [1e-300, 1, 1e300, 0][index % 4]
      case 2: Double(index % 7) - 3
      case 3: -Double(index)
      default: 600 + Double.random(in: 0..<1, using: &random)
      }
    }
    let sorted = values.sorted()
    var order = OrderStatistics(values)
    for level in [0.95, 0.5, 0, 1, 0.123, 0.4999, 0.95, 0.999_99] + (0..<30).map({ Double($0) / 29 }) {
      let place = level * 40_000
      let (low, part) = (Int(place), place - Double(Int(place)))
      let expected = sorted[low] + (part > 0 ? part * (sorted[low + 1] - sorted[low]) : 0)
      #expect(order.quantile(level) == expected, "seed \(seed), level \(level)")
    }
  }
}
