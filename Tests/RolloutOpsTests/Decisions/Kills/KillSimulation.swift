@testable import RolloutOps

/// Plays a kill against scripted stores, in scripted time, without a thread: what the course asks for is answered when the
/// script says so, or never. It writes down all that was asked and told, and holds every word against what the stores
/// really have.
struct KillSimulation {
  /// What becomes of one request.
  struct Outcome {
    /// After how many milliseconds it takes effect, and is answered; nil where it never is.
    var effect: Int?
    var answer: Int?
    var trouble: StoreTrouble?

    static func after(_ milliseconds: Int) -> Outcome { Outcome(effect: milliseconds / 2, answer: milliseconds) }
    /// Refused or failed, without any effect.
    static func failing(_ trouble: StoreTrouble, after milliseconds: Int = 1) -> Outcome {
      Outcome(effect: nil, answer: milliseconds, trouble: trouble)
    }
    static let lost = Outcome(effect: nil, answer: nil)
  }

  enum Kind: String { case look, send, flip, glass }

  typealias Script = (_ kind: Kind, _ nth: Int, _ store: Int) -> Outcome

  private enum Happening {
    case effect(Kind, [Int])
    case answered(Int, Kind, [Int], [Int: KillCourse.Sight], StoreTrouble?)
    case event(KillCourse.Event)
    case outsider(Int, isOn: Bool)
  }

  private(set) var course: KillCourse
  private var script: Script
  private var now: Instant
  private let start: Instant
  private var queue: [(time: Instant, number: Int, what: Happening)] = []
  private var counter = 0
  private var counts: [String: Int] = [:]
  private var isOn: [Int: Bool] = [:]
  private var exists: [Int: Bool] = [:]
  /// Whether the flags have a way without a token.
  var hasGlass = false
  private var isOurs: Set<Int> = []
  private(set) var lines: [String] = []
  private(set) var faults: [String] = []
  private(set) var endings: [Int: KillCourse.Ending] = [:]
  /// When a flag was told, in seconds.
  private(set) var told: [Int: Double] = [:]

  init(within: Int = 30, isDry: Bool = false, turnsOff: Bool = false, _ script: @escaping Script) {
    start = Instant(seconds: 1_795_255_200)
    now = start
    course = KillCourse(start: start, within: TimeSpan(seconds: within), isDry: isDry, turnsOff: turnsOff)
    self.script = script
  }

  mutating func store(
    isRemote: Bool = true, width: Int = 8, batch: Int = 1, killSwitch: KillSwitch = .none
  ) -> Int {
    course.add(
      store: KillCourse.Store(isRemote: isRemote, width: width, batch: batch, killSwitch: killSwitch, rest: start))
  }

  @discardableResult
  mutating func flag(in store: Int, isOn: Bool = true, exists: Bool = true) -> Int {
    let target = course.add(targetIn: store, at: start)
    (self.isOn[target], self.exists[target]) = (isOn, exists)
    return target
  }

  mutating func at(_ milliseconds: Int, _ event: KillCourse.Event) { put(milliseconds, .event(event)) }
  mutating func outsider(_ milliseconds: Int, turns target: Int, on isOn: Bool) {
    put(milliseconds, .outsider(target, isOn: isOn))
  }

  private mutating func put(_ milliseconds: Int, _ what: Happening) {
    counter += 1
    queue.append((Instant(microseconds: now.microseconds + Int64(milliseconds) * 1000), counter, what))
  }

  private var seconds: Double { now.seconds(since: start) }

  private mutating func write(_ text: String) {
    let tenths = Int((seconds * 1000).rounded())
    let fraction = String(tenths % 1000)
    lines.append("\(tenths / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s  \(text)")
  }

