/// Puts new bytes in the place of a file in one step, and notices who else did so at the same time.
///
/// A plain rename it is: whoever watches the file itself (inotify) sees that it went, and looks for the new one; an
/// exchange of two files would leave such a watch with the old one for ever. What a rename could overwrite is looked for
/// right before it. What somebody writes into the old file meanwhile is found in it afterwards, and what somebody else put
/// in its place within that last moment is gone, and that is told.
struct FileReplacement {
  /// The real path: a symbolic link stays what it is.
  let path: String
  let context: Context
  /// Whether changes are written into the file itself: whoever has it mounted by itself sees no other one.
  var staysInPlace = false

  /// So many names are tried: a process that had our number before us may have left some.
  static let tries = 100

  private var files: any Files { context.files }
  private var folder: String { Path.folder(of: path) }
  private var name: String { Path.name(of: path) }
  var stem: String { "\(path).rollout-new-" }

  enum Outcome: Hashable {
    /// The new bytes have the name. `overran` says that somebody replaced the file in the last moment, and that theirs is
    /// gone.
    case landed(overran: Bool)
    /// They were written into the file itself, since no new one could take its place.
    case landedInside(FileTrouble)
    /// The new bytes have the name, and somebody had written these into the old file meanwhile.
    case landedOver([UInt8])
    /// Somebody was there, and nothing was done.
    case overtaken
  }

  /// What was read, and what happens to its name since before it was read.
  struct Look {
    let file: any OpenedFile
    let watch: (any FolderWatch)?
  }

  func look(limit: Int) throws(FileTrouble) -> Look {
    let watch = files.watch(folder)
    return Look(file: try files.open(path, limit: limit), watch: watch)
  }

  /// `isOurs` says whether the lock and the address still lead here. `insists` passes over what others do to the file: a
  /// kill must not wait for the end of it. `isLast` says that a new file was tried often enough: a kill then writes into
  /// the old one, whatever keeps the new one from its place.
  func replace(
    _ look: Look, with new: [UInt8], _ urgency: Urgency, insists: Bool = false, byBytes: Bool = false,
    isLast: Bool = false, while isOurs: () -> Bool
  ) throws(FileTrouble) -> Outcome {
    let goesInside = { (trouble: FileTrouble) in urgency.isKill && (isLast || trouble.leavesTheOldFile) }
    var (copy, hindrance): ((path: String, time: Instant)?, FileTrouble?)
    do throws(FileTrouble) {
      // What is kept for a write in place is less, and enough.
      if !staysInPlace { copy = try prepare(new, look.file.facts) }
    } catch {
      if urgency.isKill, error.reason == .diskFull { copy = spared(new, look.file.facts) }
      guard copy != nil || goesInside(error) else { throw error }
      hindrance = error
    }
    // The last look comes last of all: what happens between it and the move, nobody can see.
    guard insists || isOurs() && isUntouched(look, byBytes) else {
      if let copy { try? files.remove(copy.path) }
      return .overtaken
    }
    guard let temporary = copy?.path, !staysInPlace else { return try write(new, into: look, copy, hindrance, urgency) }
    do throws(FileTrouble) {
      try files.rename(temporary, to: path)
    } catch {
      if error.reason == .busy { return try write(new, into: look, copy, nil, urgency) }
      try? files.remove(temporary)
      guard goesInside(error) else { throw error }
      return try write(new, into: look, nil, error, urgency)
    }
    let theirs = written(into: look.file)
    look.file.close()
    let overran = look.watch?.wasReplaced(name, before: Path.name(of: temporary)) ?? false
    try sync(urgency)
    return theirs.map { .landedOver($0) } ?? .landed(overran: overran)
  }

  /// Everything that comes before the rename, and nothing of it stays.
  func rehearse(_ bytes: [UInt8], _ facts: FileFacts?) throws(FileTrouble) {
    let (temporary, _) = try prepare(bytes, facts)
    try files.remove(temporary)
  }

  /// The name still leads to the file that was read, and nobody touched it since. By its bytes where nothing else about
  /// it stays the same.
  private func isUntouched(_ look: Look, _ byBytes: Bool) -> Bool {
    if byBytes {
      return (try? files.holds(path, look.file.bytes)) == true && look.watch?.hasHappened(to: name) != true
    }
    guard let now = try? files.facts(path) else { return false }
    let then = look.file.facts
    return now.identity == then.identity && now.changed == then.changed && now.size == look.file.bytes.count
      && look.watch?.hasHappened(to: name) != true
  }

  /// How often and how long whoever writes into the old file is waited for: microseconds.
  private static let (looks, pause) = (40, 5_000)

  /// What somebody wrote into the old file since it was read; nil for nothing. Who is in the middle of it is waited for:
  /// it is whole when two looks find the same, and flags in it.
  private func written(into old: any OpenedFile) -> [UInt8]? {
    guard var last = try? old.reread(), last != old.bytes else { return nil }
    for _ in 0..<Self.looks {
      context.clock.pause(microseconds: Self.pause)
      guard let next = try? old.reread() else { break }
      if next == last, (try? JSON.parse(next)) != nil { break }
      last = next
    }
    return last == old.bytes ? nil : last
  }

