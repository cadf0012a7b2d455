import Foundation
import Testing

@testable import RolloutOps

/// An application that decides with a platform's real SDK for all contexts that it was given: a line asks, a line answers,
/// as `Tests/Live/platforms/platform_reader.py` says.
///
/// It needs a virtual environment with the SDKs, `$ROLLOUTCTL_PLATFORM_VENV` (by default `.venv/platforms`), made from
/// `Tests/Live/requirements-platforms.txt`. Without it tests are skipped and say so.
final class SDKReader {
  static let python: String = {
    let given = ProcessInfo.processInfo.environment["ROLLOUTCTL_PLATFORM_VENV"] ?? ".venv/platforms"
    return "\(URL(filePath: given, relativeTo: RealReaderTests.package).path)/bin/python"
  }()
  static let isPresent = FileManager.default.isExecutableFile(atPath: python)
  static let reason: Comment = "no virtual environment with the platforms' SDKs: Tests/Live/requirements-platforms.txt"

  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())
  private var pending = Data()

  init(_ script: String, _ arguments: [String], _ contexts: [JSON]) throws {
    process.executableURL = URL(filePath: Self.python)
    let path = RealReaderTests.package.path + "/Tests/Live/platforms/\(script)_reader.py"
    process.arguments = ["-X", "utf8", path] + arguments
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    _ = try answer()
    _ = try ask(["load": .array(contexts)])
  }

  deinit {
    try? input.fileHandleForWriting.close()
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }

  private func answer() throws -> JSON {
    while true {
      if let newline = pending.firstIndex(of: 0x0A) {
        defer { pending = Data(pending[(newline + 1)...]) }
        return try JSON.parse(Array(pending[..<newline]))
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return try JSON.parse(Array(pending)) }
      pending.append(more)
    }
  }

  func ask(_ question: JSON) throws -> JSON {
    try input.fileHandleForWriting.write(contentsOf: Data((question.written(.compact) + "\n").utf8))
    return try answer()
  }

  /// What every context gets, once the SDK knows of that change.
  func variants(_ flag: String, until version: Int) throws -> [JSON] {
    let answer = try ask(["flag": .string(flag), "until": .number(version)])
    return try #require(answer["variants"]?.items, "\(answer.written())")
  }

  /// The same of a dynamic configuration: the object that each is given.
  func values(_ name: String, until version: Int) throws -> [JSON] {
    let answer = try ask(["config": .string(name), "until": .number(version)])
    return try #require(answer["variants"]?.items, "\(answer.written())")
  }
}
