/// How many values there were, their mean, and how far they lie from it: all that the tests of means need.
///
/// Adding is B. P. Welford's update ("Note on a method for calculating corrected sums of squares and products", 1962),
/// merging is that of Chan, Golub and LeVeque (1979). The textbook's sum of squares minus the square of the sum loses
/// every digit where the mean is large beside the spread.
package struct Moments: Hashable, Sendable {
  package private(set) var count: Int
  package private(set) var mean: Double
  /// The sum of squared distances from the mean.
  package private(set) var squares: Double

  package init(count: Int = 0, mean: Double = 0, squares: Double = 0) {
    (self.count, self.mean, self.squares) = (count, mean, squares)
  }

  package init(_ values: some Sequence<Double>) {
    self.init()
    for value in values { add(value) }
  }

  @inline(__always)
  package mutating func add(_ value: Double) {
    count += 1
    let distance = value - mean
    mean += distance / Double(count)
    squares += distance * (value - mean)
  }

  package mutating func merge(_ other: Moments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let (left, right) = (Double(count), Double(other.count))
    let distance = other.mean - mean
    count += other.count
    mean += distance * right / (left + right)
    squares += other.squares + distance * distance * left * right / (left + right)
  }

  /// The unbiased one, with n - 1; nil below two values.
  package var variance: Double? { count > 1 ? squares / Double(count - 1) : nil }

  package var sum: Double { mean * Double(count) }
}