  /// Until nothing is left to do; bounded, so that a course that never ends is seen.
  mutating func run() -> KillSimulation {
    perform(course.take(.time, at: now))
    for _ in 0..<100_000 {
      let hasEvents = queue.contains { if case .event = $0.what { true } else { false } }
      if course.isOver, !hasEvents { break }
      let wake = course.wake(after: now)
      if let index = queue.indices.min(by: { (queue[$0].time, queue[$0].number) < (queue[$1].time, queue[$1].number) }),
        queue[index].time <= wake
      {
        let next = queue.remove(at: index)
        now = max(now, next.time)
        happen(next.what)
      } else {
        now = wake
        perform(course.take(.time, at: now))
      }
      if now > course.end + TimeSpan(seconds: 1) { break }
    }
    if !course.isOver { faults.append("it never ended") }
    return self
  }

  private mutating func happen(_ what: Happening) {
    switch what {
    case .effect(let kind, let targets):
      for target in targets where kind != .look && (kind != .glass || hasGlass) {
        isOn[target] = false
        isOurs.insert(target)
      }
    case .answered(let number, let kind, let targets, let sights, let trouble):
      switch kind {
      case .look: perform(course.take(.looked(number, sights), at: now))
      case .glass: perform(course.take(.brokeGlass(number, isThere: hasGlass, trouble), at: now))
      case .send, .flip:
        let answers = Dictionary(uniqueKeysWithValues: targets.map { ($0, trouble) })
        perform(course.take(.wrote(number, answers), at: now))
      }
    case .event(let event):
      write("\(event)".prefix { $0 != "(" }.description)
      perform(course.take(event, at: now))
    case .outsider(let target, let on):
      write("somebody turns \(name(target)) \(on ? "on" : "off")")
      isOn[target] = on
      isOurs.remove(target)
    }
  }

  private func name(_ target: Int) -> String {
    let letter = String(UnicodeScalar(UInt8(97 + target % 26)))
    return target < 26 ? letter : "\(letter)\(target / 26)"
  }

  private func sight(_ target: Int) -> KillCourse.Sight {
    exists[target] == true ? isOn[target] == true ? .on : .off : .absent
  }

  private mutating func perform(_ actions: [KillCourse.Action]) {
    for action in actions {
      switch action {
      case .look(let number, let store, let some): begin(.look, number, store, some)
      case .send(let number, let store, let some): begin(.send, number, store, some)
      case .flip(let number, let store, let target): begin(.flip, number, store, [target])
      case .breakGlass(let number, let target): begin(.glass, number, course.targets[target].store, [target])
      case .tell(let target, let ending): tell(target, ending)
      }
    }
  }

  private mutating func begin(_ kind: Kind, _ number: Int, _ store: Int, _ some: [Int]) {
    let nth = counts["\(kind) \(store)", default: 0] + 1
    counts["\(kind) \(store)"] = nth
    write("\(kind.rawValue) \(number): \(some.map(name).joined(separator: ", "))")
    let outcome = script(kind, nth, store)
    let sights: [Int: KillCourse.Sight]
    if let trouble = outcome.trouble {
      sights = Dictionary(uniqueKeysWithValues: some.map { ($0, .failed(trouble)) })
    } else {
      sights = Dictionary(uniqueKeysWithValues: some.map { ($0, sight($0)) })
    }
    if let effect = outcome.effect, kind != .look { put(effect, .effect(kind, some)) }
    guard let answer = outcome.answer else { return }
    put(answer, .answered(number, kind, some, sights, outcome.trouble))
  }

  private mutating func tell(_ target: Int, _ ending: KillCourse.Ending) {
    write("tell \(name(target)): \("\(ending)".prefix { $0 != "(" })")
    (endings[target], told[target]) = (ending, seconds)
    if now > course.end { faults.append("\(name(target)) was told after the deadline") }
    switch ending {
    case .off, .alreadyOff:
      if isOn[target] == true, exists[target] == true { faults.append("\(name(target)) is called off, and is on") }
    case .notOff:
      if isOn[target] == false, isOurs.contains(target) { faults.append("\(name(target)) is off, and called NOT off") }
    case .absent: if exists[target] == true { faults.append("\(name(target)) is there, and called absent") }
    case .wouldBeOff, .undecided, .unread, .perhaps: break
    }
  }
}
