import Glibc

/// The few functions of libcurl that requests take, by name: the library is opened when the first request is made, so
/// that whoever works on files never pays for it.
struct CurlLibrary: Sendable {
  typealias Handle = UnsafeMutableRawPointer
  /// Variadic in C. The conventions of Linux on x86-64 and arm64 pass one word the same way either way.
  typealias Set = @convention(c) (Handle, UInt32, UInt) -> UInt32
  typealias Get = @convention(c) (Handle, UInt32, UnsafeMutableRawPointer) -> UInt32
  typealias Append = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>) -> UnsafeMutableRawPointer?

  let makeHandle: @convention(c) () -> Handle?
  let set: Set
  let perform: @convention(c) (Handle) -> UInt32
  let get: Get
  let reset: @convention(c) (Handle) -> Void
  let dispose: @convention(c) (Handle) -> Void
  let append: Append
  let disposeList: @convention(c) (UnsafeMutableRawPointer?) -> Void
  let explain: @convention(c) (UInt32) -> UnsafePointer<CChar>?

  static let name = "libcurl.so.4"
  static let package = "libcurl4"

  static let opened: CurlLibrary? = CurlLibrary()

  private init?() {
    // Distributions also build it with another TLS library, under a name of its own.
    guard
      let library = dlopen(Self.name, RTLD_NOW | RTLD_LOCAL) ?? dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL),
      let start = dlsym(library, "curl_global_init"), let makeHandle = dlsym(library, "curl_easy_init"),
      let set = dlsym(library, "curl_easy_setopt"), let perform = dlsym(library, "curl_easy_perform"),
      let get = dlsym(library, "curl_easy_getinfo"), let reset = dlsym(library, "curl_easy_reset"),
      let dispose = dlsym(library, "curl_easy_cleanup"), let append = dlsym(library, "curl_slist_append"),
      let disposeList = dlsym(library, "curl_slist_free_all"), let explain = dlsym(library, "curl_easy_strerror")
    else { return nil }
    self.makeHandle = unsafeBitCast(makeHandle, to: (@convention(c) () -> Handle?).self)
    self.set = unsafeBitCast(set, to: Set.self)
    self.perform = unsafeBitCast(perform, to: (@convention(c) (Handle) -> UInt32).self)
    self.get = unsafeBitCast(get, to: Get.self)
    self.reset = unsafeBitCast(reset, to: (@convention(c) (Handle) -> Void).self)
    self.dispose = unsafeBitCast(dispose, to: (@convention(c) (Handle) -> Void).self)
    self.append = unsafeBitCast(append, to: Append.self)
    self.disposeList = unsafeBitCast(disposeList, to: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self)
    self.explain = unsafeBitCast(explain, to: (@convention(c) (UInt32) -> UnsafePointer<CChar>?).self)
    // Everything: sockets and TLS.
    guard unsafeBitCast(start, to: (@convention(c) (Int) -> UInt32).self)(3) == 0 else { return nil }
  }
}

/// What can be set on a request; numbers from curl.h, where they never change.
enum CurlOption: UInt32 {
  case post = 47
  case noBody = 44
  case noSignal = 99
  case freshConnect = 74
  case forbidReuse = 75
  case httpVersion = 84
  case tlsVersion = 32
  case verifyPeer = 64
  case verifyHost = 81
  case followLocation = 52
  case totalMilliseconds = 155
  case connectMilliseconds = 156
  case protocols = 181
  case redirectProtocols = 182
  case pathAsIs = 234
  case suppressProxyHeaders = 265
  case quickExit = 322
  case writeData = 10_001
  case address = 10_002
  case errorText = 10_010
  case body = 10_015
  case agent = 10_018
  case headers = 10_023
  case headerData = 10_029
  case method = 10_036
  case authorities = 10_065
  case noProxy = 10_177
  case writeFunction = 20_011
  case headerFunction = 20_079
  case bodySize = 30_120
}

enum CurlFact {
  static let status: UInt32 = 0x20_0002
  /// Microseconds until the request could be sent; 0 where it never came to that.
  static let untilSending: UInt32 = 0x60_0035
}
