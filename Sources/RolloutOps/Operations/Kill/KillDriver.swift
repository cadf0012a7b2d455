/// Carries out what the course of a kill says: every action is a job on a thread of its own, and what comes of it is the
/// course's next event. Here nobody waits for a store, a journal or a server, so that none of them can hold back another
/// one, the word "off", or the end.
struct KillDriver {
  let kill: Kill
  let context: Context
  let shift: any HandShift
  let mailbox: Mailbox<News>
  var course: KillCourse
  var targets: KillTargets
  var cases: [KillCase] = []
  /// The course's number of each store.
  var stores: [String: Int] = [:]
  /// Stores whose lock was waited for in vain: nobody waits for it a second time.
  var slow: Set<String> = []
  /// When each request began.
  var begun: [Int: Instant] = [:]
  var open = Jobs()
  var progress: KillProgress
  /// The signal that ended it.
  private(set) var signal: Int32?
  var interrupted: Instant?

  /// Changes which flags are meant. It reads files and asks stores, so it is a job too.
  typealias Update = @Sendable (inout KillTargets) -> Void

  /// What is under way beside the course's own requests.
  struct Jobs {
    /// One at a time: the next one starts from what the last one found.
    var updates: [Update] = []
    var isUpdating = false
    /// Whether the first of them is over.
    var isPrepared = false
    /// Whether it was looked for what may have been meant by flags that no store has.
    var hasHints = false
    var concluding: Set<Int> = []
    var looking: Set<Int> = []
    /// Stores that keep their last look for the next kill.
    var keeping = 0
    var hasKept = false
    /// Flags whose store is asked what may undo the kill, and until when that is waited for.
    var asking: Set<Int> = []
    var hasAsked = false
    var patience: Instant?
    var waiting: ArraySlice<Int> = []
  }

  enum News: Sendable {
    case updated(KillTargets)
    case looked(Int, [FlagKey: Result<FlagReading, StoreTrouble>], hopeless: Set<FlagKey>)
    case wrote(Int, [Result<Sent, StoreTrouble>], [KillRecord])
    case brokeGlass(Int, Bool, StoreTrouble?)
    case concluded(Int, KillRecord, stands: Bool, KillFacts?)
    /// What stores remember of the time before this kill, by case.
    case recalled([Int: FlagReading])
    case kept
    case undoers(Int, [String])
    case served(Int, Served?)
  }

  /// So many journals are written at the same time.
  static let journals = 8
  /// What was seen before the deadline must be told before it too: so many microseconds for that.
  static let telling: Int64 = 300_000
  /// How long what comes after the word "off" may take where somebody interrupts, and how long a platform is waited for
  /// that shall only say what may undo it.
  static let afterwards = TimeSpan(seconds: 2)
  /// Of more flags nobody asks the platforms what may undo it.
  static let fewFlags = 8

  /// Whose applications were asked for.
  var looked: Set<Int> = []
  /// Which flags were pending when the notes were asked for last.
  var asked: [Bool]?

  init(_ kill: Kill) {
    self.kill = kill
    context = kill.context
    shift = context.hands.shift()
    mailbox = Mailbox(shift)
    let now = context.clock.now()
    course = KillCourse(start: now, within: kill.within, isDry: kill.choices.dryRun, turnsOff: kill.to == "off")
    targets = KillTargets(kill, deadline: course.end)
    progress = KillProgress(start: now, end: course.end)
  }

  // MARK: The loop

  mutating func run(_ updates: [Update]) -> [KillReport.Line] {
    open.updates = updates
    while true {
      for news in mailbox.takeAll() { hear(news) }
      perform(course.take(.time, at: now))
      startJobs()
      if isOver { break }
      guard mailbox.isEmpty else { continue }
      if let text = progress.due(course, cases, at: now, context.output) {
        tellScope()
        progress.tell(text, context.output)
      }
      switch shift.wait(until: wake, context.clock) {
      case .news, .time: continue
      case .signal(let number) where number == Signals.hangUp:
        // Whoever lost the line still wants it off.
        continue
      case .signal(let number):
        if signal != nil { Signals.raise(number, after: shift) }
        (signal, interrupted) = (number, now)
        perform(course.take(.interrupted, at: now))
      }
    }
    for news in mailbox.takeAll() { hear(news) }
    // The deadline may have come between the course's last look at the clock and ours.
    perform(course.take(.time, at: now))
    for target in open.looking {
      cases[target].tell(["not seen by an application: nobody answered that before the deadline"])
    }
    for target in open.concluding.union(open.waiting) {
      cases[target].tell([
        "it is off, but this could not be journaled before the deadline; the next command that changes something does it"
      ])
    }
    context.output.progress(nil)
    shift.end()
    return lines
  }

