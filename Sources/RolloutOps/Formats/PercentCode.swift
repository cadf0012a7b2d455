/// Percent-encoding (RFC 3986, section 2): every byte of the text's UTF-8 that is not unreserved becomes `%XX`.
package enum PercentCode {
  package static func encoded(_ text: some StringProtocol) -> String { encoded(text.utf8, keeping: "") }

  /// A path as it is, with what an address cannot hold spelled out: its slashes stay.
  package static func encodedPath(_ path: some StringProtocol) -> String { encoded(path.utf8, keeping: "/") }

  /// An address whose parts are encoded already, with whatever else no address can hold.
  package static func printable(_ address: some StringProtocol) -> String {
    address.unicodeScalars.allSatisfy { (0x21...0x7E).contains($0.value) }
      ? String(address)
      : encoded(address.utf8, keeping: String(String.UnicodeScalarView((0x21...0x7E).compactMap(Unicode.Scalar.init))))
  }

  /// `name=value&…`, for a query or as `application/x-www-form-urlencoded`. A blank is `%20`, which both understand.
  package static func form(_ fields: [(name: String, value: String)]) -> String {
    fields.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
  }

  private static func encoded(_ bytes: some Sequence<UInt8>, keeping more: String) -> String {
    let kept = Array("-._~".utf8) + Array(more.utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        out.append(byte)
      case _ where kept.contains(byte): out.append(byte)
      default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
