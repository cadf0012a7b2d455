/// The dates and delays of HTTP's headers (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, or seconds.
package enum HTTPDate {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// A number of seconds, whole or not; nil for anything else.
  package static func seconds(_ text: String) -> Double? {
    guard !text.isEmpty, text.utf8.count < 20, text.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) })
    else { return nil }
    return Double(text)
  }

  /// The only form that servers may send today.
  package static func instant(_ text: String) -> Instant? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[0].count == 4, parts[0].last == ",", parts[5] == "GMT",
      let month = months.firstIndex(of: String(parts[2])), parts[1].count == 2, parts[3].count == 4
    else { return nil }
    let month2 = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return ISO8601.instant("\(parts[3])-\(month2)-\(parts[1])T\(parts[4])Z")
  }
}
