import Foundation
import Glibc
import Testing

/// Holds a lock, as another process would, for as long as the value lives.
final class LockHolder {
  private let number: Int32
  private let path: String

  init(_ path: String, signed name: String) throws {
    self.path = path
    number = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    try #require(number >= 0 && flock(number, LOCK_EX | LOCK_NB) == 0)
    ftruncate(number, 0)
    pwrite(number, name, name.utf8.count, 0)
  }

  deinit { close(number) }

  /// Until the process has the lock file open, that is, stands in line.
  func waitUntilWanted(by process: pid_t) throws {
    let folder = "/proc/\(process)/fd"
    for _ in 0..<120_000 {
      let open = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      if open.contains(where: {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")) == path
      }) {
        return
      }
      usleep(500)
    }
    throw Binary.Failure(description: "process \(process) never came to the lock \(path)")
  }
}
