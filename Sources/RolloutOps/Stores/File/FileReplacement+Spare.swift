/// Room on the disk that is kept for a kill, as long as there is some: a new file, whole and in one step, also where the
/// disk is full by then.
extension FileReplacement {
  private var spare: String { "\(path).rollout/spare" }

  /// A kill adds that much at most to what the last change has left.
  private static let more = 4096
  /// Nobody keeps room for files that hardly anybody has.
  private static let most = 8 << 20

  /// Called after a change that waits for its turn, under the lock. A disk that has no room now has none for this.
  func keepSpare(for bytes: [UInt8]) {
    guard bytes.count <= Self.most else { return }
    try? context.files.reserve(spare, bytes.count + Self.more)
  }

  /// The new file in the room that was kept, beside the old one; nil where there is none.
  func spared(_ new: [UInt8], _ facts: FileFacts) -> (path: String, time: Instant)? {
    let temporary = "\(stem)\(context.surroundings.process)-\(Self.tries)"
    let time = Self.time(context.clock.now(), after: facts.modified)
    do throws(FileTrouble) {
      try context.files.fill(spare, new, like: facts)
      try context.files.rename(spare, to: temporary)
      try context.files.setModified(temporary, time)
      return (temporary, time)
    } catch {
      for left in [spare, temporary] where error.reason != .missing { try? context.files.remove(left) }
      return nil
    }
  }

  /// The same for a record of what is written over; false where there is none.
  func spared(_ record: [UInt8], at place: String, like facts: FileFacts) -> Bool {
    (try? context.files.fill(spare, record, like: facts)) != nil
      && (try? context.files.rename(spare, to: place)) != nil
  }
}
