/// The door to web servers: one request, one answer. Whatever the server says is an answer, also "no" and "look
/// elsewhere"; a trouble is that it said nothing that can be used.
package protocol HTTP: Sendable {
  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer
}

package struct HTTPRequest: Hashable, Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  /// Per try. An answer that drips in is cut off by the total, one that never ends by its length.
  package struct Limits: Hashable, Sendable {
    package var connectMilliseconds = 3000
    package var totalMilliseconds = 10_000
    package var answerBytes = 16 << 20

    package init() {}
  }

  package let method: Method
  package var address: WebAddress
  package var headers: [Header] = []
  /// Goes with the request, and to no other server than the one in `address`.
  package var authorization: Secret?
  /// The header that it goes in.
  package var authorizationName = "Authorization"
  /// Whether the path itself is a secret, as that of an address which kills without a token.
  package var hidesPath = false
  package var body: [UInt8]?
  package var limits = Limits()
  /// Whether it changes something on the server. Then it goes over a connection of its own: on one that the server is
  /// just closing, the request would be lost, or sent twice without a word.
  package var isWrite: Bool
  /// Whether sending it twice is as good as sending it once, as a kill's change is: then it may go over a connection that
  /// is open already, and costs no handshake.
  package var isAsGoodTwice = false
  /// Whether it may go in the clear to another machine.
  package var allowsPlain = false
  /// A file of certificates to trust in place of the system's.
  package var authorities: String?

  package struct Header: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  package init(_ method: Method, _ address: WebAddress) {
    (self.method, self.address) = (method, address)
    isWrite = method != .get && method != .head
  }

  package func trouble(_ reason: HTTPTrouble.Reason, maybeSent: Bool = false) -> HTTPTrouble {
    HTTPTrouble(method.rawValue, address.place, reason, maybeSent: maybeSent)
  }

  /// What every door checks before it opens.
  package func check() throws(HTTPTrouble) {
    if address.scheme == .http, !address.isLoopback, !allowsPlain { throw trouble(.plain) }
    let names = headers.map(\.name) + [authorizationName]
    let isName = { (name: String) in !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A } }
    guard names.allSatisfy(isName) else {
      throw trouble(.unsupported("a header's name has characters that none may have"))
    }
    // A line feed in a value would begin a header of its own.
    for value in headers.map(\.value) + [authorization?.plain].compactMap(\.self)
    where value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      throw trouble(.unsupported("a header's value, perhaps a token with a line feed, has control characters"))
    }
  }
}

package struct HTTPAnswer: Hashable, Sendable {
  package let status: Int
  /// In the order in which they came, names in small letters.
  package let headers: [HTTPRequest.Header]
  package let body: [UInt8]

  package init(status: Int, headers: [HTTPRequest.Header] = [], body: [UInt8] = []) {
    (self.status, self.headers, self.body) = (status, headers, body)
  }

  /// The first header of that name, which is asked for in small letters.
  package subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  package var isSuccess: Bool { (200..<300).contains(status) }
  package var text: String { String(decoding: body, as: UTF8.self) }
}

extension HTTP {
  /// As `answer(to:)`; where a reading request is sent elsewhere on the same server it goes there, a few times at most.
  ///
  /// Another server is never followed: it would get a token that is not meant for it, or its answer would be taken for
  /// that of the server one trusts. Then the redirect is the answer, and the caller says so.
  package func answer(following request: HTTPRequest, times: Int = 3) throws(HTTPTrouble) -> HTTPAnswer {
    var request = request
    var answer = try answer(to: request)
    for _ in 0..<times {
      guard !request.isWrite, request.body == nil, [301, 302, 303, 307, 308].contains(answer.status),
        let location = answer["location"], let next = try? request.address.resolved(location),
        next.isSamePlace(as: request.address)
      else { break }
      request.address = next
      answer = try self.answer(to: request)
    }
    return answer
  }
}

/// For a world without servers: every request is refused.
package struct NoHTTP: HTTP {
  package init() {}

  package func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    throw request.trouble(.unsupported("nothing may be asked over the network here"))
  }
}
