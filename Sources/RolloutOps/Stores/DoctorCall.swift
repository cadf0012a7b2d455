/// What a server's answers tell whoever looks whether a kill would work, whichever platform it is: that it answers and how
/// fast, what time it has, how much longer it lets itself be asked.
struct DoctorCall {
  /// Nil where none came.
  let answer: HTTPAnswer?
  private(set) var checks: [DoctorCheck]

  var json: JSON { answer.flatMap { try? JSON.parse($0.body) } ?? .null }

  /// What widens waits where two clocks are further apart than this.
  static let skew = 120
  /// So long before a token ends somebody should hear of it.
  static let notice = TimeSpan.days(14)
  private static let slowMilliseconds = 2000

  /// Asks, and again where that may help, until the deadline: as a kill would.
  init(
    _ client: StoreClient, _ path: String, query: String? = nil, refusing: ((HTTPAnswer) -> ServerRefusal)? = nil
  ) {
    let clock = client.context.clock
    var (tries, pause) = (0, 100_000)
    while true {
      tries += 1
      let start = clock.now()
      do throws(StoreTrouble) {
        let answer = try client.answer(.get, path, query: query, isRepeatable: true)
        let end = clock.now()
        if answer.status < 500 || client.isOver(after: pause) {
          self.init(client, answer, refusing: refusing, tries: tries, from: start, to: end)
          return
        }
      } catch {
        guard case .unanswered(let trouble) = error, trouble.mayPass, !client.isOver(after: pause) else {
          self.init(client, failing: error, tries: tries)
          return
        }
      }
      clock.pause(microseconds: pause)
      pause = min(2 * pause, 1_000_000)
    }
  }

  init(_ client: StoreClient, failing trouble: StoreTrouble, tries: Int = 1) {
    answer = nil
    let often = tries > 1 ? ["\(tries) tries"] : []
    checks = [DoctorCheck("reachable", .failed, (Sentences.store(trouble) + often).joined(separator: "; "))]
  }

  /// It answered, and said nothing of itself.
  init(_ client: StoreClient, reachedBut checks: [DoctorCheck]) {
    answer = nil
    self.checks = [DoctorCheck("reachable", .fine, "\(client.base.place) answered")] + checks
  }

  init(
    _ client: StoreClient, _ answer: HTTPAnswer, refusing: ((HTTPAnswer) -> ServerRefusal)? = nil, tries: Int = 1,
    from start: Instant, to end: Instant
  ) {
    self.answer = answer
    let place = client.base.place
    let milliseconds = Int(max(0, end.microseconds - start.microseconds) / 1000)
    if answer.status == 401 || answer.status == 429 || answer.status >= 500 || (300..<400).contains(answer.status) {
      checks = [
        DoctorCheck(
          "reachable", .failed, Sentences.refusal((refusing ?? client.refusal)(answer)).joined(separator: "; "))
      ]
    } else if tries > 1 {
      checks = [
        DoctorCheck(
          "reachable", .warning, "\(place) answered only when it was asked \(tries) times; see what is wrong with it")
      ]
    } else {
      checks = [
        DoctorCheck(
          "reachable", milliseconds > Self.slowMilliseconds ? .warning : .fine,
          "\(place) answered in \(milliseconds) ms")
      ]
    }
    checks += [Self.clock(answer, place, at: end), Self.limit(answer, place)].compactMap(\.self)
  }

  /// `Date` is in whole seconds, and good enough for minutes.
  private static func clock(_ answer: HTTPAnswer, _ place: String, at now: Instant) -> DoctorCheck? {
    guard let told = answer["date"].flatMap(HTTPDate.instant) else {
      return DoctorCheck("clock", .unknown, "\(place) does not say what time it has")
    }
    let seconds = now.seconds - told.seconds
    let span = TimeSpan(seconds: abs(seconds))
    guard abs(seconds) > skew else { return DoctorCheck("clock", .fine, "its clock and this machine's agree") }
    let side = seconds > 0 ? "ahead of" : "behind"
    return DoctorCheck(
      "clock", .warning,
      "this machine's clock is \(span) \(side) that of \(place); set it: a journal with such times holds every promotion"
    )
  }

  private static func limit(_ answer: HTTPAnswer, _ place: String) -> DoctorCheck? {
    let names = [
      "x-ratelimit-global-remaining", "x-ratelimit-route-remaining", "x-ratelimit-remaining", "ratelimit-remaining",
    ]
    guard let left = names.compactMap({ answer[$0].flatMap { Int($0) } }).min() else { return nil }
    return left > 3
      ? DoctorCheck("rate limit", .fine, "\(left) more requests are let through at this moment")
      : DoctorCheck(
        "rate limit", .warning,
        "\(left) more requests are let through at this moment, and a kill takes 3; see who else asks \(place) so often")
  }

  /// Whether going on makes sense.
  var isFailed: Bool { checks.contains { $0.state == .failed } }
}

extension DoctorCall {
  /// A token's end, as its platform tells it.
  static func expiry(_ end: Instant, of token: String, at now: Instant) -> DoctorCheck {
    let date = String(ISO8601.string(end).prefix(10))
    if end <= now { return DoctorCheck("token", .failed, "\(token) ended on \(date); make a new one") }
    let left = end.since(now)
    guard left <= notice else { return DoctorCheck("token", .fine, "\(token) is good until \(date)") }
    return DoctorCheck("token", .warning, "\(token) ends in \(left), on \(date); make a new one before")
  }

  /// What a question that has nothing to do with the kill itself came to, where it got no answer that says something.
  static func unasked(_ name: String, _ what: String, _ answer: HTTPAnswer?) -> DoctorCheck {
    DoctorCheck(name, .unknown, "\(what) cannot be asked" + (answer.map { " (\($0.status))" } ?? ""))
  }
}

extension StoreClient {
  fileprivate func isOver(after pause: Int) -> Bool {
    guard let deadline = terms.deadline else { return true }
    return context.clock.now().microseconds + Int64(pause) >= deadline.microseconds
  }

  /// A further question of an examination: no answer is an answer too.
  func looked(_ path: String, query: String? = nil) -> HTTPAnswer? {
    try? answer(.get, path, query: query, isRepeatable: true)
  }
}

extension HTTPAnswer {
  var json: JSON { (try? JSON.parse(body)) ?? .null }
}
