/// The journal of one flag, looked for when it is first needed: a kill writes the store before it touches a folder that
/// may be slow or away.
struct LateJournal: Sendable {
  typealias Found = (journal: Journal, remark: String?)

  private let find: @Sendable () -> Found
  private let found = Remembered<Found>()
  /// What stood in it when somebody looked, for whoever does not need to know it to the moment.
  let seen = Remembered<JournalReading>()

  init(_ find: @escaping @Sendable () -> Found) { self.find = find }

  var journal: Journal { answer.journal }
  /// Why it is not where a pointer says; nil as long as nobody looked.
  var remark: String? { found.last?.remark }

  private var answer: Found {
    if let known = found.last { return known }
    let answer = find()
    found.last = answer
    return answer
  }
}
