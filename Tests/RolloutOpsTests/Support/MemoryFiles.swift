import Synchronization

@testable import RolloutOps

/// A file system in memory whose process can be stopped before any effect, and whose disk can be full or read-only.
///
/// Every method that changes something is one effect, counted from 1 by `effects`. `crash(at: n)` makes the n-th effect
/// and everything after it, reading included, fail without happening; `torn` lets that n-th effect, if it is a `create`
/// or an `append`, leave the first part of its bytes. `restart()` is the next process: locks are free, effects count
/// from 1 again. `cutPower` takes away what was not synced as well. Tests look at the disk with `bytes`, `text`, `paths`
/// and `modified`, which never fail.
final class MemoryFiles: Files {
  enum Effect: String, Hashable, CaseIterable, Sendable {
    case makeFolder, create, setModified, rename, append, overwrite, truncate, remove, syncFolder, lock
    case read, facts, realPath, names

    var isEffect: Bool { ![.read, .facts, .realPath, .names].contains(self) }
  }

  let clock: ScriptedClock
  let disk: Mutex<Disk>

  init(_ clock: ScriptedClock = ScriptedClock()) {
    self.clock = clock
    disk = Mutex(Disk(now: clock.now()))
  }

  /// The same disk at this moment, for another future.
  init(copying other: MemoryFiles, _ clock: ScriptedClock) {
    self.clock = clock
    disk = Mutex(other.disk.withLock { $0 })
  }

  // MARK: The test's side

  /// How many effects were asked for since the start or the last `restart()`.
  var effects: Int { disk.withLock { $0.effects } }
  /// `create /w/a.json`, in order, since the start or the last `restart()`; what failed or crashed is not in it.
  var trace: [String] { disk.withLock { $0.trace } }

  func crash(at effect: Int, torn: Double? = nil) {
    disk.withLock { ($0.crashAt, $0.torn) = (effect, torn) }
  }

  var hasCrashed: Bool { disk.withLock { $0.hasCrashed } }

  func restart() {
    disk.withLock {
      ($0.crashAt, $0.torn, $0.effects, $0.trace, $0.hasCrashed) = (nil, nil, 0, [], false)
      $0.locks = [:]
    }
  }

  /// From now on that method fails on paths that contain `part`, `times` times.
  func fail(_ effect: Effect, on part: String = "", _ reason: FileTrouble.Reason, times: Int = .max) {
    disk.withLock { $0.failures.append(Failure(effect: effect, part: part, reason: reason, left: times)) }
  }

  func stopFailing() { disk.withLock { $0.failures = [] } }

  /// Runs once, right before the next call of that method on a path that contains `part` (or a later one, after
  /// `skips`): another process acts.
  func before(
    _ effect: Effect, on part: String = "", after skips: Int = 0, act: @escaping @Sendable (MemoryFiles) -> Void
  ) {
    disk.withLock { $0.hooks.append(Hook(effect: effect, part: part, skips: skips, act: act)) }
  }

  /// Writes as another process would: not counted, never failing, folders made as needed. An existing file keeps its
  /// mode; `replacing` gives it a new identity, as a rename over it does.
  func put(_ path: String, _ bytes: [UInt8], mode: UInt32? = nil, replacing: Bool = true) {
    let now = clock.now()
    disk.withLock { disk in
      let real = disk.resolve(path)
      disk.put(real, bytes, mode: mode, replacing: replacing, now: now)
      disk.settle(real)
    }
  }

  func put(_ path: String, _ text: String, mode: UInt32? = nil) { put(path, Array(text.utf8), mode: mode) }

  /// The same file under another inode, and nothing that a watch would see.
  func renumber(_ path: String) {
    disk.withLock { disk in
      guard var node = disk.nodes[path] else { return }
      node.inode = disk.nextInode()
      disk.name([(path, node)])
      disk.settle(path)
    }
  }

  func link(_ path: String, to target: String) {
    let now = clock.now()
    disk.withLock {
      $0.makeFolders(POSIXFiles.split(path).folder, now: now)
      $0.name([(path, Node(.link(target), now: now, inode: $0.nextInode()))])
      $0.happened(.replaced, to: path)
      $0.settle(path)
    }
  }

