import Foundation
import Testing

/// A program of the machine that a test runs for real. Where it is missing the test skips and says so, unless
/// `ROLLOUTCTL_LIVE=required`: then the test runs, and fails for want of it.
struct Tool: CustomStringConvertible, Sendable {
  static let sh = Tool(name: "sh")
  static let bash = Tool(name: "bash")
  static let zsh = Tool(name: "zsh")
  static let fish = Tool(name: "fish")
  static let mandoc = Tool(name: "mandoc")
  static let python = Tool(name: "python3")
  static let strace = Tool(name: "strace")
  /// Lets a command believe that it is another time.
  static let faketime = Tool(name: "faketime")
  /// Gives a shell a terminal of its own.
  static let script = Tool(name: "script")
  static let curl = Tool(name: "curl")
  static let jq = Tool(name: "jq")

  let name: String

  var description: String { name }

  var isWanted: Bool { path != nil || ProcessInfo.processInfo.environment["ROLLOUTCTL_LIVE"] == "required" }
  var reason: Comment { "\(name) is not installed here" }

  var path: String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  func run(
    _ arguments: [String], in folder: TemporaryFolder? = nil, environment: [String: String] = [:], input: String = ""
  ) throws -> Binary.Outcome {
    let path = try #require(path, "\(name) is not installed here")
    return try Binary.run(arguments, in: folder, environment: environment, input: input, program: path)
  }
}
