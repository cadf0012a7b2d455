/// The parts that stores' addresses are made of, as text.
enum AddressText {
  struct Fault: Error {
    let why: String
    init(_ why: String) { self.why = why }
  }

  /// For people and journals: without a query, which may be a signature, and without a name or password before the host.
  /// What is no address shows none of them either.
  static func shown(_ text: String) -> String {
    guard let name = scheme(of: text), name != "file" else { return text }
    let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? text.prefix(name.count + 1)
    let rest = text[scheme.endIndex...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.lastIndex(of: "@").map { "…" + authority[$0...] } ?? String(authority)
    let tail = rest[authority.endIndex...]
    return "\(scheme)\(host)" + (tail.firstIndex(of: "?").map { tail[...$0] + "…" } ?? tail)
  }

  static func web(_ text: some StringProtocol) throws(Fault) -> WebAddress {
    do throws(WebAddress.Fault) {
      return try WebAddress(text)
    } catch {
      throw Fault(error.reason)
    }
  }

  /// A hosted platform: `name:first/second` is at the platform's own address, `name+https://host/base/first/second` at
  /// another. `parts` says what the last parts of the path are, in words; none of them may be missing.
  static func platform(_ text: String, at usual: String?, parts: [String]) throws(Fault) -> (WebAddress, [String]) {
    let form = parts.joined(separator: "/")
    let head = text.prefix { $0 != ":" }
    var names: [String]
    var base: WebAddress
    if let plus = head.firstIndex(of: "+") {
      base = try web(text[text.index(after: plus)...])
      names = base.path.split(separator: "/").map(String.init)
      guard base.query == nil, names.count >= parts.count else { throw Fault("it ends in /\(form)") }
      let rest = names.dropLast(parts.count)
      base.path = rest.isEmpty ? "/" : "/" + rest.joined(separator: "/")
      names = Array(names.suffix(parts.count))
    } else {
      guard let usual else { throw Fault("name the server: \(head)+https://host/\(form)") }
      base = try web(usual)
      names = text.dropFirst(head.count + 1).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard names.count == parts.count else { throw Fault("write \(head):\(form)") }
    }
    let isPlain = { (name: String) in
      !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#%\\".utf8.contains($0) }
    }
    guard names.allSatisfy(isPlain) else { throw Fault("\(form) are made of letters, digits, dots and hyphens") }
    return (base, names)
  }

  /// What stands before the first colon, where that can be a scheme: two letters or more, and no slash before it.
  static func scheme(of text: String) -> String? {
    let head = text.prefix { $0 != ":" }
    guard head.count >= 2, head.count < text.count, let first = head.first, first.isASCII, first.isLetter,
      head.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-".contains($0)) })
    else { return nil }
    return head.lowercased()
  }

  /// A flag file's address as a path.
  static func withoutScheme(_ address: String) -> String {
    address.hasPrefix("file:") ? String(address.dropFirst(5)) : address
  }
}
