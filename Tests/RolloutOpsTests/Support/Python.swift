import Foundation
import Testing

/// The reference that much of `Formats` is held against: Python's standard library.
enum Python {
  /// Why there is no reference here; nil when there is one.
  static let missing: String? = (try? run("print('ready')")) == "ready\n" ? nil : "python3 is not installed"

  /// With `ROLLOUTCTL_LIVE=required` a reference that is missing is a failure instead of a skip.
  static var isRequired: Bool { ProcessInfo.processInfo.environment["ROLLOUTCTL_LIVE"] == "required" }

  struct Failure: Error { let message: String }

  /// What the program printed, given `input` on its standard input.
  static func run(_ program: String, input: String = "") throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("python-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Through a file, not a pipe: neither side can wait for the other.
    let (source, output) = (folder.appendingPathComponent("input"), folder.appendingPathComponent("output"))
    try Data(input.utf8).write(to: source)
    try Data().write(to: output)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-X", "utf8", "-c", program]
    process.standardInput = try FileHandle(forReadingFrom: source)
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(message: "python3 ended with \(process.terminationStatus)")
    }
    return String(decoding: try Data(contentsOf: output), as: UTF8.self)
  }
}

extension Trait where Self == ConditionTrait {
  static var needsPython: Self {
    .enabled(if: Python.missing == nil || Python.isRequired, "python3 is not installed: nothing to compare with")
  }
}
