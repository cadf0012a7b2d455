import Foundation
import Testing

@testable import RolloutOps

/// An application that decides with a platform's real SDK (Tests/Live/platforms): a line asks, a line answers.
final class SDKReader {
  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())
  private var pending = Data()

  init(_ platform: String, _ arguments: [String]) throws {
    process.executableURL = URL(filePath: PlatformServerTests.python)
    let script = PlatformServerTests.package.path + "/Tests/Live/platforms/\(platform)_reader.py"
    process.arguments = ["-X", "utf8", script] + arguments
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    _ = line()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func line() -> String {
    while true {
      if let newline = pending.firstIndex(of: 0x0A) {
        defer { pending = Data(pending[(newline + 1)...]) }
        return String(decoding: pending[..<newline], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return String(decoding: pending, as: UTF8.self) }
      pending.append(more)
    }
  }

  func ask(_ question: JSON) throws -> JSON {
    try input.fileHandleForWriting.write(contentsOf: Data((question.written() + "\n").utf8))
    return try JSON.parse(line())
  }

  /// What every context that was loaded gets, once the SDK knows of that change.
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
