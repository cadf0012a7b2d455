/// Looks at a status again and again, until the rollout is over or somebody has seen enough.
package struct StatusWatch: Sendable {
  package let context: Context
  package let choices: OperatorChoices
  package let target: String?
  package let interval: TimeSpan

  package init(context: Context, choices: OperatorChoices, target: String?, interval: TimeSpan) {
    (self.context, self.choices, self.target, self.interval) = (context, choices, target, interval)
  }

  package func look() throws(Trouble) -> StatusPicture { try Self.look(context, choices, target) }

  private static func look(_ context: Context, _ choices: OperatorChoices, _ target: String?) throws(Trouble)
    -> StatusPicture
  {
    let status = Status(context: context, choices: choices)
    guard let target else { return .fleet(try status.fleet()) }
    return .rollout(try status.status(of: target))
  }

  // MARK: Lines

  /// Each look after the first is told to `tell`: a picture with what it changed, or why nobody could look, where that is
  /// new. The last picture.
  package func inLines(
    after first: StatusPicture, _ tell: (StatusPicture?, _ sentences: [String], Trouble?) -> Void
  ) -> StatusPicture {
    var frame = StatusWatchFrame(first, at: first.calendar.now, every: interval)
    while !frame.picture.isOver, !context.output.isBroken {
      context.clock.pause(microseconds: interval.seconds * 1_000_000)
      let began = context.clock.now()
      do throws(Trouble) {
        let sentences = frame.see(try look(), at: began)
        tell(frame.picture, sentences, nil)
      } catch {
        tell(nil, [frame.fail(error, at: began)].compactMap(\.self), error)
      }
    }
    return frame.picture
  }

  // MARK: On a screen

  package enum Ending: Hashable, Sendable {
    case over
    case signal(Int32)
  }

  /// How long a look may take before that is said.
  private static let patience = TimeSpan(seconds: 5)

  /// One look at a time, beside: the picture stays, and keys are heard, however long it takes.
  package func on(
    _ screen: any Screen, after first: StatusPicture, ink: Ink, links: Bool
  ) -> (picture: StatusPicture, ending: Ending) {
    let clock = context.clock.steady
    let answer = Slot<Result<StatusPicture, Trouble>>()
    var frame = StatusWatchFrame(first, at: first.calendar.now, every: interval)
    var began: Instant?
    var next = clock.now() + interval
    func draw() {
      let size = screen.size
      screen.draw(frame.lines(columns: size.columns, rows: size.rows, ink: ink, links: links))
    }
    draw()
    while !frame.picture.isOver, !screen.isGone {
      let now = clock.now()
      if began == nil, now >= next {
        began = now
        let (context, choices, target) = (context.printing(to: NoOutput()), choices, target)
        screen.start { answer.put(Result { () throws(Trouble) in try Self.look(context, choices, target) }) }
      }
      let late = began.map { $0 + max(interval, Self.patience) }
      switch screen.wait(until: late.map { $0 > now ? $0 : now + .hours(1) } ?? next, clock) {
      case .key("q"), .key("Q"): return (frame.picture, .over)
      case .signal(let number): return (frame.picture, .signal(number))
      case .key: continue
      case .changed: break
      case .time:
        guard let began, let late, clock.now() >= late else { continue }
        frame.miss(since: began)
      case .news:
        guard let result = answer.take(), let start = began else { continue }
        switch result {
        case .success(let picture): frame.see(picture, at: picture.calendar.now)
        case .failure(let trouble): frame.fail(trouble, at: start)
        }
        (began, next) = (nil, max(clock.now(), start + interval))
      }
      draw()
    }
    return (frame.picture, .over)
  }
}

/// For looks beside a picture that nobody may write into.
private struct NoOutput: Output {
  func result(_ text: String) {}
  func remark(_ text: String) {}
  func failure(_ text: String) {}
  var isBroken: Bool { false }
  var width: Int? { nil }
  func ask(_ question: String) -> String? { nil }
}
