import Glibc

/// The system calls that `POSIXFiles` is made of: interrupted calls are repeated, failures become troubles.
enum POSIX {
  /// Repeats a call for as long as signals interrupt it; nil is success, else the error's number.
  static func failure(of call: () -> Int32) -> Int32? {
    while call() == -1 {
      let code = errno
      if code != EINTR { return code }
    }
    return nil
  }

  static func reason(_ code: Int32) -> FileTrouble.Reason {
    switch code {
    case ENOENT: .missing
    case EEXIST, ENOTEMPTY: .exists
    case EACCES, EPERM: .notPermitted
    case EROFS: .readOnly
    case ENOSPC, EDQUOT: .diskFull
    case EISDIR: .isFolder
    case EBUSY, ETXTBSY: .busy
    case ELOOP: .other(code: code, text: "a symbolic link stands there, and is not followed where rolloutctl writes")
    default: .other(code: code, text: String(cString: strerror(code)))
    }
  }

  static func facts(_ status: stat) -> FileFacts {
    let kind: FileFacts.Kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    let instant = { (time: timespec) in
      Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
    return FileFacts(
      kind: kind, size: Int(status.st_size), modified: instant(status.st_mtim),
      changed: instant(status.st_ctim), mode: UInt32(status.st_mode) & 0o7777, owner: status.st_uid,
      group: status.st_gid,
      identity: FileFacts.Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
  }

}

/// The calls that make what was written outlast a power cut; a test sees by them what was made to last, and when.
struct Flushing: Sendable {
  /// All there is to a file or a folder.
  var all: @Sendable (Int32) -> Int32 = { fsync($0) }
  /// A file's bytes and its length.
  var bytes: @Sendable (Int32) -> Int32 = { fdatasync($0) }
}

/// An open file: closed when it goes out of scope.
struct Descriptor: ~Copyable {
  let number: Int32
  let doing: FileTrouble.Doing
  let path: String

  init(_ path: String, _ flags: Int32, mode: mode_t = 0, _ doing: FileTrouble.Doing) throws(FileTrouble) {
    if flags & (O_WRONLY | O_RDWR) != 0 { try OwnFolder.check(path, doing) }
    var opened: Int32 = -1
    let failure = POSIX.failure {
      opened = open(path, flags | O_CLOEXEC | O_NOCTTY, mode)
      return opened
    }
    if let failure { throw FileTrouble(doing, path, POSIX.reason(failure)) }
    (number, self.doing, self.path) = (opened, doing, path)
  }

  /// Takes over a number that somebody else opened.
  init(adopting number: Int32, _ doing: FileTrouble.Doing, _ path: String) {
    (self.number, self.doing, self.path) = (number, doing, path)
  }

  deinit { close(number) }

  /// A second number for the same open file, which is the caller's to close.
  func duplicate() throws(FileTrouble) -> Int32 {
    var copy: Int32 = -1
    try check {
      copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
      return copy
    }
    return copy
  }

  func trouble(_ reason: FileTrouble.Reason) -> FileTrouble { FileTrouble(doing, path, reason) }

  func check(_ call: () -> Int32) throws(FileTrouble) {
    if let failure = POSIX.failure(of: call) { throw trouble(POSIX.reason(failure)) }
  }

  func facts() throws(FileTrouble) -> FileFacts {
    var status = stat()
    try check { fstat(number, &status) }
    return POSIX.facts(status)
  }

  /// The facts of a regular file; anything else is refused.
  func factsOfFile() throws(FileTrouble) -> FileFacts {
    let facts = try facts()
    switch facts.kind {
    case .file: return facts
    case .folder: throw trouble(.isFolder)
    case .other: throw trouble(.notAFile)
    }
  }

  func write(_ bytes: [UInt8]) throws(FileTrouble) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(number, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count > 0 {
        written += count
      } else if count == 0 {
        throw trouble(.diskFull)
      } else if errno != EINTR {
        throw trouble(POSIX.reason(errno))
      }
    }
  }

  /// From here to the end. `size` is what the file claims to be long.
  func whole(limit: Int, size: Int) throws(FileTrouble) -> [UInt8] {
    guard size <= limit else { throw trouble(.tooLong(size: size, limit: limit)) }
    // One byte more than the file claims: only a read that comes back short proves the end.
    var capacity = size + 1
    while true {
      var outcome = Result<Int, FileTrouble>.success(0)
      let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        do throws(FileTrouble) {
          count = try read(into: UnsafeMutableRawBufferPointer(buffer))
        } catch {
          outcome = .failure(error)
        }
      }
      _ = try outcome.get()
      if bytes.count < capacity { return bytes }
      guard bytes.count <= limit else { throw trouble(.tooLong(size: bytes.count, limit: limit)) }
      capacity = min(capacity * 2 + 4096, limit + 1)
      try check { lseek(number, 0, SEEK_SET) == -1 ? -1 : 0 }
    }
  }

  /// Fills `buffer` as far as the file goes.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileTrouble) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = Glibc.read(number, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
      if count == 0 { break }
      if count > 0 {
        filled += count
      } else if errno != EINTR {
        throw trouble(POSIX.reason(errno))
      }
    }
    return filled
  }

  /// How many bytes the file has on the disk, in it and behind its end.
  func room() throws(FileTrouble) -> Int {
    var status = stat()
    try check { fstat(number, &status) }
    return Int(status.st_blocks) * 512
  }

  /// So many bytes are the file's from now on, whatever its length; refused where a file system cannot promise that.
  func allocate(_ count: Int) throws(FileTrouble) {
    guard let call = Self.fallocate else { throw trouble(.unsupported) }
    try check { call(number, 1, 0, off_t(count)) }
  }

  private typealias Allocation = @convention(c) (Int32, Int32, off_t, off_t) -> Int32
  private static var fallocate: Allocation? { dlsym(nil, "fallocate").map { unsafeBitCast($0, to: Allocation.self) } }

  /// Learns about a full disk before anything is written: `FALLOC_FL_KEEP_SIZE` reserves blocks and leaves the size.
  /// Not every file system can, and then the write itself has to tell.
  func reserve(_ count: Int, at size: Int) throws(FileTrouble) {
    guard count > 0, let call = Self.fallocate else { return }
    let failure = POSIX.failure { call(number, 1, off_t(size), off_t(count)) }
    if let failure, failure == ENOSPC || failure == EDQUOT { throw trouble(.diskFull) }
  }

  /// The mode and owner of `model`, as far as this process may give a file away.
  ///
  /// Where it may not, the file is refused only if that could take it from those who read it so far: then its readers
  /// would keep serving what they had.
  func takeOver(from model: FileFacts) throws(FileTrouble) {
    let own = try facts()
    if own.owner != model.owner || own.group != model.group {
      let all = POSIX.failure { fchown(number, model.owner, model.group) }
      let group = all == nil ? nil : POSIX.failure { fchown(number, uid_t.max, model.group) }
      let readable = group == nil ? model.mode & 0o044 : model.mode & 0o004
      if let all, readable == 0 { throw trouble(POSIX.reason(all)) }
    }
    try check { fchmod(number, mode_t(model.mode)) }
    // The access list comes after the mode, of which it is the longer form.
    try carry(model.attributes)
  }
}
