import Testing

@testable import RolloutOps

/// What headers tell of a cache, as real caches send them.
@Suite struct CacheSignsTests {
  private func signs(_ headers: [String: String]) -> CacheSigns {
    CacheSigns(HTTPAnswer(status: 200, headers: headers.map { HTTPRequest.Header($0.key, $0.value) }))
  }

  @Test(arguments: [
    ["age": "3"], ["x-varnish": "32770 3"], ["x-cache": "HIT from edge"], ["cf-cache-status": "HIT"],
    ["cache-status": "ExampleCache; hit"], ["x-cache": "Hit from cloudfront"], ["x-cache-status": "STALE"],
  ]) func aCacheAnswered(headers: [String: String]) {
    #expect(signs(headers).isKept && signs(headers).isBetween)
  }

  @Test(arguments: [
    ["age": "0", "x-varnish": "5"], ["x-cache": "MISS"], ["cache-status": "ExampleCache; fwd=miss; stored"],
    ["cf-cache-status": "DYNAMIC"],
  ]) func aCacheAskedTheSource(headers: [String: String]) {
    #expect(!signs(headers).isKept && signs(headers).isBetween)
  }

  @Test func whereNobodyTellsThereIsNone() {
    #expect(!signs(["server": "nginx"]).isBetween && signs([:]).lifetime == nil)
  }

  @Test func theOriginSaysHowLongItMayBeServed() {
    #expect(signs(["cache-control": "public, max-age=60, s-maxage=600"]).lifetime == .minutes(10))
    #expect(signs(["cache-control": "max-age=60"]).lifetime == .minutes(1))
    #expect(signs(["cache-control": "no-store"]).lifetime == .zero)
    #expect(signs(["cache-control": "private, max-age=60"]).lifetime == .zero)
    let date = "Mon, 30 Nov 2026 01:00:00 GMT"
    #expect(signs(["date": date, "expires": "Mon, 30 Nov 2026 01:05:00 GMT"]).lifetime == .minutes(5))
    #expect(signs(["date": date, "expires": date]).lifetime == .zero)
  }
}
