/// The triggers of a note over traffic that is over, judged at one look after the other by what was there before each:
/// with the same questions and the same judgement as `gate` and `watch`.
struct Replay: Sendable {
  /// A trigger that logs can answer.
  struct Asked: Sendable {
    let trigger: Trigger
    let watch: MeasuredTrigger
  }

  let tape: EvidenceTape
  let asked: [Asked]
  let every: TimeSpan
  private let question: StageQuestion
  /// By part of the question: where its measures stand on the tape, whole and by unit.
  private let sources: [(whole: [Int], byUnit: [Int], kinds: [Sample.Kind])]

  /// What a look found, by trigger.
  typealias Rows = [StageEvidence.Row]

  init(
    _ tape: EvidenceTape, _ question: StageQuestion, _ asked: [Asked], measures: [TraceQuestion.Measure],
    every: TimeSpan
  ) {
    (self.tape, self.question, self.asked, self.every) = (tape, question, asked, every)
    sources = question.parts.map { part in
      let wanted = part.question.measures
      return (
        wanted.map { measures.firstIndex(of: $0) ?? 0 },
        wanted.map { measures.firstIndex(of: $0.keepingValues) ?? 0 }, wanted.map(\.kind)
      )
    }
  }

  /// Round times, so that two runs over a growing log look at the same ones.
  var looks: [Instant] {
    guard let span = tape.span else { return [] }
    let step = every.seconds
    let first = span.start.seconds.quotientRoundedDown(by: step) + 1
    let last = (span.end.seconds - 1).quotientRoundedDown(by: step) + 1
    return (first...max(first, last)).map { Instant(seconds: $0 * step) }
  }

  /// Looks again and again until `see` has seen enough. Given who is in the canary, the control alone is played, split
  /// in two.
  func play(split isIn: ((UInt32) -> Bool)? = nil, _ see: (Int, Instant, Rows) -> Bool) {
    let gathering = Gatherer(self, isIn)
    var state = State(gathering.empty(0), asked.map { .init($0.trigger, .silent("nothing was there yet")) })
    let looks = looks
    for (number, look) in looks.enumerated() {
      let due = gathering.advance(&state, to: look, isLast: number == looks.count - 1)
      guard !due.isEmpty else { continue }
      for index in due { state.rows[index] = row(index, gathering, &state, look) }
      var evidence = StageEvidence(from: look)
      evidence.rows = state.rows
      evidence.correct()
      guard see(number, look, evidence.rows) else { return }
    }
  }

  private func row(_ index: Int, _ gathering: Gatherer, _ state: inout State, _ look: Instant) -> StageEvidence.Row {
    var asking = question.asked(at: look)
    asking.givesDetails = !gathering.isSplit && state.isLast
    let watch = asked[index].watch
    guard let part = question.parts.firstIndex(where: { $0.time == question.time(of: watch) }) else {
      return .init(watch.trigger, .silent("it was not asked about"), measure: watch.measure)
    }
    return asking.row(watch, [gathering.answer(part, &state, look)])
  }

  /// The same look, with every figure: what a person reads.
  func row(_ index: Int, at look: Instant) -> StageEvidence.Row {
    let gathering = Gatherer(self, nil)
    var state = State(gathering.empty(0), [])
    _ = gathering.advance(&state, to: look, isLast: true)
    return row(index, gathering, &state, look)
  }
}

extension Replay {
  /// How far a replay has come.
  struct State {
    /// All that was there by now.
    var whole: GatheredEvidence
    /// How many times of the tape that are.
    var played = 0
    var rows: Rows
    /// Control records, now and at the last look that counted.
    var (records, judged) = (0, 0)
    var isLast = false
    /// When each window was last looked at.
    var windows: [Int: Instant] = [:]

    init(_ whole: GatheredEvidence, _ rows: Rows) { (self.whole, self.rows) = (whole, rows) }
  }

  /// How evidence is put together: as it was, or out of the control alone.
  struct Gatherer {
    private let replay: Replay
    private let isIn: ((UInt32) -> Bool)?

    var isSplit: Bool { isIn != nil }

    init(_ replay: Replay, _ isIn: ((UInt32) -> Bool)?) { (self.replay, self.isIn) = (replay, isIn) }

    func empty(_ part: Int) -> GatheredEvidence {
      let source = replay.sources[part]
      return GatheredEvidence(replay.tape, kinds: source.kinds, from: isSplit ? source.byUnit : source.whole)
    }

    private func add(_ pieces: [EvidenceTape.Piece], to gathered: inout GatheredEvidence) {
      for piece in pieces {
        if let isIn {
          if piece.arm == StageQuestion.control { gathered.add(piece, splitBy: isIn) }
        } else {
          gathered.add(piece)
        }
      }
    }

    /// Takes in what came before the look, and says which triggers are to be judged at it.
    ///
    /// As it was, every trigger at every look. Out of a split, where the looks are many and only their share counts that
    /// ever fires: all that was seen so far again when it has grown by a tenth, since evidence that hardly grew says
    /// hardly anything else; and a window four times while it lasts.
    func advance(_ state: inout State, to look: Instant, isLast: Bool) -> [Int] {
      let times = replay.tape.times
      while state.played < times.count, replay.tape.start(of: times[state.played].number + 1) <= look {
        let pieces = times[state.played].pieces
        add(pieces, to: &state.whole)
        state.records += pieces.reduce(0) { $0 + ($1.segment == 0 ? $1.records : 0) }
        state.played += 1
      }
      state.isLast = isLast
      guard state.records > 0 else { return [] }
      guard isSplit else { return Array(replay.asked.indices) }
      let hasGrown = Double(state.records) >= 1.1 * Double(state.judged) && state.records > state.judged || isLast
      if hasGrown { state.judged = state.records }
      var open: [Int: Bool] = [:]
      return replay.asked.indices.filter { index in
        guard let window = replay.asked[index].watch.window else { return hasGrown }
        if let known = open[window.seconds] { return known }
        let isOpen = state.windows[window.seconds].map { look.since($0).seconds * 4 >= window.seconds } ?? true
        if isOpen { state.windows[window.seconds] = look }
        open[window.seconds] = isOpen
        return isOpen
      }
    }

    func answer(_ part: Int, _ state: inout State, _ look: Instant) -> StageQuestion.Answer {
      var evidence = TraceEvidence()
      let question = replay.question.parts[part]
      if case .window(let window) = question.time {
        var gathered = empty(part)
        let start = Instant(microseconds: look.microseconds - Int64(window.seconds) * 1_000_000)
        let played = replay.tape.times[..<state.played]
        let within = played.reversed().prefix { replay.tape.start(of: $0.number) >= start }.count
        for time in played.suffix(within) { add(time.pieces, to: &gathered) }
        evidence.cells = gathered.cells(period: 2)
      } else {
        evidence.cells = state.whole.cells(period: 2)
      }
      return StageQuestion.Answer(part: question, evidence: evidence, isWidened: false)
    }
  }
}

extension TraceQuestion.Measure {
  /// Asked so that the values of each unit can be told apart; rates always can.
  var keepingValues: TraceQuestion.Measure {
    if case .mean(let field) = self { .quantile(field) } else { self }
  }
}
