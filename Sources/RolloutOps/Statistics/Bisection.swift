/// Where a condition that holds at one end stops holding.
enum Bisection {
  /// To all the digits there are; nil where it still holds at the other end.
  static func edge(from inside: Double, to outside: Double, while holds: (Double) -> Bool) -> Double? {
    guard !holds(outside) else { return nil }
    var (near, far) = (inside, outside)
    for _ in 0..<200 {
      let middle = near + (far - near) / 2
      if middle == near || middle == far { break }
      if holds(middle) { near = middle } else { far = middle }
    }
    return far
  }
}