  var now: Instant { context.clock.now() }

  var isOver: Bool {
    if now >= limit { return true }
    guard open.isPrepared, course.isOver, open.concluding.isEmpty, open.waiting.isEmpty else { return false }
    guard signal == nil else { return true }
    guard open.looking.isEmpty, !open.isUpdating, open.updates.isEmpty, !targets.hasUnfollowed else { return false }
    return open.hasHints && open.hasKept && open.keeping == 0 && !isAsking
  }

  private var isAsking: Bool { !open.asking.isEmpty && (open.patience.map { now < $0 } ?? false) }

  // MARK: Acting

  mutating func perform(_ actions: [KillCourse.Action]) {
    for action in actions {
      switch action {
      case .look(let number, _, let some): look(number, some)
      case .send(let number, _, let some): send(number, some)
      case .flip(let number, _, let target): flip(number, target)
      case .breakGlass(let number, let target):
        let (store, key) = (cases[target].store, cases[target].key)
        mailbox.ask {
          do throws(StoreTrouble) {
            return .brokeGlass(number, try store.breakGlass(key), nil)
          } catch {
            return .brokeGlass(number, true, error)
          }
        }
      case .tell(let target, let ending): tell(target, ending)
      }
    }
  }

  mutating func look(_ number: Int, _ some: [Int]) {
    guard let store = some.first.map({ cases[$0].store }) else { return }
    let (keys, isDry) = (some.map { cases[$0].key }, kill.choices.dryRun)
    mailbox.ask {
      let looks = isDry ? store.look(keys) : store.lookMending(keys)
      return .looked(
        number, looks, hopeless: Set(looks.filter { KillCase.isHopeless($0.value, in: store) }.map(\.key)))
    }
  }

  mutating func send(_ number: Int, _ some: [Int]) {
    guard let store = some.first.map({ cases[$0].store }) else { return }
    let (start, now) = (course.start, now)
    // A lock is waited for where there is time for it, and once.
    let isShort = now + Urgency.kill.patience + TimeSpan(seconds: 1) > course.end
    let urgency: Urgency = isShort || slow.contains(store.identity) ? .killAtOnce : .kill
    for target in some {
      cases[target].beginsWrite(at: now)
      cases[target].served?.witnesses.changeBegins()
    }
    begun[number] = now
    let batch = some.map { (cases[$0], course.targets[$0].tries) }
    let interruptions = context.interruptions
    mailbox.ask {
      var batch = batch
      KillCase.readJournalsAhead(batch.map(\.0))
      let orders = batch.indices.map { index in
        batch[index].0.order(urgency, seconds: now.seconds(since: start), tries: batch[index].1)
      }
      let whole = orders.compactMap(\.self)
      let answers = interruptions.postponed { store.send(whole) }
      return .wrote(number, answers, batch.map(\.0.record))
    }
  }

  mutating func flip(_ number: Int, _ target: Int) {
    cases[target].beginsWrite(at: now)
    cases[target].served?.witnesses.changeBegins()
    let (store, key, occasion, record) =
      (cases[target].store, cases[target].key, cases[target].occasion, cases[target].record)
    mailbox.ask {
      do throws(StoreTrouble) {
        try store.switchOff(key, occasion)
        return .wrote(number, [.success(.flag)], [record])
      } catch {
        return .wrote(number, [.failure(error)], [record])
      }
    }
  }

  /// What is known of a flag is said at once; everything else about it comes later.
  mutating func tell(_ target: Int, _ ending: KillCourse.Ending) {
    let state = course.targets[target]
    let tried = state.firstFailure.map { now.seconds(since: $0) } ?? now.seconds(since: course.start)
    cases[target].end(ending, state, after: now.seconds(since: course.start), tried: tried)
    cases[target].tell(cases[target].store.caveats)
    guard let line = cases[target].line else { return }
    if line.off || line.outcome == .wouldBeOff, announced.insert(target).inserted {
      context.output.progress(nil)
      tellScope()
      kill.heard(line)
    }
    let mustBeJournaled: Bool =
      switch ending {
      case .off, .alreadyOff, .unread: true
      default: false
      }
    if mustBeJournaled, !kill.choices.dryRun { open.waiting.append(target) }
  }

