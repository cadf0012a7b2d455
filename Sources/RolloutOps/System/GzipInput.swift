import Glibc
import Synchronization

/// A gzip file read as what it holds, by the system's zlib, which is opened when the first such file is met.
///
/// Several members one after another are one text, as `gzip` has it. A file that ends in the middle of a member, or that
/// is damaged, is a trouble and not a shorter log. So is one that grows beyond what any log does: a few megabytes of it
/// would keep a machine busy for hours.
package final class GzipInput: Input {
  package var size: Int? { nil }
  private let source: any Input
  private let path: String
  private let state: Mutex<Inflation>

  package static func isGzip(_ input: any Input) throws(FileTrouble) -> Bool {
    var start: UInt16 = 0
    var outcome = Result<Int, FileTrouble>.success(0)
    withUnsafeMutableBytes(of: &start) { buffer in
      do throws(FileTrouble) { outcome = .success(try input.read(into: buffer, at: 0)) } catch {
        outcome = .failure(error)
      }
    }
    return try outcome.get() == 2 && UInt16(littleEndian: start) == 0x8B1F
  }

  /// `source` must be a file: it is read by position.
  package init(_ source: any Input, path: String) throws(FileTrouble) {
    guard let library = Zlib.opened else {
      throw FileTrouble(.reading, path, .needsLibrary("libz.so.1", package: "zlib1g"))
    }
    guard let stream = Inflation(library) else {
      throw FileTrouble(.reading, path, .damaged("zlib refused to start"))
    }
    (self.source, self.path) = (source, path)
    state = Mutex(stream)
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int {
    // The address crosses into the locked body as a number: the buffer is the caller's for the whole call.
    let (address, count) = (UInt(bitPattern: buffer.baseAddress), buffer.count)
    let outcome = state.withLock { inflation -> Result<Int, FileTrouble> in
      do throws(FileTrouble) {
        let room = UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: address), count: count)
        return .success(try inflation.fill(room, from: source, path))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}

/// The three calls of zlib that reading takes, by name: the header is not needed, and neither is the library to start.
private struct Zlib: Sendable {
  typealias Start = @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
  typealias Step = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
  typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

  let start: Start
  let step: Step
  let restart: End
  let end: End

  static let opened: Zlib? = {
    guard let library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL), let start = dlsym(library, "inflateInit2_"),
      let step = dlsym(library, "inflate"), let restart = dlsym(library, "inflateReset"),
      let end = dlsym(library, "inflateEnd")
    else { return nil }
    return Zlib(
      start: unsafeBitCast(start, to: Start.self), step: unsafeBitCast(step, to: Step.self),
      restart: unsafeBitCast(restart, to: End.self), end: unsafeBitCast(end, to: End.self))
  }()
}

/// One `z_stream`: 112 bytes on 64-bit Linux, of which only the two buffers are touched from here.
private struct Inflation: ~Copyable {
  private static let byteCount = 112
  private static let room = 1 << 16
  /// Lines of which each says something of its own shrink to a tenth, seldom to a fiftieth; what is made to grow shrinks
  /// to a thousandth. Of little text nobody asks.
  private static let (mostGrowth, alwaysFine) = (200, 128 << 20)
  private let library: Zlib
  /// Memory addresses, which may travel between threads; the lock around this value sees to it that one at a time uses
  /// them.
  private let stream: UInt
  private let compressed: UInt
  private var offset = 0
  private var given = 0
  private var isInside = false
  private var isDone = false

  init?(_ library: Zlib) {
    self.library = library
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount + Self.room, alignment: 16)
    memset(memory, 0, Self.byteCount)
    stream = UInt(bitPattern: memory)
    compressed = stream + UInt(Self.byteCount)
    // 15 bits of window, 16 more for a gzip header.
    guard library.start(memory, 31, "1.2.11", Int32(Self.byteCount)) == 0 else {
      memory.deallocate()
      return nil
    }
  }

  deinit {
    guard let memory = UnsafeMutableRawPointer(bitPattern: stream) else { return }
    _ = library.end(memory)
    memory.deallocate()
  }

  mutating func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from source: any Input, _ path: String
  ) throws(FileTrouble) -> Int {
    guard let stream = UnsafeMutableRawPointer(bitPattern: stream),
      let compressed = UnsafeMutableRawPointer(bitPattern: compressed)
    else { return 0 }
    var filled = 0
    while filled < buffer.count, !isDone {
      var waiting = stream.load(fromByteOffset: 8, as: UInt32.self)
      if waiting == 0 {
        let count = try source.read(
          into: UnsafeMutableRawBufferPointer(start: compressed, count: Self.room), at: offset)
        offset += count
        waiting = UInt32(count)
        stream.storeBytes(of: compressed, toByteOffset: 0, as: UnsafeMutableRawPointer.self)
        stream.storeBytes(of: waiting, toByteOffset: 8, as: UInt32.self)
      }
      if waiting == 0 {
        guard !isInside else { throw FileTrouble(.reading, path, .damaged("the compressed data ends in the middle")) }
        isDone = true
        break
      }
      let room = UInt32(clamping: buffer.count - filled)
      stream.storeBytes(
        of: buffer.baseAddress?.advanced(by: filled), toByteOffset: 24, as: UnsafeMutableRawPointer?.self)
      stream.storeBytes(of: room, toByteOffset: 32, as: UInt32.self)
      let answer = library.step(stream, 0)
      let grown = Int(room - stream.load(fromByteOffset: 32, as: UInt32.self))
      filled += grown
      given += grown
      if given > Self.alwaysFine, given / Self.mostGrowth > offset {
        throw FileTrouble(
          .reading, path,
          .damaged(
            "it grows to more than \(Self.mostGrowth) times its size, as no log does: \(given >> 20) MiB from the first "
              + "\(offset) bytes; if it is one, unpack it on the way: zcat FILE | rolloutctl …"))
      }
      switch answer {
      case 0: isInside = true
      case 1:
        isInside = false
        _ = library.restart(stream)
      // No progress was possible: more input, or more room.
      case -5: isInside = true
      default: throw FileTrouble(.reading, path, .damaged("the compressed data is damaged"))
      }
    }
    return filled
  }
}
