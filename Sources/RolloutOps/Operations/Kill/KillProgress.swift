/// What a person sees while a kill goes on: at a terminal a line that is written over, elsewhere one plain line when it
/// takes long.
struct KillProgress {
  let start: Instant
  let end: Instant
  private var isTold = false

  init(start: Instant, end: Instant) { (self.start, self.end) = (start, end) }

  private static let often = TimeSpan(seconds: 1)
  /// After that long silence would worry somebody.
  private static let patience = TimeSpan(seconds: 2)
  /// No more of the stores are named.
  private static let mostStores = 3

  /// When there may be something new to say.
  func wake(after now: Instant) -> Instant {
    let first = start + Self.patience
    return now < first ? first : now + Self.often
  }

  /// What is to be said now; nil where nothing is.
  func due(_ course: KillCourse, _ cases: [KillCase], at now: Instant, _ output: any Output) -> String? {
    guard now >= start + Self.patience, output.showsProgress || !isTold, !course.isOver else { return nil }
    return text(course, cases, at: now)
  }

  mutating func tell(_ text: String, _ output: any Output) {
    if output.showsProgress {
      output.progress(text)
    } else {
      isTold = true
      output.remark("rolloutctl kill: \(text)")
    }
  }

  private func text(_ course: KillCourse, _ cases: [KillCase], at now: Instant) -> String? {
    let open = cases.indices.filter { course.targets[$0].ending == nil }
    guard let first = open.first else { return nil }
    var stores: [String] = []
    for index in open where stores.count < Self.mostStores {
      let address = cases[index].store.address
      if !stores.contains(address) { stores.append(address) }
    }
    let flags = open.count == 1 ? cases[first].key.text : "\(open.count) flags"
    let tries = open.map { course.targets[$0].requests }.max() ?? 0
    let asked = tries == 1 ? "asked once" : "asked \(tries) times"
    let left = max(0, (end.microseconds - now.microseconds + 999_999) / 1_000_000)
    return Terminal.plain(
      "\(flags) is not off yet in \(stores.joined(separator: ", ")): \(asked), \(left) s left")
  }
}
