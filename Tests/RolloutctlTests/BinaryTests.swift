import Foundation
import Testing

@Suite struct BinaryTests {
  @Test func theRealProgramRuns() throws {
    let folder = try TemporaryFolder()
    let outcome = try Binary.run(["version"], in: folder)
    #expect(outcome.end == .status(0), "\(outcome)")
    #expect(outcome.output.hasPrefix("rolloutctl"))
    #expect(outcome.errors == "")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func everyEndIsTold() throws {
    func shell(_ script: String, input: String = "", seconds: Int = 60) throws -> Binary.Outcome {
      try Binary.run(
        ["-c", script], environment: ["WORD": "there"], input: input, within: seconds, program: "/bin/sh")
    }
    #expect(
      try shell("cat; echo \"$WORD\" >&2; exit 7", input: "here\n")
        == Binary.Outcome(output: "here\n", errors: "there\n", end: .status(7)))
    #expect(try shell("kill -TERM $$").end == .signal(SIGTERM))
    #expect(try shell("echo begun; exec cat /dev/zero >/dev/null", seconds: 1).end == .timeout)
    #expect(try shell("head -c 300000 /dev/zero | tr '\\0' x").output.count == 300_000)
    #expect(try shell("echo \"${HOME-none}\"").output == "none\n")
  }

  @Test func aSignalReachesTheProgram() throws {
    let running = try Binary.start(["-c", "kill -STOP $$"], program: "/bin/sh")
    running.send(SIGTERM)
    running.send(SIGCONT)
    #expect(try running.finish().end == .signal(SIGTERM))
  }

  @Test func temporaryFoldersGoAway() throws {
    var folder: TemporaryFolder? = try TemporaryFolder()
    let path = try #require(folder?.path)
    try folder?.write("a/b.txt", "text")
    #expect(try folder?.read("a/b.txt") == "text")
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: "\(path)/a")
    folder = nil
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
