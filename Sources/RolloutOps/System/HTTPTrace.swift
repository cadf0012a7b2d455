/// A door that tells of every request: method, host, path, status and time. Never a query, a header or a body, which may
/// hold what nobody should read.
package struct TracedHTTP: HTTP {
  private let inner: any HTTP
  private let clock: any WallClock
  private let output: any Output

  package init(_ inner: any HTTP, _ clock: any WallClock, _ output: any Output) {
    (self.inner, self.clock, self.output) = (inner, clock, output)
  }

  package func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    let start = clock.now()
    do throws(HTTPTrouble) {
      let answer = try inner.answer(to: request)
      tell(request, "\(answer.status)", since: start)
      return answer
    } catch {
      tell(request, "no answer", since: start)
      throw error
    }
  }

  private func tell(_ request: HTTPRequest, _ outcome: String, since start: Instant) {
    let milliseconds = max(0, (clock.now().microseconds - start.microseconds) / 1000)
    let path = request.hidesPath ? "/…" : request.address.path
    output.remark(
      Terminal.plain("\(request.method.rawValue) \(request.address.place)\(path) \(outcome) \(milliseconds) ms"))
  }
}
