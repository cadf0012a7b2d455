import Synchronization

/// Inputs that tell a person who waits how much has been read.
package struct ReadProgress: Inputs {
  private let inputs: any Inputs
  private let told: Told

  package init(_ inputs: any Inputs, _ output: any Output) {
    (self.inputs, told) = (inputs, Told(output))
  }

  package func open(_ path: String) throws(FileTrouble) -> any Input {
    Counted(input: try inputs.open(path), told: told)
  }

  private struct Counted: Input {
    let input: any Input
    let told: Told

    var size: Int? { input.size }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileTrouble) -> Int {
      let count = try input.read(into: buffer, at: offset)
      told.add(count)
      return count
    }
  }

  private final class Told: Sendable {
    private static let step = 64 << 20
    private let output: any Output
    private let bytes = Atomic(0)

    init(_ output: any Output) { self.output = output }

    func add(_ count: Int) {
      let (old, new) = bytes.add(count, ordering: .relaxed)
      guard old / Self.step != new / Self.step else { return }
      output.progress("rolloutctl: \(new >> 20) MiB read")
    }
  }
}
