/// An `http` or `https` address, taken apart far enough to decide who may be told what.
///
/// Strict on purpose: what two readers could understand differently (user names, backslashes, control characters, hosts
/// that are not plain ASCII) is refused here rather than guessed.
package struct WebAddress: Hashable, Sendable {
  package enum Scheme: String, Sendable {
    case http, https

    var port: Int { self == .http ? 80 : 443 }
  }

  package let scheme: Scheme
  /// In small letters; an IPv6 address without its brackets.
  package let host: String
  package let port: Int
  /// Starts with a slash; percent-encoded.
  package var path: String
  /// Without its question mark; nil where there is none.
  package var query: String?

  package struct Fault: Error, Hashable, Sendable {
    package let reason: String
  }

  package init(_ text: some StringProtocol) throws(Fault) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
      throw Fault(reason: "an address is made of plain ASCII characters without blanks; percent-encode the others")
    }
    let text = Substring(text)
    let start = text.prefix { $0 != ":" }
    guard text[start.endIndex...].hasPrefix("://"), let scheme = Scheme(rawValue: start.lowercased()) else {
      throw Fault(reason: "it starts with https:// or http://")
    }
    let rest = text[start.endIndex...].dropFirst(3).prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else {
      throw Fault(reason: "a name or password does not belong in an address; secrets come from the environment")
    }
    self.scheme = scheme
    (host, port) = try Self.place(authority, scheme)
    let tail = rest[authority.endIndex...]
    let path = tail.prefix { $0 != "?" }
    self.path = path.isEmpty ? "/" : String(path)
    query = path.endIndex < tail.endIndex ? String(tail[path.endIndex...].dropFirst()) : nil
  }

  /// Why the text is no such address; nil where it is one.
  package static func fault(in text: some StringProtocol) -> String? {
    do throws(Fault) {
      _ = try WebAddress(text)
      return nil
    } catch {
      return error.reason
    }
  }

  private static func place(_ authority: Substring, _ scheme: Scheme) throws(Fault) -> (String, Int) {
    var host = authority
    var port: Substring?
    if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
      host = authority[authority.index(after: authority.startIndex)..<close]
      let rest = authority[close...].dropFirst()
      guard rest.isEmpty || rest.hasPrefix(":") else { throw Fault(reason: "after the ] comes a colon and the port") }
      port = rest.isEmpty ? nil : rest.dropFirst()
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
        throw Fault(reason: "in [ ] stands an IPv6 address")
      }
    } else {
      if let colon = authority.firstIndex(of: ":") {
        (host, port) = (authority[..<colon], authority[colon...].dropFirst())
      }
      guard host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else {
        throw Fault(reason: "a host is made of letters, digits, dots and hyphens")
      }
    }
    guard !host.isEmpty else { throw Fault(reason: "the host is missing") }
    guard let port else { return (host.lowercased(), scheme.port) }
    guard let number = Int(port), (1...65_535).contains(number), port.allSatisfy(\.isNumber) else {
      throw Fault(reason: "a port is a number from 1 to 65535")
    }
    return (host.lowercased(), number)
  }
}

extension WebAddress: CustomStringConvertible {
  package var description: String { place + path + (query.map { "?" + $0 } ?? "") }

  /// Scheme, host and port: what a person needs to know whom was asked, and nothing that may be a secret.
  package var place: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(scheme.rawValue)://\(name)" + (port == scheme.port ? "" : ":\(port)")
  }
}

extension WebAddress {
  /// The same place, deeper down: a path is added to the one that is there.
  package func below(_ path: String, query: String? = nil) -> WebAddress {
    var copy = self
    copy.path = (self.path.hasSuffix("/") ? String(self.path.dropLast()) : self.path) + path
    copy.query = query
    return copy
  }

  /// This very machine, written so that no name server is asked; `localhost` counts, as RFC 6761 wants it.
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && $0.allSatisfy(\.isNumber) }
  }

  /// Whether a request made for `other` may be put to this address as it is: the same server, or the same host reached
  /// by its own TLS port.
  package func isSamePlace(as other: WebAddress) -> Bool {
    guard host == other.host else { return false }
    if scheme == other.scheme { return port == other.port }
    return scheme == .https && port == Scheme.https.port && other.port == Scheme.http.port
  }

  /// What a `Location` header means when it comes as the answer to a request for this address.
  package func resolved(_ location: some StringProtocol) throws(Fault) -> WebAddress {
    let location = Substring(location)
    let start = location.prefix { $0.isLetter || $0.isNumber || "+-.".contains($0) }
    if !start.isEmpty, location[start.endIndex...].hasPrefix(":") { return try WebAddress(location) }
    if location.hasPrefix("//") { return try WebAddress("\(scheme.rawValue):\(location)") }
    if location.hasPrefix("/") { return try WebAddress(place + location) }
    if location.hasPrefix("?") { return try WebAddress(place + path + location) }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
    return try WebAddress(place + folder + location)
  }
}
