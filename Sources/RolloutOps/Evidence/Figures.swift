/// Numbers of gates as people read them: `0.8%`, `2.31 s`, `$0.0142`, `+12%`.
package enum Figures {
  /// As many decimals as leave three digits that mean something.
  package static func plain(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
    guard value != 0 else { return "0" }
    let whole = wholeDigits(abs(value))
    let decimals = min(9, max(0, digits - max(1, whole)) + (whole < 1 ? 1 - whole : 0))
    return fixed(value, decimals)
  }

  /// How many digits stand before the point; for 0.0142 it is −1, as far as the first digit that means something.
  private static func wholeDigits(_ value: Double) -> Int {
    var (digits, power) = (1, 10.0)
    while value >= power, digits < 308 { (digits, power) = (digits + 1, power * 10) }
    power = 1
    while value < power, digits > -308 { (digits, power) = (digits - 1, power / 10) }
    return digits
  }

  /// With that many decimals, zeros at the end left out, thousands apart.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = Double((0..<decimals).reduce(1) { power, _ in power * 10 })
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e18 else { return "\(value)" }
    let number = Int(scaled)
    let unit = Int(scale)
    var text = grouped(number / unit)
    var fraction = String(String(number % unit + unit).dropFirst())
    while fraction.last == "0" { fraction.removeLast() }
    if decimals > 0, !fraction.isEmpty { text += "." + fraction }
    return (value < 0 && number > 0 ? "−" : "") + text
  }

  package static func grouped(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    var at = digits.count - 3
    while at > 0 {
      digits.insert(",", at: at)
      at -= 3
    }
    return (number < 0 ? "−" : "") + String(digits)
  }

  package static func percent(_ share: Double) -> String {
    share.isFinite ? fixed(share * 100, abs(share) < 0.0995 ? 2 : abs(share) < 0.995 ? 1 : 0) + "%" : plain(share)
  }

  package static func signed(_ text: String, _ value: Double) -> String { value > 0 ? "+" + text : text }

  /// A value in the measure's unit.
  package static func value(_ value: Double, of measure: Measure?) -> String {
    guard let measure, value.isFinite else { return plain(value) }
    if case .count = measure { return plain(value) }
    if measure.isShare { return percent(value) }
    if let second = measure.second {
      let seconds = value / second
      return abs(seconds) < 1 ? plain(seconds * 1000) + " ms" : plain(seconds) + " s"
    }
    guard measure.isMoney, measure.field.lowercased().hasSuffix("usd") else { return plain(value) }
    return (value < 0 ? "−$" : "$") + plain(abs(value))
  }

  /// A place on a finding's scale: where its threshold and its interval lie.
  package static func place(_ value: Double, _ scale: Finding.Scale, of measure: Measure?) -> String {
    switch scale {
    case .level: Self.value(value, of: measure)
    case .relative: signed(percent(value), value)
    case .points:
      measure?.isShare == true
        ? signed(plain(value * 100), value) + " points" : signed(Self.value(value, of: measure), value)
    case .multiple: plain(value) + "x"
    }
  }
}
