@testable import RolloutOps

/// The logs that lie on a disk in memory.
struct DiskInputs: Inputs {
  let files: MemoryFiles

  func open(_ path: String) throws(FileTrouble) -> any Input {
    Bytes(bytes: try files.read(path, limit: .max))
  }

  private struct Bytes: Input {
    let bytes: [UInt8]
    var size: Int? { bytes.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int {
      let part = bytes[min(offset, bytes.count)..<min(offset + buffer.count, bytes.count)]
      part.withUnsafeBytes { buffer.copyMemory(from: $0) }
      return part.count
    }
  }
}
