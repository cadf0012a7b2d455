/// Why a request got no answer, as data. It names method and server, never a path's query, a header or a body, which may
/// hold what nobody should read.
package struct HTTPTrouble: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// Nothing came of it within that time.
    case timeout(milliseconds: Int)
    /// The host's name has no address.
    case unresolved
    /// Nobody listens, or no way leads there; the text is the system's.
    case unreachable(String)
    /// No trust, or no agreement on how to talk.
    case tls(String)
    /// The connection ended in the middle, or what came is no HTTP.
    case cut(String)
    /// The answer is longer than any that makes sense here.
    case tooLong(limit: Int)
    /// An `http` address of another machine: everybody on the way could read along.
    case plain
    /// The request itself cannot be made.
    case unsupported(String)
    /// A library of the system that this takes is not there.
    case needsLibrary(String, package: String)
  }

  package let method: String
  /// Scheme, host and port.
  package let place: String
  package let reason: Reason
  /// Whether the server may have got the request, and so may have acted on it.
  package let maybeSent: Bool

  package init(_ method: String, _ place: String, _ reason: Reason, maybeSent: Bool = false) {
    (self.method, self.place, self.reason, self.maybeSent) = (method, place, reason, maybeSent)
  }
}