  func erase(_ path: String) {
    disk.withLock { disk in
      let real = disk.resolve(path)
      disk.name([(real, nil)])
      disk.happened(.replaced, to: real)
      disk.settle(real)
    }
  }

  /// Another process takes the lock and keeps it until `unlock`.
  func holdLock(_ path: String, holder: String) { disk.withLock { $0.locks[path] = Holding(id: 0, holder: holder) } }
  func unlock(_ path: String) { disk.withLock { $0.locks[path] = nil } }
  func isLocked(_ path: String) -> Bool { disk.withLock { $0.locks[path] != nil } }

  func bytes(_ path: String) -> [UInt8]? { disk.withLock { $0.bytes($0.resolve(path)) } }
  func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }
  func modified(_ path: String) -> Instant? { disk.withLock { $0.nodes[$0.resolve(path)]?.modified } }
  /// Every path but the root, sorted.
  var paths: [String] { disk.withLock { $0.nodes.keys.filter { $0 != "/" }.sorted() } }

  // MARK: Looking

  func read(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8] {
    try perform(.read, .reading, path) { (disk, _) throws(FileTrouble) in
      let real = disk.resolve(path)
      guard let node = disk.nodes[real] else { throw FileTrouble(.reading, path, .missing) }
      guard case .file(let bytes) = node.content else { throw FileTrouble(.reading, path, .isFolder) }
      if bytes.count > limit { throw FileTrouble(.reading, path, .tooLong(size: bytes.count, limit: limit)) }
      return bytes
    }
  }

  func open(_ path: String, limit: Int) throws(FileTrouble) -> any OpenedFile {
    let bytes = try read(path, limit: limit)
    return try disk.withLock { (disk) throws(FileTrouble) in
      guard let node = disk.nodes[disk.resolve(path)] else { throw FileTrouble(.reading, path, .missing) }
      return Opened(bytes: bytes, facts: node.facts, files: self, path: path, inode: node.inode)
    }
  }

  /// A file that was opened; it costs no effect to look into it again.
  private struct Opened: OpenedFile {
    let bytes: [UInt8]
    let facts: FileFacts
    let files: MemoryFiles
    let path: String
    let inode: UInt64

    func reread() throws(FileTrouble) -> [UInt8] {
      try files.disk.withLock { (disk) throws(FileTrouble) in
        guard !disk.hasCrashed, case .file(let bytes)? = disk.node(inode)?.content else {
          throw FileTrouble(.reading, path, .missing)
        }
        return bytes
      }
    }

    func close() {}
  }

  func watch(_ folder: String) -> (any FolderWatch)? {
    disk.withLock { MeasuredTrigger(files: self, folder: $0.resolve(folder), start: $0.events.count) }
  }

  private struct MeasuredTrigger: FolderWatch {
    let files: MemoryFiles
    let folder: String
    let start: Int

    private var events: [FolderEvent] {
      files.disk.withLock { $0.events.dropFirst(start).filter { $0.folder == folder }.map(\.event) }
    }

    func hasHappened(to name: String) -> Bool { events.hasHappened(to: name) }
    func wasReplaced(_ name: String, before temporary: String) -> Bool { events.wasReplaced(name, before: temporary) }
  }

  func facts(_ path: String) throws(FileTrouble) -> FileFacts? {
    try perform(.facts, .inspecting, path) { (disk, _) throws(FileTrouble) in disk.nodes[disk.resolve(path)]?.facts }
  }

  func realPath(_ path: String) throws(FileTrouble) -> String {
    try perform(.realPath, .inspecting, path) { (disk, _) throws(FileTrouble) in disk.resolve(path) }
  }

  func names(in folder: String) throws(FileTrouble) -> [String] {
    try perform(.names, .listing, folder) { (disk, _) throws(FileTrouble) in
      let real = disk.resolve(folder)
      return disk.nodes.keys.filter { $0 != "/" && POSIXFiles.split($0).folder == real }
        .map { POSIXFiles.split($0).name }.sorted()
    }
  }

  // MARK: Changing

  func makeFolder(_ path: String) throws(FileTrouble) {
    try perform(.makeFolder, .creating, path) { (disk, now) throws(FileTrouble) in
      let real = disk.resolve(path)
      if let node = disk.nodes[real], node.facts.kind != .folder { throw FileTrouble(.creating, path, .exists) }
      for folder in disk.makeFolders(real, now: now) where !disk.careless.contains(.makeFolder) {
        disk.syncNames(in: POSIXFiles.split(folder).folder)
      }
    }
  }

  func create(_ path: String, _ bytes: [UInt8], like model: FileFacts?) throws(FileTrouble) {
    let tear: Tear = { disk, part, now in disk.put(path, part(bytes), mode: nil, replacing: true, now: now) }
    try perform(.create, .creating, path, tearing: tear) { (disk, now) throws(FileTrouble) in
      if disk.nodes[path] != nil { throw FileTrouble(.creating, path, .exists) }
      guard disk.nodes[disk.resolve(POSIXFiles.split(path).folder)] != nil else {
        throw FileTrouble(.creating, path, .missing)
      }
      disk.put(disk.resolve(path), bytes, mode: model?.mode, replacing: true, now: now)
      if let model { disk.own(disk.resolve(path), model.owner, model.group) }
      if !disk.careless.contains(.create) { disk.sync(disk.resolve(path)) }
    }
  }

  func setModified(_ path: String, _ time: Instant) throws(FileTrouble) {
    try perform(.setModified, .replacing, path) { (disk, _) throws(FileTrouble) in
      let real = disk.resolve(path)
      guard var node = disk.nodes[real] else { throw FileTrouble(.replacing, path, .missing) }
      node.modified = time
      disk.change(real, to: node)
    }
  }

  func rename(_ path: String, to target: String) throws(FileTrouble) {
    try perform(.rename, .replacing, target) { (disk, _) throws(FileTrouble) in
      guard let node = disk.nodes[path] else { throw FileTrouble(.replacing, target, .missing) }
      disk.name([(target, node), (path, nil)])
      let move = disk.nextMove()
      disk.happened(.left(move), to: path)
      disk.happened(.arrived(move), to: target)
    }
  }

  func append(_ path: String, _ bytes: [UInt8], at size: Int) throws(FileTrouble) {
    let tear: Tear = { disk, part, now in
      let real = disk.resolve(path)
      disk.put(real, (disk.bytes(real) ?? []) + part(bytes), mode: nil, replacing: false, now: now)
    }
    try perform(.append, .appending, path, tearing: tear) { (disk, now) throws(FileTrouble) in
      let real = disk.resolve(path)
      guard disk.nodes[POSIXFiles.split(real).folder] != nil else { throw FileTrouble(.appending, path, .missing) }
      let old = disk.bytes(real) ?? []
      if old.count != size { throw FileTrouble(.appending, path, .changedSize(expected: size, found: old.count)) }
      disk.put(real, old + bytes, mode: nil, replacing: false, now: now)
      if !disk.careless.contains(.append) { disk.sync(real) }
    }
  }

  func overwrite(_ path: String, _ bytes: [UInt8], over old: [UInt8]) throws(FileTrouble) {
    let tear: Tear = { disk, part, now in
      let real = disk.resolve(path)
      var content = disk.bytes(real) ?? []
      let whole = bytes.count == old.count ? bytes.difference(from: old) ?? 0..<0 : bytes.indices
      let new = part(Array(bytes[whole]))
      content.replaceSubrange(whole.lowerBound..<min(whole.lowerBound + new.count, content.count), with: new)
      disk.put(real, content, mode: nil, replacing: false, now: now)
    }
    try perform(.overwrite, .replacing, path, tearing: tear) { (disk, now) throws(FileTrouble) in
      let real = disk.resolve(path)
      guard disk.bytes(real) != nil else { throw FileTrouble(.replacing, path, .missing) }
      disk.put(real, bytes, mode: nil, replacing: false, now: now)
      if !disk.careless.contains(.overwrite) { disk.sync(real) }
    }
  }

  func truncate(_ path: String, to size: Int) throws(FileTrouble) {
    try perform(.truncate, .replacing, path) { (disk, now) throws(FileTrouble) in
      let real = disk.resolve(path)
      guard let old = disk.bytes(real) else { throw FileTrouble(.replacing, path, .missing) }
      let kept = Array(old.prefix(size)) + Array(repeating: 0, count: max(0, size - old.count))
      disk.put(real, kept, mode: nil, replacing: false, now: now)
      if !disk.careless.contains(.truncate) { disk.sync(real) }
    }
  }

  func remove(_ path: String) throws(FileTrouble) {
    try perform(.remove, .removing, path) { (disk, _) throws(FileTrouble) in
      guard let node = disk.nodes[path] else { throw FileTrouble(.removing, path, .missing) }
      if case .folder = node.content { throw FileTrouble(.removing, path, .isFolder) }
      disk.name([(path, nil)])
      disk.happened(.replaced, to: path)
      disk.locks[path] = nil
    }
  }

  func syncFolder(_ path: String) throws(FileTrouble) {
    try perform(.syncFolder, .syncing, path) { (disk, _) throws(FileTrouble) in
      let real = disk.resolve(path)
      if disk.nodes[real] == nil { throw FileTrouble(.syncing, path, .missing) }
      if !disk.careless.contains(.syncFolder) { disk.syncNames(in: real) }
    }
  }

  func lock(_ path: String, holder: String, patience: TimeSpan) throws(FileTrouble) -> any FileLock {
    let deadline = clock.now() + patience
    while true {
      // Waiting costs no effect: only the call that takes the lock, or gives up, is one.
      let busy = disk.withLock { $0.locks[path] != nil && !$0.hasCrashed }
      if busy, clock.now() < deadline {
        clock.pause(microseconds: 5000)
        continue
      }
      return try perform(.lock, .locking, path) { (disk, now) throws(FileTrouble) in
        if let held = disk.locks[path] { throw FileTrouble(.locking, path, .held(by: held.holder)) }
        guard disk.nodes[disk.resolve(POSIXFiles.split(path).folder)] != nil else {
          throw FileTrouble(.locking, path, .missing)
        }
        if disk.nodes[path] == nil || holder.contains("\n") {
          disk.put(path, Array(holder.utf8), mode: nil, replacing: true, now: now)
        }
        let id = disk.nextInode()
        disk.locks[path] = Holding(id: id, holder: holder)
        return Lock(files: self, path: path, id: id)
      }
    }
  }

  private struct Lock: FileLock {
    let files: MemoryFiles
    let path: String
    let id: UInt64

    var isFound: Bool { files.disk.withLock { $0.locks[path]?.id == id } }

    func release() {
      files.disk.withLock { if $0.locks[path]?.id == id, !$0.hasCrashed { $0.locks[path] = nil } }
    }
  }

  // MARK: One call

  private typealias Tear = (inout Disk, _ part: ([UInt8]) -> [UInt8], _ now: Instant) -> Void

  private func perform<Answer>(
    _ effect: Effect, _ doing: FileTrouble.Doing, _ path: String, tearing: Tear? = nil,
    _ body: (inout Disk, _ now: Instant) throws(FileTrouble) -> Answer
  ) throws(FileTrouble) -> Answer {
    disk.withLock { $0.takeHook(effect, path) }?(self)
    let now = clock.now()
    let outcome: Result<Answer, FileTrouble> = disk.withLock { disk in
      let gone = FileTrouble(doing, path, .other(code: 0, text: "the process was stopped here"))
      if disk.hasCrashed { return .failure(gone) }
      if effect.isEffect { disk.effects += 1 }
      if effect.isEffect, disk.effects == disk.crashAt {
        disk.hasCrashed = true
        if let torn = disk.torn { tearing?(&disk, { Array($0.prefix(Int(Double($0.count) * torn))) }, now) }
        return .failure(gone)
      }
      if let reason = disk.takeFailure(effect, path) { return .failure(FileTrouble(doing, path, reason)) }
      do throws(FileTrouble) {
        let answer = try body(&disk, now)
        if effect.isEffect { disk.trace.append("\(effect) \(path)") }
        return .success(answer)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}
