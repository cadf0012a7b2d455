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

  private var files: any Files { context.files }
  private var folder: String { Path.folder(of: path) }
  private var name: String { Path.name(of: path) }
  private var stem: String { "\(path).rollout-new-" }

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
  /// kill must not wait for the end of it.
  func replace(
    _ look: Look, with new: [UInt8], _ urgency: Urgency, insists: Bool = false, byBytes: Bool = false,
    while isOurs: () -> Bool
  ) throws(FileTrouble) -> Outcome {
    let (temporary, time): (String, Instant)
    do throws(FileTrouble) {
      (temporary, time) = try prepare(new, look.file.facts)
    } catch {
      guard urgency.isKill, [.diskFull, .notPermitted].contains(error.reason) else { throw error }
      return try write(new, into: look, after: error)
    }
    // The last look comes last of all: what happens between it and the move, nobody can see.
    guard insists || isOurs() && isUntouched(look, byBytes) else {
      try? files.remove(temporary)
      return .overtaken
    }
    do throws(FileTrouble) {
      try files.rename(temporary, to: path)
    } catch {
      if error.reason == .busy, urgency.isKill { return try overwrite(temporary, look, with: new, time) }
      try? files.remove(temporary)
      throw error
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
    for attempt in 0..<100 {
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

  private static func time(_ now: Instant, after old: Instant) -> Instant {
    if now.microseconds / 1000 > old.microseconds / 1000 { return now }
    return Instant(microseconds: (old.microseconds / 1_000_000 + 1) * 1_000_000)
  }

  /// A file that is mounted by itself cannot be replaced. A kill then writes into it: whoever reads half of it in that
  /// moment rejects it, and looks again. Where it fails in the middle the temporary stays, as the only whole copy.
  private func overwrite(
    _ temporary: String, _ look: Look, with new: [UInt8], _ time: Instant
  ) throws(FileTrouble) -> Outcome {
    let old = look.file.bytes
    do throws(FileTrouble) {
      guard try files.holds(path, old) else {
        try? files.remove(temporary)
        return .overtaken
      }
      try files.overwrite(path, new)
    } catch {
      if (try? files.holds(path, old)) == true { try? files.remove(temporary) }
      throw error
    }
    try? files.setModified(path, time)
    try? files.remove(temporary)
    return .landed(overran: false)
  }

  /// No new file has room, or may be made in this folder: a kill writes into the old one, which needs neither. Only a
  /// crash in the middle could tear it, and whatever is longer than the room that the file has is refused before.
  private func write(
    _ new: [UInt8], into look: Look, after trouble: FileTrouble
  ) throws(FileTrouble) -> Outcome {
    guard (try? files.holds(path, look.file.bytes)) == true else { return .overtaken }
    do throws(FileTrouble) {
      try files.overwrite(path, new)
    } catch {
      throw trouble
    }
    try? files.setModified(path, Self.time(context.clock.now(), after: look.file.facts.modified))
    return .landedInside(trouble)
  }

  /// A kill that stands is off, also if a power cut could still undo it.
  private func sync(_ urgency: Urgency) throws(FileTrouble) {
    do throws(FileTrouble) {
      try files.syncFolder(folder)
    } catch {
      if urgency == .ordinary { throw error }
    }
  }

  /// Removes temporaries that crashed processes left. Processes of other containers cannot be seen from here, so only
  /// what has been there for a minute counts. Called under the lock; what fails is left to the next.
  func sweep() {
    let prefix = "\(name).rollout-new-"
    guard let names = try? files.names(in: folder) else { return }
    for name in names where name.hasPrefix(prefix) {
      let parts = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let process = Int(parts[0]), Int(parts[1]) != nil else { continue }
      let temporary = Path.joined(folder, name)
      guard let facts = try? files.facts(temporary) else { continue }
      let isOld = context.clock.now() >= facts.modified + .minutes(1)
      if isOld, !isRunning(process) { try? files.remove(temporary) }
    }
  }

  private func isRunning(_ process: Int) -> Bool {
    do throws(FileTrouble) {
      return try files.facts("/proc/\(process)") != nil
    } catch {
      return true
    }
  }
}
