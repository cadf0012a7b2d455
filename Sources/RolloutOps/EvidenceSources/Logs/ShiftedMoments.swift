/// The moments of one cell of one piece, from sums of distances to the first value.
///
/// Adding up leads no value through a division, which `Moments.add` has to wait for at every step. What it loses by
/// subtracting in the end is bounded: the first value is one of them, so its own squared distance from the mean stands in
/// the result, and what cancels is at most as many times that as there are values. Pieces are short, and are merged by
/// `Moments`.
struct ShiftedMoments {
  private var count = 0
  private var origin = 0.0
  private var sum = 0.0
  private var squares = 0.0

  @inline(__always)
  mutating func add(_ value: Double) {
    if count == 0 { origin = value }
    count &+= 1
    let distance = value - origin
    sum += distance
    squares += distance * distance
  }

  var moments: Moments {
    guard count > 0 else { return Moments() }
    let shift = sum / Double(count)
    return Moments(count: count, mean: origin + shift, squares: max(0, squares - sum * shift))
  }
}
