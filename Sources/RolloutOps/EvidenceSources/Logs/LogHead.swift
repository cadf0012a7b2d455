/// Lets the beginning of a log be read before the whole is asked: which of several usual fields it carries decides what
/// is asked of it, and what comes from a pipe can be read once only.
package struct LogHead: Inputs {
  private let inputs: any Inputs
  private let path: String
  private let input: any Input
  private let bytes: [UInt8]

  /// Opens the first log and reads its beginning.
  package init(_ inputs: any Inputs, of path: String) throws(FileTrouble) {
    (self.inputs, self.path) = (inputs, path)
    input = try inputs.open(path)
    var buffer = PaddedBuffer()
    buffer.reserve(LogFeed.pieceSize)
    let count = try buffer.fill(from: input, at: 0, into: 0..<LogFeed.pieceSize)
    bytes = Array(UnsafeBufferPointer(start: buffer.text, count: count))
  }

  /// The log as if nobody had read any of it.
  package func open(_ path: String) throws(FileTrouble) -> any Input {
    guard path == self.path else { return try inputs.open(path) }
    return input.size == nil ? Replayed(bytes: bytes, rest: input) : input
  }

  /// The first of these fields that some record of the beginning has.
  package func firstField(of fields: [String], label: String, arms: [TraceQuestion.Arm]) -> String? {
    let question = TraceQuestion(label: label, arms: arms, measures: fields.map { .rate($0) })
    let logs = TraceLogs(Beginning(bytes: bytes), crew: Crew(threads: 1))
    guard let evidence = try? logs.ask(question, [path]) else { return nil }
    return fields.first { (evidence.field($0)?.present ?? 0) > 0 }
  }

  private struct Beginning: Inputs {
    let bytes: [UInt8]

    func open(_ path: String) throws(FileTrouble) -> any Input { Held(bytes: bytes) }
  }

  private struct Held: Input {
    let bytes: [UInt8]

    var size: Int? { bytes.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int {
      let part = bytes.dropFirst(offset).prefix(buffer.count)
      buffer.copyBytes(from: part)
      return part.count
    }
  }

  /// What was read of the stream, then what follows it.
  private struct Replayed: Input {
    let bytes: [UInt8]
    let rest: any Input

    var size: Int? { nil }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int {
      let part = bytes.dropFirst(offset).prefix(buffer.count)
      buffer.copyBytes(from: part)
      guard part.count < buffer.count else { return part.count }
      let more = UnsafeMutableRawBufferPointer(rebasing: buffer[part.count...])
      return part.count + (try rest.read(into: more, at: offset + part.count))
    }
  }
}
