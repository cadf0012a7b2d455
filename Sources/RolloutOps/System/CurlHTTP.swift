import Glibc
import Synchronization

/// The real door: libcurl's easy interface. Handles are kept, and with them their connections, for the next request.
package final class CurlHTTP: HTTP {
  private let agent: String
  /// Addresses of idle handles. A handle belongs to one thread at a time: who takes one out has it alone.
  private let idle = Mutex<[UInt]>([])

  package init(agent: String = "rolloutctl") { self.agent = agent }

  deinit {
    idle.withLock { handles in
      for handle in handles.compactMap(UnsafeMutableRawPointer.init(bitPattern:)) {
        CurlLibrary.opened?.dispose(handle)
      }
    }
  }

  package func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    try request.check()
    guard let library = CurlLibrary.opened else {
      throw request.trouble(.needsLibrary(CurlLibrary.name, package: CurlLibrary.package))
    }
    let kept = idle.withLock { $0.popLast() }.flatMap(UnsafeMutableRawPointer.init(bitPattern:))
    guard let handle = kept ?? library.makeHandle() else {
      throw request.trouble(.unsupported("libcurl refused to start"))
    }
    let call = CurlCall(library, handle, request, agent: agent)
    do throws(HTTPTrouble) {
      let answer = try call.perform()
      library.reset(handle)
      idle.withLock { $0.append(UInt(bitPattern: handle)) }
      return answer
    } catch {
      // What went wrong on its connections, or a name that is still being looked up, must not meet the next request.
      library.dispose(handle)
      throw error
    }
  }
}

/// One request on one handle.
private struct CurlCall {
  private let library: CurlLibrary
  private let handle: CurlLibrary.Handle
  private let request: HTTPRequest
  private let agent: String
  private let receipt: CurlReceipt

  init(_ library: CurlLibrary, _ handle: CurlLibrary.Handle, _ request: HTTPRequest, agent: String) {
    (self.library, self.handle, self.request, self.agent) = (library, handle, request, agent)
    receipt = CurlReceipt(limit: request.limits.answerBytes)
  }

  func perform() throws(HTTPTrouble) -> HTTPAnswer {
    let limits = request.limits
    try set(.noSignal, 1)
    try set(.followLocation, 0)
    // http is 1, https 2.
    try set(.protocols, 3)
    try set(.redirectProtocols, 0)
    try set(.totalMilliseconds, UInt(max(1, limits.totalMilliseconds)))
    try set(.connectMilliseconds, UInt(max(1, min(limits.connectMilliseconds, limits.totalMilliseconds))))
    // Without it a name server that is silent holds the call long beyond its time. Older versions do not know it.
    _ = library.set(handle, CurlOption.quickExit.rawValue, 1)
    // HTTP/1.1: one request on one connection at a time, so that what was sent is known. TLS from 1.2 on.
    try set(.httpVersion, 2)
    try set(.tlsVersion, 6)
    try set(.verifyPeer, 1)
    try set(.verifyHost, 2)
    try set(.pathAsIs, 1)
    _ = library.set(handle, CurlOption.suppressProxyHeaders.rawValue, 1)
    if request.isWrite, !request.isAsGoodTwice {
      try set(.freshConnect, 1)
      try set(.forbidReuse, 1)
    }
    // Proxies are the environment's, as curl has them; but what is meant for this machine never leaves it.
    if request.address.isLoopback { try set(.noProxy, "*") }
    if let authorities = request.authorities { try set(.authorities, authorities) }
    try set(.agent, agent)
    try set(.address, request.address.description)
    return try withHeaders { () throws(HTTPTrouble) in try withBody { () throws(HTTPTrouble) in try send() } }
  }

  private func set(_ option: CurlOption, _ value: UInt) throws(HTTPTrouble) {
    let code = library.set(handle, option.rawValue, value)
    if code != 0 { throw request.trouble(.unsupported("libcurl refuses the option \(option): \(words(code))")) }
  }

  /// libcurl copies texts, except for the body.
  private func set(_ option: CurlOption, _ text: String) throws(HTTPTrouble) {
    let code = text.withCString { library.set(handle, option.rawValue, UInt(bitPattern: $0)) }
    if code != 0 { throw request.trouble(.unsupported("libcurl refuses the option \(option): \(words(code))")) }
  }

  private func withHeaders(_ body: () throws(HTTPTrouble) -> HTTPAnswer) throws(HTTPTrouble) -> HTTPAnswer {
    var lines = request.headers.map { "\($0.name): \($0.value)" }
    if let authorization = request.authorization {
      lines.append("\(request.authorizationName): \(authorization.plain)")
    }
    let names = Set(request.headers.map { $0.name.lowercased() })
    // A name with nothing behind it takes out what libcurl would add by itself: a pause before sending, a wrong type.
    if !names.contains("expect") { lines.append("Expect:") }
    if request.body != nil, !names.contains("content-type") { lines.append("Content-Type:") }
    var list: UnsafeMutableRawPointer?
    defer { library.disposeList(list) }
    for line in lines { list = library.append(list, line) ?? list }
    try set(.headers, UInt(bitPattern: list))
    return try body()
  }

