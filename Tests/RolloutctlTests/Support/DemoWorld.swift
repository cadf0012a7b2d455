import Foundation

@testable import rolloutctl

/// A folder in which documented command lines run as they are typed: by a shell, against the real program.
struct DemoWorld {
  let folder: TemporaryFolder
  /// Where the lines are typed, below the folder.
  let place: String

  /// The note, runbook and flag file of the demo, before anything happened, and a trace log.
  static func fresh() throws -> DemoWorld {
    let world = DemoWorld(folder: try TemporaryFolder(), place: ".")
    for file in DemoFiles.all where !file.path.hasSuffix("rolloutctl.json") {
      try world.folder.write(file.path, file.text)
    }
    try world.folder.write("log.ndjson", TraceFixture.text)
    return world
  }

  /// What `rolloutctl demo` leaves behind.
  static func played() throws -> DemoWorld {
    let folder = try TemporaryFolder()
    let outcome = try Binary.run(["demo", "--quiet"], in: folder)
    guard outcome.end == .status(0) else { throw Binary.Failure(description: "the demo failed: \(outcome)") }
    return DemoWorld(folder: folder, place: Demo.usualFolder)
  }

  /// `merged` is what a terminal shows: both streams in one.
  func type(_ line: String, merged: Bool = false) throws -> Binary.Outcome {
    guard let program = Binary.path else { throw Binary.Failure(description: "no rolloutctl beside the tests") }
    let own = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let path = URL(fileURLWithPath: program).deletingLastPathComponent().path + ":" + own
    return try Binary.run(
      ["-c", "cd \(place) || exit 99\n" + (merged ? "exec 2>&1\n" : "") + line], in: folder,
      environment: ["PATH": path, "ROLLOUT_ACTOR": "maya"], program: "/bin/sh")
  }
}
