/// A share of a cohort, exact to a millionth of a percent.
package struct Percentage: Hashable, Comparable, Sendable {
  /// Millionths of a percent: 100% is 100,000,000.
  package let micro: Int

  package static let zero = Percentage(micro: 0)
  package static let whole = Percentage(micro: 100_000_000)

  package init(micro: Int) { self.micro = micro }
  package init(percent: Int) { self.micro = percent * 1_000_000 }

  package static func < (left: Percentage, right: Percentage) -> Bool { left.micro < right.micro }

  package var isWhole: Bool { self == .whole }

  /// Reads the digits of `5`, `0.25`, `100` (the sign `%` belongs to the caller's grammar); nil when they are not a
  /// plain decimal number with at most six decimals. Numbers above 100 are read: refusing them is the note's business.
  package init?(digits text: some StringProtocol) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, !first.isEmpty, first.utf8.count <= 9,
      first.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let whole = Int(first)
    else { return nil }
    var fraction = 0
    if parts.count == 2 {
      let digits = parts[1]
      guard (1...6).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      fraction = Int(digits + String(repeating: "0", count: 6 - digits.utf8.count)) ?? 0
    }
    self.micro = whole * 1_000_000 + fraction
  }
}

extension Percentage: CustomStringConvertible {
  /// `5%`, `0.25%`.
  package var description: String { "\(digits)%" }

  package var digits: String {
    let whole = micro / 1_000_000
    var fraction = String(micro % 1_000_000 + 1_000_000).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
  }

  package var percent: Double { Double(micro) / 1_000_000 }
}
