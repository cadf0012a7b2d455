import Glibc
import Synchronization

/// The machine's files and this process's standard input.
package struct POSIXInputs: Inputs {
  package init() {}

  package func open(_ path: String) throws(FileTrouble) -> any Input {
    let input = try plain(path)
    guard input.size != nil else { return input }
    return try GzipInput.isGzip(input) ? GzipInput(input, path: path) : input
  }

  private func plain(_ path: String) throws(FileTrouble) -> OpenFile {
    guard path != "-" else {
      // A copy of the number, so that closing the value does not close the process's own.
      let number = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
      guard number >= 0 else { throw FileTrouble(.reading, "standard input", POSIX.reason(errno)) }
      return try OpenFile(Descriptor(adopting: number, .reading, "standard input"), isNamed: false)
    }
    return try OpenFile(Descriptor(path, O_RDONLY, .reading), isNamed: true)
  }
}

/// An open file or pipe.
private final class OpenFile: Input {
  private let descriptor: Descriptor
  let size: Int?

  init(_ descriptor: consuming Descriptor, isNamed: Bool) throws(FileTrouble) {
    let facts = try descriptor.facts()
    if facts.kind == .folder { throw descriptor.trouble(.isFolder) }
    // Standard input may be a file that somebody has read a part of: it goes on from there, in order.
    size = isNamed && facts.kind == .file ? facts.size : nil
    self.descriptor = descriptor
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int {
    guard size != nil else { return try descriptor.read(into: buffer) }
    var filled = 0
    while filled < buffer.count {
      let count = pread(
        descriptor.number, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, off_t(offset + filled))
      if count == 0 { break }
      if count > 0 {
        filled += count
      } else if errno != EINTR {
        throw descriptor.trouble(POSIX.reason(errno))
      }
    }
    return filled
  }
}
