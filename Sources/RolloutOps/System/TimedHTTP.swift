/// A door that keeps how long the slowest answer took: for whoever wants to know what a server's answers cost while asking
/// it something else. What was never answered says nothing about that.
package struct TimedHTTP: HTTP {
  private let inner: any HTTP
  private let clock: any WallClock
  private let kept = Remembered<Int64>()

  package init(_ inner: any HTTP, _ clock: any WallClock) {
    (self.inner, self.clock) = (inner, clock)
    kept.last = 0
  }

  package func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    let start = clock.now()
    let answer = try inner.answer(to: request)
    let took = clock.now().microseconds - start.microseconds
    kept.change { $0 = max($0, took) }
    return answer
  }

  /// In seconds; nil where nothing was answered.
  package var slowest: Double? { kept.last.flatMap { $0 > 0 ? Double($0) / 1_000_000 : nil } }
}

extension Context {
  /// The same world, with that door to web servers.
  package func asking(_ http: any HTTP) -> Context {
    Context(
      clock: clock, files: files, inputs: inputs, http: http, output: output, surroundings: surroundings,
      interruptions: interruptions, hands: hands)
  }
}
