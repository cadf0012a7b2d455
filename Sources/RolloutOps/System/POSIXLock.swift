import Glibc
import Synchronization

/// An advisory lock (`flock`) on a file that says in its text who holds it. A text of more than one line stays when the
/// lock is let go: it is for whoever the lock was taken away from.
///
/// The kernel lets go when the process ends, however it ends; the file itself is never removed, since another process
/// may be waiting on it.
final class POSIXLock: FileLock {
  private let path: String
  private let number: Int32
  private let isKept: Bool
  private let released = Atomic(false)

  init(_ path: String, holder: String, patience: TimeSpan) throws(FileTrouble) {
    let deadline = Self.monotonic() + Int64(patience.seconds) * 1_000_000
    while true {
      let number = try Self.opened(path)
      do throws(FileTrouble) {
        try Self.take(number, path, before: deadline)
      } catch {
        close(number)
        throw error
      }
      // Whoever tidied the folder while we waited has left us with the lock of a file that nobody will find.
      if Self.identity(number) == Self.identity(path) {
        Self.sign(number, holder)
        (self.path, self.number) = (path, number)
        isKept = holder.contains("\n")
        return
      }
      close(number)
    }
  }

  deinit { release() }

  var isFound: Bool { Self.identity(number) == Self.identity(path) }

  func release() {
    guard !released.exchange(true, ordering: .acquiringAndReleasing) else { return }
    if !isKept { ftruncate(number, 0) }
    close(number)
  }

  /// A lock file that belongs to somebody else can still be locked, only not signed.
  private static func opened(_ path: String) throws(FileTrouble) -> Int32 {
    try OwnFolder.check(path, .locking)
    var failure: Int32 = 0
    for flags in [O_RDWR | O_CREAT, O_RDONLY] {
      var number: Int32 = -1
      let code = POSIX.failure {
        number = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0o666)
        return number
      }
      guard let code else {
        if flags & O_CREAT != 0 { POSIXOwner.give(number, path) }
        return number
      }
      if failure == 0 { failure = code }
      guard code == EACCES || code == EROFS else { break }
    }
    throw FileTrouble(.locking, path, POSIX.reason(failure))
  }

  private static func take(_ number: Int32, _ path: String, before deadline: Int64) throws(FileTrouble) {
    var pause = 100
    while let code = POSIX.failure(of: { flock(number, LOCK_EX | LOCK_NB) }) {
      guard code == EWOULDBLOCK else { throw FileTrouble(.locking, path, POSIX.reason(code)) }
      let left = deadline - monotonic()
      guard left > 0 else { throw FileTrouble(.locking, path, .held(by: signature(number))) }
      SystemClock().pause(microseconds: min(pause, Int(left)))
      pause = min(pause * 2, 5000)
    }
  }

  private static func signature(_ number: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = buffer.withUnsafeMutableBytes { pread(number, $0.baseAddress, $0.count, 0) }
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
  }

  private static func sign(_ number: Int32, _ holder: String) {
    let bytes = Array(holder.utf8)
    ftruncate(number, 0)
    _ = bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, 0) }
  }

  private static func identity(_ number: Int32) -> FileFacts.Identity? {
    var status = stat()
    return fstat(number, &status) == 0 ? POSIX.facts(status).identity : nil
  }

  private static func identity(_ path: String) -> FileFacts.Identity? {
    var status = stat()
    return stat(path, &status) == 0 ? POSIX.facts(status).identity : nil
  }

  /// Microseconds on a clock that nobody sets.
  private static func monotonic() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
