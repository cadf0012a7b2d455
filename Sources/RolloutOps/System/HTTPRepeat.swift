/// How long and how often somebody goes on asking.
package struct HTTPPatience: Hashable, Sendable {
  package var tries: Int
  /// No try begins after it, and none outlasts it.
  package var end: Instant
  package var tryMilliseconds: Int

  package init(tries: Int, end: Instant, tryMilliseconds: Int = 10_000) {
    (self.tries, self.end, self.tryMilliseconds) = (tries, end, tryMilliseconds)
  }
}

/// Whether to ask again, decided by what came of the last try alone.
enum HTTPRepeat {
  static let (firstPause, longestPause) = (100_000, 5_000_000)

  /// How many microseconds to wait for the next try; nil where a repeat could do something twice, or is of no use.
  ///
  /// A request that never left is safe to repeat, whatever it was; one that may have arrived only where its sender says
  /// that twice is as good as once. A server that is asked too often says so before it does anything.
  static func pause(
    after outcome: Result<HTTPAnswer, HTTPTrouble>, tries: Int, isRepeatable: Bool, at now: Instant, chance: UInt64
  ) -> Int? {
    switch outcome {
    case .failure(let trouble):
      guard trouble.mayPass, isRepeatable || !trouble.maybeSent else { return nil }
      return growing(tries, chance)
    case .success(let answer):
      let isTold = answer.status == 429
      guard isTold || isRepeatable && [500, 502, 503, 504].contains(answer.status) else { return nil }
      return max(answer.isBackAfter(now) ?? 0, growing(tries, chance))
    }
  }

  /// Twice as long each time, and half of it by chance, so that many who failed together do not come back together.
  private static func growing(_ tries: Int, _ chance: UInt64) -> Int {
    let whole = min(longestPause, firstPause << min(10, max(0, tries - 1)))
    return whole / 2 + Int(chance % UInt64(whole / 2 + 1))
  }
}

extension HTTPTrouble {
  /// Whether the same request may be answered a moment later.
  package var mayPass: Bool {
    switch reason {
    case .timeout, .unresolved, .unreachable, .cut: true
    case .tls, .tooLong, .plain, .unsupported, .needsLibrary: false
    }
  }
}

extension HTTPAnswer {
  /// How many microseconds until the server wants to be asked again, as it says itself; nil where it does not.
  ///
  /// `Retry-After` is seconds or a date (RFC 9110, 10.2.3). LaunchDarkly's `X-Ratelimit-Reset` is a time in milliseconds;
  /// others send the same name, or `RateLimit-Reset`, in seconds from now or since 1970: the size tells which.
  package func isBackAfter(_ now: Instant) -> Int? {
    let told = self["retry-after"].flatMap { text in
      HTTPDate.seconds(text) ?? HTTPDate.instant(text).map { Double($0.microseconds - now.microseconds) / 1e6 }
    }
    let reset = ["x-ratelimit-reset", "ratelimit-reset"].lazy.compactMap { self[$0] }.first
      .flatMap(HTTPDate.seconds)
      .map { number in
        let since1970 = Double(now.microseconds) / 1e6
        return number > 1e11 ? number / 1000 - since1970 : number > 1e9 ? number - since1970 : number
      }
    return (told ?? reset).map { Int(max(0, min($0, 86_400)) * 1e6) }
  }
}

extension HTTP {
  /// As `answer(to:)`, again and again while that is safe and may help. The last answer or trouble is what comes of it.
  package func answer(
    to request: HTTPRequest, _ patience: HTTPPatience, isRepeatable: Bool, _ clock: any WallClock
  ) throws(HTTPTrouble) -> HTTPAnswer {
    var request = request
    var tries = 0
    while true {
      tries += 1
      let left = Int((patience.end.microseconds - clock.now().microseconds) / 1000)
      request.limits.totalMilliseconds = max(1, min(patience.tryMilliseconds, left))
      let outcome: Result<HTTPAnswer, HTTPTrouble>
      do throws(HTTPTrouble) {
        outcome = .success(try answer(following: request))
      } catch {
        outcome = .failure(error)
      }
      let now = clock.now()
      let pause = HTTPRepeat.pause(
        after: outcome, tries: tries, isRepeatable: isRepeatable, at: now, chance: Self.chance(now))
      guard let pause, tries < patience.tries, now.microseconds + Int64(pause) < patience.end.microseconds
      else {
        return try outcome.get()
      }
      clock.pause(microseconds: pause)
    }
  }

  /// Not more than two clocks disagree by (SplitMix64's last step).
  private static func chance(_ now: Instant) -> UInt64 {
    var mixed = UInt64(bitPattern: now.microseconds)
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
