/// Puts new bytes in the place of a file in one step, and notices who else did so at the same time.
///
/// A rename would silently overwrite what somebody saved since we read. So the new file is exchanged with the old one,
/// and what comes out is looked at: if it is not what was read, it goes back.
struct FileReplacement {
  /// The real path: a symbolic link stays what it is.
  let path: String
  let context: Context

  private var files: any Files { context.files }
  private var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
  private var stem: String { "\(path).rollout-new-" }

  /// False when somebody else's file stood there; it stands there again then. `facts` are those of the old file.
  func replace(
    _ old: [UInt8], _ facts: FileFacts?, with new: [UInt8], _ urgency: Urgency
  ) throws(FileTrouble) -> Bool {
    let (temporary, time) = try prepare(new, facts)
    do throws(FileTrouble) {
      try files.exchange(temporary, path)
    } catch {
      if error.reason == .busy, urgency.isKill { return try overwrite(temporary, old, with: new, time) }
      guard error.reason == .unsupported else {
        try? files.remove(temporary)
        throw error
      }
      return try rename(temporary, old, urgency)
    }
    let landed = try settle(temporary, put: new, expecting: old, time)
    // Their file has its name back for good before the last other name of it goes.
    if !landed { try sync(urgency) }
    try? files.remove(temporary)
    try sync(urgency)
    return landed
  }

  /// Everything that comes before the exchange, and nothing of it stays.
  func rehearse(_ bytes: [UInt8], _ facts: FileFacts?) throws(FileTrouble) {
    let (temporary, _) = try prepare(bytes, facts)
    try files.remove(temporary)
  }

  /// The new file beside the old one, younger than it: readers that poll see only a time that rises.
  private func prepare(_ new: [UInt8], _ facts: FileFacts?) throws(FileTrouble) -> (path: String, Instant) {
    var time = context.clock.now()
    if let facts { time = max(time, Self.after(facts.modified)) }
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

  private static func after(_ time: Instant) -> Instant { Instant(microseconds: time.microseconds + 1) }

  /// Looks at what the exchange brought out. As long as that is not what was under the name before, somebody replaced
  /// the file in between, and theirs goes back, younger than ours. On a failure the temporary stays: it may be the only
  /// copy of their work.
  private func settle(
    _ temporary: String, put new: [UInt8], expecting old: [UInt8], _ time: Instant
  ) throws(FileTrouble) -> Bool {
    var (inside, expected, time) = (new, old, time)
    for round in 0..<16 {
      if (try? files.holds(temporary, expected)) == true { return round == 0 }
      let out = try? files.read(temporary, limit: FileStore.sizeLimit)
      time = max(context.clock.now(), Self.after(time))
      try? files.setModified(temporary, time)
      try files.exchange(temporary, path)
      (expected, inside) = (inside, out ?? [])
    }
    throw FileTrouble(.replacing, path, .busy)
  }

  /// Where the file system cannot exchange, looking right before is the best there is.
  private func rename(_ temporary: String, _ old: [UInt8], _ urgency: Urgency) throws(FileTrouble) -> Bool {
    do throws(FileTrouble) {
      guard try files.holds(path, old) else {
        try? files.remove(temporary)
        return false
      }
      try files.rename(temporary, to: path)
    } catch {
      try? files.remove(temporary)
      throw error
    }
    try sync(urgency)
    return true
  }

  /// A file that is mounted by itself cannot be replaced. A kill then writes into it: whoever reads half of it in that
  /// moment rejects it, and looks again. Where it fails in the middle the temporary stays, as the only whole copy.
  private func overwrite(
    _ temporary: String, _ old: [UInt8], with new: [UInt8], _ time: Instant
  ) throws(FileTrouble) -> Bool {
    do throws(FileTrouble) {
      guard try files.holds(path, old) else {
        try? files.remove(temporary)
        return false
      }
      try files.overwrite(path, new)
    } catch {
      if (try? files.holds(path, old)) == true { try? files.remove(temporary) }
      throw error
    }
    try? files.setModified(path, time)
    try? files.remove(temporary)
    return true
  }

  /// A kill that stands is off, also if a power cut could still undo it.
  private func sync(_ urgency: Urgency) throws(FileTrouble) {
    do throws(FileTrouble) {
      try files.syncFolder(folder.isEmpty ? "/" : folder)
    } catch {
      if urgency == .ordinary { throw error }
    }
  }

  /// Removes temporaries that crashed processes left. Processes of other containers cannot be seen from here, so only
  /// what has been there for a minute counts. Called under the lock; what fails is left to the next.
  func sweep() {
    let prefix = String(stem.dropFirst(folder.utf8.count + 1))
    guard let names = try? files.names(in: folder.isEmpty ? "/" : folder) else { return }
    for name in names where name.hasPrefix(prefix) {
      let parts = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let process = Int(parts[0]), Int(parts[1]) != nil else { continue }
      let temporary = "\(folder)/\(name)"
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
