/// Files kept in etcd, so that a journal there is read and appended to as one on a disk is.
///
/// A file is its pieces: the key `PATH@OFFSET` holds the bytes from that offset on, so two who append at the same place
/// want the same key, and one of them gets it. Every change is one transaction; nothing is ever seen in part.
package struct EtcdFiles: Files {
  package let door: EtcdDoor
  /// What stands before each path: the address of the cluster. The rest of a path is its key.
  private let root: String
  private let clock: any WallClock
  /// How often whoever has a lock says that it still works.
  var renewal = Self.lockSeconds * 1000 / 3

  /// `root` is how the paths of these files begin, without the slash of their keys.
  package init(_ door: EtcdDoor, root: String, clock: any WallClock) {
    (self.door, self.root, self.clock) = (door, root, clock)
  }

  /// The bytes that begin at some offset of a file.
  package struct Piece: Hashable, Sendable {
    package let path: String
    package let offset: Int
    package let bytes: [UInt8]
  }

  /// What makes this piece part of a transaction, and what must be so for it.
  package func steps(_ piece: Piece) -> (step: EtcdDoor.Step, condition: EtcdDoor.Premise) {
    let key = key(piece.path, at: piece.offset)
    return (.put(key, piece.bytes), .absent(key))
  }

  // MARK: Keys

  private func key(_ path: String) -> String { path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path }

  /// Twelve digits: a terabyte, and in their order the keys are in the order of their offsets.
  private func key(_ path: String, at offset: Int) -> String {
    let digits = String(offset)
    return "\(key(path))@\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits)"
  }

  private func reading<Answer>(
    _ doing: FileTrouble.Doing, _ path: String, _ body: () throws(StoreTrouble) -> Answer
  ) throws(FileTrouble) -> Answer {
    do throws(StoreTrouble) {
      return try body()
    } catch {
      switch error {
      case .unanswered(let trouble): throw FileTrouble(doing, path, .unanswered(trouble))
      case .refused(let refusal): throw FileTrouble(doing, path, .refused(refusal))
      default: throw FileTrouble(doing, path, .unsupported)
      }
    }
  }

  private func pieces(_ path: String, _ doing: FileTrouble.Doing) throws(FileTrouble) -> [[UInt8]] {
    let items = try reading(doing, path) { () throws(StoreTrouble) in try door.range(key(path) + "@") }
    return try pieces(items, path, doing)
  }

  /// A file's pieces in order; refused where one is missing or overlaps.
  private func pieces(
    _ items: [EtcdDoor.Item], _ path: String, _ doing: FileTrouble.Doing
  ) throws(FileTrouble) -> [[UInt8]] {
    var size = 0
    var pieces: [[UInt8]] = []
    for item in items {
      guard item.key == key(path, at: size) else {
        throw FileTrouble(doing, path, .damaged("its piece at byte \(size) is missing; somebody took keys out of etcd"))
      }
      size += item.value.count
      pieces.append(item.value)
    }
    return pieces
  }

  // MARK: Reading

  package var comparesCheaply: Bool { false }

  package func read(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8] {
    let pieces = try pieces(path, .reading)
    guard !pieces.isEmpty else { throw FileTrouble(.reading, path, .missing) }
    let bytes = Array(pieces.joined())
    guard bytes.count <= limit else { throw FileTrouble(.reading, path, .tooLong(size: bytes.count, limit: limit)) }
    return bytes
  }

  /// Many files by one question, each with its bytes; none for one that is not there. What is wrong with any of them is
  /// told to whoever reads that one by itself.
  package func read(together paths: [String]) -> [String: [UInt8]] {
    guard let found = try? door.read(paths.map { .prefix(key($0) + "@") }) else { return [:] }
    var files: [String: [UInt8]] = [:]
    for (path, items) in zip(paths, found) {
      if let pieces = try? pieces(items, path, .reading) { files[path] = Array(pieces.joined()) }
    }
    return files
  }

  package func facts(_ path: String) throws(FileTrouble) -> FileFacts? {
    let pieces = try pieces(path, .inspecting)
    guard !pieces.isEmpty else { return nil }
    return FileFacts(
      kind: .file, size: pieces.reduce(0) { $0 + $1.count }, modified: clock.now(), mode: 0, owner: 0, group: 0,
      identity: .init(device: 0, inode: 0))
  }

  package func realPath(_ path: String) throws(FileTrouble) -> String { path }

  package func names(in folder: String) throws(FileTrouble) -> [String] {
    let prefix = key(folder) + "/"
    let items = try reading(.listing, folder) { () throws(StoreTrouble) in try door.range(prefix, keysOnly: true) }
    var names: [String] = []
    for item in items {
      let name = item.key.dropFirst(prefix.count).prefix { $0 != "@" }
      if !name.contains("/"), names.last != String(name) { names.append(String(name)) }
    }
    return names
  }

  // MARK: Changing

  /// Folders are no more than how keys begin.
  package func makeFolder(_ path: String) throws(FileTrouble) {}
  package func syncFolder(_ path: String) throws(FileTrouble) {}

  package func create(_ path: String, _ bytes: [UInt8], like model: FileFacts?) throws(FileTrouble) {
    let (step, condition) = steps(Piece(path: path, offset: 0, bytes: bytes))
    let done = try reading(.creating, path) { () throws(StoreTrouble) in try door.commit([step], if: [condition]) }
    guard done else { throw FileTrouble(.creating, path, .exists) }
  }

  package func allowsFile(_ path: String) throws(FileTrouble) -> Bool {
    try reading(.creating, path) { () throws(StoreTrouble) in try door.checkPut(key(path, at: 0)) }
    return true
  }

  package func append(_ path: String, _ bytes: [UInt8], at size: Int) throws(FileTrouble) {
    let (step, condition) = steps(Piece(path: path, offset: size, bytes: bytes))
    let done: Bool
    do throws(FileTrouble) {
      done = try reading(.appending, path) { () throws(StoreTrouble) in try door.commit([step], if: [condition]) }
    } catch {
      // The answer may have been lost on the way back: then the piece is there, to the byte.
      guard try holds(path, bytes, at: size) else { throw error }
      return
    }
    // A network may bring a request twice, and the answer to the second: then the first has written it.
    if !done, try !holds(path, bytes, at: size) {
      throw FileTrouble(.appending, path, .changedSize(expected: size, found: try facts(path)?.size ?? 0))
    }
  }

  /// Whether this piece stands there. Each journal's line has its own time and chain, so nobody else wrote the same.
  package func holds(_ path: String, _ bytes: [UInt8], at offset: Int) throws(FileTrouble) -> Bool {
    let item = try reading(.reading, path) { () throws(StoreTrouble) in try door.get(key(path, at: offset)) }
    return item?.value == bytes
  }

  package func rename(_ path: String, to target: String) throws(FileTrouble) {
    let bytes = try read(path, limit: .max)
    // In one transaction a key may be changed only once: the target's own pieces go, but for the one that is written.
    let old = try reading(.replacing, path) { () throws(StoreTrouble) in
      try door.range(key(target) + "@", keysOnly: true)
    }
    let steps =
      old.map(\.key).filter { $0 != key(target, at: 0) }.map(EtcdDoor.Step.delete)
      + [.put(key(target, at: 0), bytes), .deleteAll(key(path) + "@")]
    _ = try reading(.replacing, path) { () throws(StoreTrouble) in try door.commit(steps, if: []) }
  }

  package func remove(_ path: String) throws(FileTrouble) {
    guard try facts(path) != nil else { throw FileTrouble(.removing, path, .missing) }
    _ = try reading(.removing, path) { () throws(StoreTrouble) in
      try door.commit([.deleteAll(key(path) + "@")], if: [])
    }
  }

  package func setModified(_ path: String, _ time: Instant) throws(FileTrouble) {}

  package func open(_ path: String, limit: Int) throws(FileTrouble) -> any OpenedFile {
    throw FileTrouble(.reading, path, .unsupported)
  }

  package func overwrite(_ path: String, _ bytes: [UInt8], over old: [UInt8]) throws(FileTrouble) {
    throw FileTrouble(.replacing, path, .unsupported)
  }

  package func truncate(_ path: String, to size: Int) throws(FileTrouble) {
    throw FileTrouble(.replacing, path, .unsupported)
  }

  // MARK: Locking

  /// Whoever dies with a lock holds the others up for no longer than this, which is less than they wait; whoever works
  /// longer with it keeps it alive.
  static let lockSeconds = 10

  package func lock(_ path: String, holder: String, patience: TimeSpan) throws(FileTrouble) -> any FileLock {
    let end = clock.now() + patience
    let lease = try reading(.locking, path) { () throws(StoreTrouble) in try door.lease(seconds: Self.lockSeconds) }
    let lock = EtcdLock(door, lease, every: renewal)
    var pause = 5_000
    while true {
      let step = EtcdDoor.Step.put(key(path), Array(holder.utf8), lease: lease)
      let taken: Bool
      do throws(FileTrouble) {
        taken = try reading(.locking, path) { () throws(StoreTrouble) in
          try door.commit([step], if: [.absent(key(path))])
        }
      } catch {
        lock.release()
        throw error
      }
      if taken { return lock }
      guard clock.now() < end else {
        lock.release()
        let item = try reading(.locking, path) { () throws(StoreTrouble) in try door.get(key(path)) }
        throw FileTrouble(.locking, path, .held(by: String(decoding: item?.value ?? [], as: UTF8.self)))
      }
      clock.pause(microseconds: pause)
      pause = min(2 * pause, 200_000)
    }
  }
}

/// A key under a lease: it goes with the lease, whatever becomes of the process.
private final class EtcdLock: FileLock {
  private let door: EtcdDoor
  private let lease: Int
  private let keeper = Keeper()

  init(_ door: EtcdDoor, _ lease: Int, every milliseconds: Int) {
    (self.door, self.lease) = (door, lease)
    keeper.begin(every: milliseconds) { _ = try? door.keepAlive(lease: lease) }
  }

  func release() {
    keeper.end()
    try? door.end(lease: lease)
  }
}
