import Glibc

/// The machine's file system.
package struct POSIXFiles: Files {
  let flushing: Flushing

  package init() { self.init(Flushing()) }

  init(_ flushing: Flushing) { self.flushing = flushing }

  // MARK: Looking

  package func read(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8] {
    // Opening a pipe would wait for its other end; nothing else is changed by this flag.
    let file = try Descriptor(path, O_RDONLY | O_NONBLOCK, .reading)
    return try file.whole(limit: limit, size: file.factsOfFile().size)
  }

  package func open(_ path: String, limit: Int) throws(FileTrouble) -> any OpenedFile {
    try POSIXOpenedFile(path, limit: limit)
  }

  package func watch(_ folder: String) -> (any FolderWatch)? { POSIXFolderWatch(folder) }

  package func holds(_ path: String, _ bytes: [UInt8]) throws(FileTrouble) -> Bool {
    let file = try Descriptor(path, O_RDONLY | O_NONBLOCK, .reading)
    guard try file.factsOfFile().size == bytes.count else { return false }
    // A buffer that stays in the cache: no memory the size of the file is asked for.
    let room = 1 << 16
    var same = true
    var at = 0
    var outcome = Result<Void, FileTrouble>.success(())
    withUnsafeTemporaryAllocation(byteCount: room, alignment: 16) { buffer in
      do throws(FileTrouble) {
        while same {
          let count = try file.read(into: buffer)
          same = at + count <= bytes.count && Self.match(bytes, at, buffer, count)
          at += count
          if count < room { break }
        }
      } catch {
        outcome = .failure(error)
      }
    }
    try outcome.get()
    return same && at == bytes.count
  }

  private static func match(
    _ bytes: [UInt8], _ start: Int, _ buffer: UnsafeMutableRawBufferPointer, _ count: Int
  ) -> Bool {
    bytes.withUnsafeBytes { whole in
      guard count > 0, let left = whole.baseAddress, let right = buffer.baseAddress else { return true }
      return memcmp(left + start, right, count) == 0
    }
  }

  package func facts(_ path: String) throws(FileTrouble) -> FileFacts? {
    var status = stat()
    switch POSIX.failure(of: { stat(path, &status) }) {
    case nil: return POSIX.facts(status)
    case ENOENT, ENOTDIR: return nil
    case let code?: throw FileTrouble(.inspecting, path, POSIX.reason(code))
    }
  }

  package func realPath(_ path: String) throws(FileTrouble) -> String {
    try resolve(path, links: 0)
  }

  private func resolve(_ path: String, links: Int) throws(FileTrouble) -> String {
    var resolved: UnsafeMutablePointer<CChar>?
    let code = POSIX.failure {
      resolved = realpath(path, nil)
      return resolved == nil ? -1 : 0
    }
    if let resolved {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    guard code == ENOENT, links < 40 else { throw FileTrouble(.inspecting, path, POSIX.reason(code ?? ENOENT)) }
    let (folder, name) = Self.split(path)
    guard !name.isEmpty else { return path }
    let room = Int(PATH_MAX)
    var buffer = [CChar](repeating: 0, count: room)
    let length = readlink(path, &buffer, room)
    if length > 0 {
      // The link stands, what it names does not.
      let target = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
      return try resolve(target.hasPrefix("/") ? target : "\(folder)/\(target)", links: links + 1)
    }
    let parent = try resolve(folder, links: links)
    return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
  }

  /// The folder and the last name of an absolute path; the name is empty for the root.
  static func split(_ path: String) -> (folder: String, name: String) {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return (".", String(trimmed)) }
    let folder = trimmed[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(trimmed[trimmed.index(after: slash)...]))
  }

  package func names(in folder: String) throws(FileTrouble) -> [String] {
    guard let stream = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw FileTrouble(.listing, folder, POSIX.reason(errno))
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    if errno != 0 { throw FileTrouble(.listing, folder, POSIX.reason(errno)) }
    return names.sorted()
  }

  // MARK: Changing

  package func makeFolder(_ path: String) throws(FileTrouble) {
    let parent = Self.split(path).folder
    try OwnFolder.check(path, .creating)
    guard let code = POSIX.failure(of: { mkdir(path, 0o777) }) else {
      POSIXOwner.give(path)
      return try syncFolder(parent)
    }
    switch code {
    case ENOENT where parent != path:
      try makeFolder(parent)
      if let code = POSIX.failure(of: { mkdir(path, 0o777) }) {
        if code != EEXIST { throw FileTrouble(.creating, path, POSIX.reason(code)) }
      } else {
        POSIXOwner.give(path)
      }
      try syncFolder(parent)
    case EEXIST:
      if try facts(path)?.kind != .folder { throw FileTrouble(.creating, path, .exists) }
    default: throw FileTrouble(.creating, path, POSIX.reason(code))
    }
  }

  package func create(_ path: String, _ bytes: [UInt8], like model: FileFacts?) throws(FileTrouble) {
    // Nobody else may look into the file before it has its model's mode.
    let file = try Descriptor(path, O_WRONLY | O_CREAT | O_EXCL, mode: model == nil ? 0o666 : 0o600, .creating)
    do throws(FileTrouble) {
      try file.reserve(bytes.count, at: 0)
      try file.write(bytes)
      if let model { try file.takeOver(from: model) } else { POSIXOwner.give(file.number, path) }
      try file.check { flushing.all(file.number) }
    } catch {
      unlink(path)
      throw error
    }
  }

  package func reserve(_ path: String, _ size: Int) throws(FileTrouble) {
    let file = try Descriptor(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW, mode: 0o600, .creating)
    let found = try file.factsOfFile()
    let room = try file.room()
    // One that was written, or keeps far too much, is begun anew.
    if found.size > 0 || room > 2 * size + (1 << 16) {
      if let code = POSIX.failure(of: { unlink(path) }) { throw file.trouble(POSIX.reason(code)) }
      return try reserve(path, size)
    }
    guard room < size else { return }
    POSIXOwner.give(file.number, path)
    do throws(FileTrouble) {
      try file.allocate(size)
    } catch {
      unlink(path)
      throw error
    }
  }

  package func fill(_ path: String, _ bytes: [UInt8], like model: FileFacts) throws(FileTrouble) {
    let file = try Descriptor(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, .creating)
    guard try file.factsOfFile().size == 0 else { throw file.trouble(.exists) }
    do throws(FileTrouble) {
      try file.write(bytes)
      // What is left of the room.
      _ = POSIX.failure { ftruncate(file.number, off_t(bytes.count)) }
      try file.takeOver(from: model)
      try file.check { flushing.all(file.number) }
    } catch {
      unlink(path)
      throw error
    }
  }

  package func setModified(_ path: String, _ time: Instant) throws(FileTrouble) {
    let micros = time.microseconds - Int64(time.seconds) * 1_000_000
    let keep = timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFE)  // UTIME_OMIT
    let times = [keep, timespec(tv_sec: time.seconds, tv_nsec: Int(micros) * 1000)]
    if let code = POSIX.failure(of: { utimensat(AT_FDCWD, path, times, 0) }) {
      throw FileTrouble(.replacing, path, POSIX.reason(code))
    }
  }

  package func rename(_ path: String, to target: String) throws(FileTrouble) {
    try OwnFolder.check(target, .replacing)
    if let code = POSIX.failure(of: { Glibc.rename(path, target) }) {
      throw FileTrouble(.replacing, target, POSIX.reason(code))
    }
  }

  package func append(_ path: String, _ bytes: [UInt8], at size: Int) throws(FileTrouble) {
    if size > 0, try facts(path) == nil {
      throw FileTrouble(.appending, path, .changedSize(expected: size, found: 0))
    }
    let file = try Descriptor(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW, mode: 0o666, .appending)
    let found = try file.factsOfFile().size
    guard found == size else { throw file.trouble(.changedSize(expected: size, found: found)) }
    if size == 0 { POSIXOwner.give(file.number, path) }
    try file.reserve(bytes.count, at: size)
    do throws(FileTrouble) {
      try file.write(bytes)
      try file.check { flushing.bytes(file.number) }
    } catch {
      ftruncate(file.number, off_t(size))
      throw error
    }
  }

  package func overwrite(_ path: String, _ bytes: [UInt8], over old: [UInt8]) throws(FileTrouble) {
    let file = try Descriptor(path, O_WRONLY | O_NONBLOCK, .replacing)
    try file.reserve(bytes.count, at: 0)
    if bytes.count == old.count {
      guard let part = bytes.difference(from: old) else { return }
      try file.check { lseek(file.number, off_t(part.lowerBound), SEEK_SET) == -1 ? -1 : 0 }
      try file.write(Array(bytes[part]))
    } else {
      try file.write(bytes)
      try file.check { ftruncate(file.number, off_t(bytes.count)) }
    }
    try file.check { flushing.bytes(file.number) }
  }

  package func truncate(_ path: String, to size: Int) throws(FileTrouble) {
    let file = try Descriptor(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, .replacing)
    try file.check { ftruncate(file.number, off_t(size)) }
    try file.check { flushing.bytes(file.number) }
  }

  package func remove(_ path: String) throws(FileTrouble) {
    try OwnFolder.check(path, .removing)
    if let code = POSIX.failure(of: { unlink(path) }) { throw FileTrouble(.removing, path, POSIX.reason(code)) }
  }

  package func syncFolder(_ path: String) throws(FileTrouble) {
    let folder = try Descriptor(path, O_RDONLY | O_DIRECTORY, .syncing)
    // Some file systems have nothing to sync in a folder and say so.
    if let code = POSIX.failure(of: { flushing.all(folder.number) }), code != EINVAL {
      throw folder.trouble(POSIX.reason(code))
    }
  }

  package func lock(_ path: String, holder: String, patience: TimeSpan) throws(FileTrouble) -> any FileLock {
    try POSIXLock(path, holder: holder, patience: patience)
  }
}