  /// Stands before whatever else is said, and holds back no request: a terminal that is stopped takes no line.
  private mutating func tellScope() {
    guard toldScope == nil, let scope = targets.scope else { return }
    toldScope = scope
    kill.scoped(scope)
  }

  // MARK: Hearing

  mutating func hear(_ news: News) {
    switch news {
    case .updated(let found):
      (open.isUpdating, open.isPrepared) = (false, true)
      take(found)
    case .looked(let number, let looks, let hopeless):
      guard let request = course.requests[number] else { return }
      var sights: [Int: KillCourse.Sight] = [:]
      for target in request.targets {
        let found = looks[cases[target].key] ?? .failure(.notAsWritten(path: cases[target].store.address))
        sights[target] = cases[target].sight(found, begun: request.begun, at: now)
        if case .failure(let trouble) = found, hopeless.contains(cases[target].key) {
          sights[target] = .hopeless(trouble)
        }
        if sights[target] == .on, let look = cases[target].findWitnesses(until: course.end) {
          shift.start {
            look.askBefore()
            return {}
          }
        }
      }
      perform(course.take(.looked(number, sights), at: now))
    case .wrote(let number, let answers, let records):
      guard let request = course.requests[number] else { return }
      var troubles: [Int: StoreTrouble?] = [:]
      for (index, target) in request.targets.enumerated() {
        let answer =
          answers.indices.contains(index)
          ? answers[index] : .failure(.changedMeanwhile(path: cases[target].store.address))
        if records.indices.contains(index) { cases[target].keep(records[index]) }
        cases[target].answered(answer)
        if case .failure(let trouble) = answer { troubles[target] = trouble } else { troubles[target] = .some(nil) }
      }
      // A lock that was waited for is not waited for again.
      if let began = begun[number], now >= began + TimeSpan(seconds: 1), let first = request.targets.first {
        slow.insert(cases[first].identity)
      }
      perform(course.take(.wrote(number, troubles), at: now))
    case .brokeGlass(let number, let isThere, let trouble):
      perform(course.take(.brokeGlass(number, isThere: isThere, trouble), at: now))
    case .concluded(let target, let record, let stands, let facts):
      open.concluding.remove(target)
      cases[target].keep(record)
      cases[target].tell(record.told)
      // Somebody brought it back before the journal was ours: killed again.
      if !stands { perform(course.take(.undone(target), at: now)) }
      cases[target].close(facts)
      if stands, record.hasOpenWidening, rechecked.insert(target).inserted {
        perform(course.take(.doubted(target, from: now + KillCourse.recheck), at: now))
      }
    case .recalled(let readings):
      var sights: [Int: KillCourse.Sight] = [:]
      for (target, reading) in readings where cases[target].reading == nil {
        sights[target] = cases[target].sight(.success(reading), at: now)
      }
      perform(course.take(.recalled(sights), at: now))
    case .kept: open.keeping -= 1
    case .undoers(let target, let sentences):
      open.asking.remove(target)
      cases[target].warn(sentences)
    case .served(let target, let served):
      open.looking.remove(target)
      if let served { cases[target].see(served, after: now.seconds(since: course.start)) }
    }
  }

  /// Which stores this is about, as it was told.
  private(set) var toldScope: String?
  /// Flags that were told as off: nobody is told twice.
  var announced: Set<Int> = []
  /// Flags that are looked at once more since somebody was letting people in.
  var rechecked: Set<Int> = []

  /// Flags and stores that were not known before.
  mutating func take(_ found: KillTargets) {
    let known = targets.cases.count
    targets = found
    for index in 0..<known { cases[index].evaluation = found.cases[index].evaluation }
    for found in found.cases.dropFirst(known) {
      let number: Int
      if let known = stores[found.identity] {
        number = known
      } else {
        let store = found.store
        number = course.add(
          store: KillCourse.Store(
            isRemote: store.isRemote, width: store.width, batch: store.batch, killSwitch: store.killSwitch, rest: now))
        stores[found.identity] = number
      }
      _ = course.add(targetIn: number, at: now)
      cases.append(found)
    }
    recall(Array(known..<cases.count))
    for found in cases.dropFirst(known) where cases.count <= Self.fewFlags && !kill.choices.dryRun {
      guard found.store.isRemote, found.store.keepsJournals else { continue }
      shift.start {
        found.readJournalAhead()
        return {}
      }
    }
    perform(course.take(.time, at: now))
  }
}