  /// The new file beside the old one, younger than it: readers that poll see only a time that rises. Some of them compare
  /// milliseconds, so a time that cannot be told from the old one becomes the next whole second.
  private func prepare(_ new: [UInt8], _ facts: FileFacts?) throws(FileTrouble) -> (path: String, Instant) {
    let now = context.clock.now()
    let time = facts.map { Self.time(now, after: $0.modified) } ?? now
    for attempt in 0..<Self.tries {
      let temporary = "\(stem)\(context.surroundings.process)-\(attempt)"
      do throws(FileTrouble) {
        try files.create(temporary, new, like: facts)
      } catch {
        // Left by a process that had our number before us.
        if error.reason == .exists { continue }
        throw error
      }
      do throws(FileTrouble) {
        try files.setModified(temporary, time)
      } catch {
        try? files.remove(temporary)
        throw error
      }
      return (temporary, time)
    }
    throw FileTrouble(.creating, "\(stem)\(context.surroundings.process)-0", .exists)
  }

  static func time(_ now: Instant, after old: Instant) -> Instant {
    if now.microseconds / 1000 > old.microseconds / 1000 { return now }
    return Instant(microseconds: (old.microseconds / 1_000_000 + 1) * 1_000_000)
  }

  /// A file that is mounted by itself cannot be replaced, and where no new file has room, or may be made in this folder, a
  /// kill needs neither: it is written into. Only a crash in the middle could tear it; then the copy stays, and a record
  /// of what was written over, from which the next command mends it.
  private func write(
    _ new: [UInt8], into look: Look, _ copy: (path: String, time: Instant)?, _ hindrance: FileTrouble?,
    _ urgency: Urgency
  ) throws(FileTrouble) -> Outcome {
    let old = look.file.bytes
    let start = new.firstDifference(from: old)
    let text = JSONSpacing.fitted(new, to: old.count, from: start)
    var record: String?
    do throws(FileTrouble) {
      guard try files.holds(path, old) else {
        if let copy { try? files.remove(copy.path) }
        return .overtaken
      }
      record = keep(text, over: look.file, urgency)
      try files.overwrite(path, text, over: old)
    } catch {
      guard stands(text, over: old) || fits(text, over: look.file, from: start, after: error, urgency) else {
        if (try? files.holds(path, old)) == true {
          for left in [copy?.path, record].compactMap(\.self) { try? files.remove(left) }
        }
        throw hindrance ?? error
      }
    }
    if let record { try? files.remove(record) }
    try? files.setModified(path, copy?.time ?? Self.time(context.clock.now(), after: look.file.facts.modified))
    if let copy { try? files.remove(copy.path) }
    if let hindrance, !staysInPlace { return .landedInside(hindrance) }
    return .landed(overran: false)
  }

  /// Whether the new bytes stand in the file all the same, after a write into it that failed. Where it failed in the
  /// middle the old ones are put back, which take no more room than there is.
  private func stands(_ new: [UInt8], over old: [UInt8]) -> Bool {
    guard let found = try? files.read(path, limit: new.count + old.count) else { return false }
    if found == new { return true }
    let written = zip(found, new).prefix { $0 == $1 }.count
    if found != old, found.dropFirst(written).elementsEqual(old.dropFirst(written)) {
      try? files.overwrite(path, old, over: found)
    }
    return false
  }

  /// The same with fewer blanks, where there was no room for it as it is, and the old one is still whole.
  private func fits(
    _ text: [UInt8], over file: any OpenedFile, from start: Int, after trouble: FileTrouble, _ urgency: Urgency
  ) -> Bool {
    let old = file.bytes
    guard trouble.reason == .diskFull, let fit = JSONSpacing.squeezed(text, to: old.count, from: start),
      (try? files.holds(path, old)) == true
    else { return false }
    let record = keep(fit, over: file, urgency)
    let isThere = (try? files.overwrite(path, fit, over: old)) != nil || stands(fit, over: old)
    if isThere, let record { try? files.remove(record) }
    return isThere
  }

  /// A kill that stands is off, also if a power cut could still undo it.
  private func sync(_ urgency: Urgency) throws(FileTrouble) {
    do throws(FileTrouble) {
      try files.syncFolder(folder)
    } catch {
      if urgency == .ordinary { throw error }
    }
  }

  /// Removes temporaries and records that crashed processes left. Processes of other containers cannot be seen from here,
  /// so only what has been there for a minute counts, and where the file itself was torn they may be all there is of it.
  /// Called under the lock; what fails is left to the next.
  func sweep() {
    for (left, process) in left(by: [stem] + recordStems) {
      guard let facts = try? files.facts(left) else { continue }
      let isOld = context.clock.now() >= facts.modified + .minutes(1)
      if isOld, !isRunning(process), isWhole { try? files.remove(left) }
    }
  }

  /// The files whose names begin like one of these, and the number of the process that made each.
  func left(by stems: [String]) -> [(path: String, process: Int)] {
    Dictionary(grouping: stems, by: Path.folder).sorted { $0.key < $1.key }.flatMap { folder, stems in
      ((try? files.names(in: folder)) ?? []).compactMap { name in
        let path = Path.joined(folder, name)
        guard let stem = stems.first(where: path.hasPrefix) else { return nil }
        let parts = path.dropFirst(stem.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let process = Int(parts[0]), Int(parts[1]) != nil else { return nil }
        return (path, process)
      }
    }
  }

  private var isWhole: Bool {
    guard let bytes = try? files.read(path, limit: FileStore.sizeLimit) else { return false }
    return (try? JSON.parse(bytes)) != nil
  }

  private func isRunning(_ process: Int) -> Bool {
    do throws(FileTrouble) {
      return try files.facts("/proc/\(process)") != nil
    } catch {
      return true
    }
  }
}

extension FileTrouble {
  /// Whether a kill can do what it must in the old file where no new one could be made.
  fileprivate var leavesTheOldFile: Bool {
    switch reason {
    case .diskFull, .notPermitted, .readOnly, .notCarriedOver: true
    default: false
    }
  }
}
