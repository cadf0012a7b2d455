import Foundation
import Glibc
import Testing

/// An application that serves flags through the real OpenFeature provider (Tests/Live/reader.py), asked over pipes for as
/// long as the value lives.
final class FlagReader {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending = Data()
  private let flag: String
  private let isObject: Bool

  struct Answer {
    /// The variant of every context, in their order.
    let variants: [String]
    /// The value that the first context got.
    let first: Any?
    /// Seconds on the machine's monotonic clock.
    let at: Double
  }

  init(file: String, flag: String = "ai-summary", isObject: Bool, deadline: Int = 5) throws {
    (self.flag, self.isObject) = (flag, isObject)
    process.executableURL = URL(filePath: Live.flagsPython)
    process.arguments = [Live.script("reader.py"), file, String(deadline)]
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    try #require(line() != nil, "the reader did not start")
  }

  deinit {
    // One that never began has the number 0, which would mean whoever is in our own group.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  func load(_ contexts: [[String: String]]) throws {
    try send(["load": contexts])
    try #require(line()?["loaded"] as? Int == contexts.count)
  }

  enum Moment {
    case now
    case stage(String)
    case variant(String, context: [String: String])
  }

  func ask(_ moment: Moment) throws {
    var request: [String: Any] = ["flag": flag, "object": isObject]
    switch moment {
    case .now: break
    case .stage(let name): request["until"] = ["stage": name]
    case .variant(let variant, let context):
      request["until"] = ["context": context, "variant": variant] as [String: Any]
    }
    try send(request)
  }

  func answer(at place: SourceLocation = #_sourceLocation) throws -> Answer {
    let answer = try #require(line(), "the reader has gone", sourceLocation: place)
    let variants = try #require(
      answer["variants"] as? [String], "the reader did not follow: it has \(answer["late"] ?? "nothing")",
      sourceLocation: place)
    return Answer(variants: variants, first: answer["first"], at: answer["at"] as? Double ?? .nan)
  }

  /// What everybody gets, once the provider has followed.
  func variants(_ moment: Moment, at place: SourceLocation = #_sourceLocation) throws -> [String] {
    try ask(moment)
    return try answer(at: place).variants
  }

  /// The clock that Python's `time.monotonic` reads too.
  static func monotonic() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private func send(_ request: [String: Any]) throws {
    try input.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: request) + [0x0A])
  }

  private func line() -> [String: Any]? {
    while true {
      if let newline = pending.firstIndex(of: 0x0A) {
        let line = Data(pending[..<newline])
        pending = Data(pending[(newline + 1)...])
        return try? JSONSerialization.jsonObject(with: line) as? [String: Any]
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      pending.append(more)
    }
  }
}
