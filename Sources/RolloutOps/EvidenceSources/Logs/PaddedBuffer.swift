/// Room for a piece of a log, with zero bytes behind it.
///
/// Pieces begin where pages of the file do, and are read from one byte earlier on. The text starts one byte before a page
/// as well: the kernel then copies whole pages to whole pages, which some processors do four times as fast.
struct PaddedBuffer: ~Copyable {
  private static let page = 4096

  private var memory: UnsafeMutableRawPointer
  private(set) var text: UnsafeMutablePointer<UInt8>
  private(set) var room: Int

  init() {
    room = LogFeed.pieceSize + (1 << 16)
    (memory, text) = Self.allocated(room)
    close(at: 0)
  }

  deinit { memory.deallocate() }

  private static func allocated(_ room: Int) -> (UnsafeMutableRawPointer, UnsafeMutablePointer<UInt8>) {
    let count = page + room + LineWalk.padding
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: page)
    let bytes = memory.bindMemory(to: UInt8.self, capacity: count)
    return (memory, bytes + (page - 1))
  }

  /// Room for that many bytes; what was in the buffer stays.
  mutating func reserve(_ count: Int) {
    guard count > room else { return }
    let (larger, moved) = Self.allocated(count)
    moved.update(from: text, count: room + LineWalk.padding)
    memory.deallocate()
    (memory, text, room) = (larger, moved, count)
  }

  func put(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { if let base = $0.baseAddress { text.update(from: base, count: $0.count) } }
  }

  func fill(from input: any Input, at offset: Int, into range: Range<Int>) throws(FileTrouble) -> Int {
    try input.read(into: UnsafeMutableRawBufferPointer(start: text + range.lowerBound, count: range.count), at: offset)
  }

  func close(at end: Int) { (text + end).update(repeating: 0, count: LineWalk.padding) }
}
