import Glibc
import Synchronization

/// A file of this machine, held open.
final class POSIXOpenedFile: OpenedFile {
  let bytes: [UInt8]
  let facts: FileFacts
  private let path: String
  private let number: Mutex<Int32>

  /// The facts are those from before the first byte was read: what is written meanwhile makes them old.
  init(_ path: String, limit: Int) throws(FileTrouble) {
    // Opening a pipe would wait for its other end; nothing else is changed by this flag.
    let file = try Descriptor(path, O_RDONLY | O_NONBLOCK, .reading)
    var facts = try file.factsOfFile()
    facts.attributes = file.attributes()
    self.facts = facts
    bytes = try file.whole(limit: limit, size: facts.size)
    self.path = path
    number = Mutex(try file.duplicate())
  }

  deinit { close() }

  func reread() throws(FileTrouble) -> [UInt8] {
    let copy = number.withLock { fcntl($0, F_DUPFD_CLOEXEC, 0) }
    guard copy >= 0 else { throw FileTrouble(.reading, path, POSIX.reason(errno)) }
    let file = Descriptor(adopting: copy, .reading, path)
    try file.check { lseek(file.number, 0, SEEK_SET) == -1 ? -1 : 0 }
    return try file.whole(limit: .max - 1, size: try file.facts().size)
  }

  func close() {
    number.withLock { number in
      if number >= 0 { Glibc.close(number) }
      number = -1
    }
  }
}

/// What inotify tells of a folder (inotify(7)). On a file system of the network it tells of this machine's doings alone.
final class POSIXFolderWatch: FolderWatch {
  private let number: Int32
  private let seen = Mutex<[FolderEvent]>([])

  /// Nil where the machine has no watch left, or no such folder.
  init?(_ folder: String) {
    number = inotify_init1(Int32(IN_NONBLOCK) | O_CLOEXEC)
    let mask = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE
    guard number >= 0, inotify_add_watch(number, folder, UInt32(mask)) >= 0 else {
      if number >= 0 { Glibc.close(number) }
      return nil
    }
  }

  deinit { Glibc.close(number) }

  func hasHappened(to name: String) -> Bool { events.hasHappened(to: name) }

  func wasReplaced(_ name: String, before temporary: String) -> Bool { events.wasReplaced(name, before: temporary) }

  /// All so far, in their order. What happens while they are read is left for the next time: whoever writes beside the
  /// file without a pause must not keep us here.
  private var events: [FolderEvent] {
    seen.withLock { seen in
      let room = 1 << 14
      var left = waiting
      withUnsafeTemporaryAllocation(byteCount: room, alignment: 16) { buffer in
        while left > 0 {
          let count = Glibc.read(number, buffer.baseAddress, room)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { return }
          Self.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: &seen)
          left -= count
        }
      }
      return seen
    }
  }

  /// How many bytes of events wait now; where nobody says, as many as a long queue has.
  private var waiting: Int {
    var count: Int32 = 0
    return ioctl(number, UInt(FIONREAD), &count) == 0 ? Int(count) : 1 << 20
  }

  private static func add(_ buffer: UnsafeRawBufferPointer, to events: inout [FolderEvent]) {
    let head = MemoryLayout<inotify_event>.size
    var at = 0
    while at + head <= buffer.count {
      let event = buffer.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
      let end = min(buffer.count, at + head + Int(event.len))
      let name = String(decoding: buffer[(at + head)..<end].prefix { $0 != 0 }, as: UTF8.self)
      let mask = Int32(bitPattern: event.mask)
      if mask & Int32(IN_MOVED_TO) != 0 {
        events.append(FolderEvent(name: name, kind: .arrived(event.cookie)))
      } else if mask & Int32(IN_MOVED_FROM) != 0 {
        events.append(FolderEvent(name: name, kind: .left(event.cookie)))
      } else if mask & Int32(IN_CREATE | IN_DELETE) != 0 {
        events.append(FolderEvent(name: name, kind: .replaced))
      } else if mask & Int32(IN_MODIFY | IN_CLOSE_WRITE) != 0 {
        events.append(FolderEvent(name: name, kind: .written))
      }
      at = end
    }
  }
}
