import Glibc

/// Quantiles by linear interpolation at (n-1)p (definition 7 of Hyndman and Fan, 1996), found by selection: what lies
/// elsewhere is never sorted.
///
/// Many values are first counted by their leading bits, which says in which class each rank lies; only the classes that
/// are asked for are gathered, and the values themselves are neither copied nor moved.
package struct OrderStatistics: Sendable {
  private let values: [Double]
  /// By leading bits: the values that lie in lower classes. Empty where the values are few and are one class.
  private var ranks: [Int32] = []
  private var classes: [Int: Selection] = [:]
  /// Fewer values are not worth the counting.
  private static let many = 1 << 15

  package init(_ values: [Double]) { self.values = values }

  /// NaN without values.
  package mutating func quantile(_ level: Double) -> Double {
    guard let last = values.indices.last else { return .nan }
    let place = min(max(level, 0), 1) * Double(last)
    let position = Int(place.rounded(.down))
    let lower = select(position)
    let part = place - Double(position)
    guard part > 0 else { return lower }
    let upper = select(position + 1)
    return lower + part * (upper - lower)
  }

  /// The value that sorting would put there.
  private mutating func select(_ position: Int) -> Double {
    guard values.count >= Self.many, values.count < Int32.max else {
      return classes[0, default: Selection(values)].select(position)
    }
    if ranks.isEmpty { count() }
    // The last class that does not start behind the position.
    var (low, high) = (0, ranks.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(ranks[middle]) <= position { low = middle } else { high = middle }
    }
    if classes[low] == nil { classes[low] = Selection(gathered(low)) }
    return classes[low]?.select(position - Int(ranks[low])) ?? .nan
  }

  // MARK: Classes

  /// The leading bits, sign, exponent and four bits of the fraction, of the values of a class. Rising classes hold rising
  /// values: numbers with the sign bit set are negative and count downwards.
  private static func bits(_ number: Int) -> Int { number >= 0x8000 ? number & 0x7FFF : ~number & 0xFFFF }

  private mutating func count() {
    var counts = [Int32](repeating: 0, count: 1 << 16)
    counts.withUnsafeMutableBufferPointer { counts in
      values.withUnsafeBufferPointer { values in
        // By the bits as they are; their order is put right afterwards.
        for value in values { counts[Int(truncatingIfNeeded: value.bitPattern &>> 48)] &+= 1 }
      }
    }
    var below: Int32 = 0
    ranks = (0..<(1 << 16)).map { number in
      defer { below += counts[Self.bits(number)] }
      return below
    }
  }

  private func gathered(_ number: Int) -> [Double] {
    let end = number + 1 < ranks.count ? Int(ranks[number + 1]) : values.count
    let bits = UInt64(Self.bits(number))
    return values.withUnsafeBufferPointer { values in
      // Every value is written, and one that does not belong is written over: that spares a branch nobody can foresee.
      [Double](unsafeUninitializedCapacity: end - Int(ranks[number]) + 1) { found, count in
        for value in values {
          found[count] = value
          count &+= value.bitPattern &>> 48 == bits ? 1 : 0
        }
      }
    }
  }
}

/// Values that each search leaves more parted than before, so the next one starts from less.
private struct Selection: Sendable {
  private var values: [Double]
  /// Positions already in place.
  private var settled: [Int] = []

  init(_ values: [Double]) { self.values = values }

  mutating func select(_ position: Int) -> Double {
    var lower = 0
    var upper = values.count - 1
    for place in settled {
      if place == position { return values[position] }
      if place < position { lower = max(lower, place + 1) } else { upper = min(upper, place - 1) }
    }
    values.withUnsafeMutableBufferPointer { Self.partition(&$0, lower, upper, position) }
    settled.append(position)
    return values[position]
  }

  /// C. A. R. Hoare's selection (1961); what remains small is sorted by insertion. The pivot is the median of three
  /// values from places that no pattern in a log can foresee, or some log would take quadratic time.
  private static func partition(
    _ values: inout UnsafeMutableBufferPointer<Double>, _ first: Int, _ last: Int, _ position: Int
  ) {
    var (lower, upper) = (first, last)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func place() -> Int {
      // D. H. Lehmer's generator, with D. Knuth's constants for 64 bits.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return lower + Int(state.multipliedFullWidth(by: UInt64(upper - lower + 1)).high)
    }
    while upper - lower > 12 {
      let pivot = median(values[place()], values[place()], values[place()])
      var (left, right) = (lower, upper)
      while left <= right {
        while values[left] < pivot { left += 1 }
        while values[right] > pivot { right -= 1 }
        if left <= right {
          values.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if position <= right { upper = right } else if position >= left { lower = left } else { return }
    }
    guard lower < upper else { return }
    for index in (lower + 1)...upper {
      let value = values[index]
      var hole = index
      while hole > lower, values[hole - 1] > value {
        values[hole] = values[hole - 1]
        hole -= 1
      }
      values[hole] = value
    }
  }

  private static func median(_ one: Double, _ other: Double, _ third: Double) -> Double {
    max(min(one, other), min(max(one, other), third))
  }
}
