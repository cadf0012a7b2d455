import Foundation
import Testing

@testable import RolloutOps

/// A Python server of `Tests/Live` that a test started: it prints what to know about it as one line of JSON, and ends
/// when its standard input is closed. A suite's tests share one, and use it one after another.
final class LiveServer: Sendable {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  let facts: JSON

  init(_ script: String, _ arguments: [String] = [], python: String = "python3") throws {
    let folder = Path.folder(of: "\(#filePath)")
    let path = Path.tidied(Path.joined(folder, "../../Live/\(script)"))
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-X", "utf8", path] + arguments
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    var line: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A { line.append(byte) }
    facts = try JSON.parse(line)
  }

  deinit { stop() }

  func stop() {
    try? input.fileHandleForWriting.close()
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }

  func port(_ name: String) throws -> Int { try #require(facts[name]?.integer, "the server has no port \(name)") }
}
