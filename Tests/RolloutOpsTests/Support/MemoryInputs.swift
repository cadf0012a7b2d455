@testable import RolloutOps

/// Logs in memory: as files, which are read anywhere, or as streams, which come in order.
struct MemoryInputs: Inputs {
  var files: [String: [UInt8]] = [:]
  var streams: Set<String> = []

  init(_ files: [String: String] = [:]) { self.files = files.mapValues { Array($0.utf8) } }

  func open(_ path: String) throws(FileTrouble) -> any Input {
    guard let bytes = files[path] else { throw FileTrouble(.reading, path, .missing) }
    return Bytes(bytes: bytes, size: streams.contains(path) ? nil : bytes.count)
  }

  private struct Bytes: Input {
    let bytes: [UInt8]
    let size: Int?

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int {
      let part = bytes[min(offset, bytes.count)..<min(offset + buffer.count, bytes.count)]
      part.withUnsafeBytes { buffer.copyMemory(from: $0) }
      return part.count
    }
  }
}