  private func withBody(_ send: () throws(HTTPTrouble) -> HTTPAnswer) throws(HTTPTrouble) -> HTTPAnswer {
    if request.method == .head { try set(.noBody, 1) }
    let body = request.body ?? (request.method == .get || request.method == .head ? nil : [])
    guard let body else {
      if request.method != .get, request.method != .head { try set(.method, request.method.rawValue) }
      return try send()
    }
    // The bytes lie still for the whole request.
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, body.count))
    defer { bytes.deallocate() }
    for (at, byte) in body.enumerated() { bytes[at] = byte }
    try set(.post, 1)
    try set(.bodySize, UInt(body.count))
    try set(.body, UInt(bitPattern: bytes))
    if request.method != .post { try set(.method, request.method.rawValue) }
    return try send()
  }

  private func send() throws(HTTPTrouble) -> HTTPAnswer {
    let place = Unmanaged.passUnretained(receipt).toOpaque()
    try set(.writeFunction, UInt(bitPattern: unsafeBitCast(CurlReceipt.takeBody, to: UnsafeRawPointer.self)))
    try set(.writeData, UInt(bitPattern: place))
    try set(.headerFunction, UInt(bitPattern: unsafeBitCast(CurlReceipt.takeHeader, to: UnsafeRawPointer.self)))
    try set(.headerData, UInt(bitPattern: place))
    // CURL_ERROR_SIZE
    let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
    errorText.initialize(repeating: 0, count: 256)
    defer {
      _ = library.set(handle, CurlOption.errorText.rawValue, 0)
      errorText.deallocate()
    }
    try set(.errorText, UInt(bitPattern: errorText))
    let code = withExtendedLifetime(receipt) { library.perform(handle) }
    guard code == 0 else {
      let said = String(cString: errorText)
      throw request.trouble(reason(code, said.isEmpty ? words(code) : said), maybeSent: fact(CurlFact.untilSending) > 0)
    }
    let status = fact(CurlFact.status)
    return HTTPAnswer(status: status, headers: receipt.headers, body: receipt.body)
  }

  private func fact(_ number: UInt32) -> Int {
    var value = 0
    return library.get(handle, number, &value) == 0 ? value : 0
  }

  private func words(_ code: UInt32) -> String {
    library.explain(code).map { String(cString: $0) } ?? "libcurl's error \(code)"
  }

  private func reason(_ code: UInt32, _ said: String) -> HTTPTrouble.Reason {
    if receipt.isTooLong { return .tooLong(limit: request.limits.answerBytes) }
    switch code {
    case 28: return .timeout(milliseconds: request.limits.totalMilliseconds)
    case 5, 6: return .unresolved
    case 7: return .unreachable(said)
    case 35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98: return .tls(said)
    case 3, 4, 43, 48: return .unsupported(said)
    default: return .cut(said)
    }
  }
}

/// What comes in while libcurl works: it calls the two functions below on the thread that waits for it.
private final class CurlReceipt {
  typealias Take = @convention(c) (UnsafePointer<UInt8>?, Int, Int, UnsafeMutableRawPointer?) -> Int

  private let limit: Int
  private(set) var body: [UInt8] = []
  private(set) var headers: [HTTPRequest.Header] = []
  private(set) var isTooLong = false
  private var headerBytes = 0
  /// Far more than servers send, far less than hurts.
  private static let longestHeaders = 256 << 10

  init(limit: Int) { self.limit = limit }

  static let takeBody: Take = { bytes, size, count, place in
    guard let bytes, let place else { return 0 }
    let receipt = Unmanaged<CurlReceipt>.fromOpaque(place).takeUnretainedValue()
    guard receipt.body.count + size * count <= receipt.limit else {
      receipt.isTooLong = true
      // Fewer than were offered: libcurl ends the request.
      return 0
    }
    receipt.body.append(contentsOf: UnsafeBufferPointer(start: bytes, count: size * count))
    return size * count
  }

  static let takeHeader: Take = { bytes, size, count, place in
    guard let bytes, let place else { return 0 }
    let receipt = Unmanaged<CurlReceipt>.fromOpaque(place).takeUnretainedValue()
    receipt.headerBytes += size * count
    guard receipt.headerBytes <= longestHeaders else {
      receipt.isTooLong = true
      return 0
    }
    receipt.take(line: String(decoding: UnsafeBufferPointer(start: bytes, count: size * count), as: UTF8.self))
    return size * count
  }

  private func take(line: String) {
    // A status line begins the headers anew: what came before belongs to an interim answer.
    if line.hasPrefix("HTTP/") { headers = [] }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...]
    let blank = { (character: Character) in character == " " || character == "\t" || character.isNewline }
    let end = value.lastIndex { !blank($0) }.map { value.index(after: $0) } ?? value.startIndex
    headers.append(
      HTTPRequest.Header(line[..<colon].lowercased(), String(value[..<end].drop(while: blank))))
  }
}
