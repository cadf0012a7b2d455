/// Big inputs, read in pieces: the door for trace logs, which no one should hold in memory whole.
package protocol Inputs: Sendable {
  /// A regular file, a pipe by its path, or standard input for `-`. A folder is refused; what starts as gzip data does
  /// is read as what it holds.
  func open(_ path: String) throws(FileTrouble) -> any Input
}

package protocol Input: Sendable {
  /// Bytes at the moment of opening; nil for a stream, whose end only shows when it comes.
  var size: Int? { get }
  /// Fills the buffer as far as the input goes; fewer bytes than asked for are the end.
  ///
  /// A file is read anywhere, from several threads at once. A stream is read in order by one thread at a time, and
  /// `offset` is what was read of it so far.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int
}

/// For a world without logs: opening one is refused.
package struct NoInputs: Inputs {
  package init() {}

  package func open(_ path: String) throws(FileTrouble) -> any Input {
    throw FileTrouble(.reading, path, .unsupported)
  }
}
