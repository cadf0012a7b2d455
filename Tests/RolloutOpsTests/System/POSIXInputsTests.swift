import Foundation
import Testing

@testable import RolloutOps

/// The machine's own files, pipes and gzip data.
@Suite struct POSIXInputsTests {
  private static func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("inputs-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private static func start(_ command: String, in folder: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    try process.run()
    return process
  }

  private static func records(_ path: String) throws(FileTrouble) -> Int {
    let question = TraceQuestion(
      label: "prompt_version", arms: [TraceQuestion.Arm("all", values: ["v6", "v7"])], measures: [.mean("latency_ms")])
    return try TraceLogs(POSIXInputs(), crew: Crew(threads: 2)).ask(question, [path]).records
  }

  @Test func filesPipesAndGzipAgree() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let line = #"{"prompt_version":"v6","latency_ms":12.5,"filler":"abcdefghijklmnopqrstuvwxyz"}"# + "\n"
    try Data(String(repeating: line, count: 30_000).utf8).write(to: URL(fileURLWithPath: folder + "/log"))
    #expect(try Self.records(folder + "/log") == 30_000)
    try Self.start("gzip -k log; cat log.gz log.gz > twice.gz; mkfifo pipe", in: folder).waitUntilExit()
    // The writer waits for a reader, so nobody may wait for the writer before.
    let writer = try Self.start("cat log > pipe", in: folder)
    #expect(try Self.records(folder + "/pipe") == 30_000)
    writer.waitUntilExit()
    #expect(try Self.records(folder + "/log.gz") == 30_000)
    #expect(try Self.records(folder + "/twice.gz") == 60_000)
    let cut = "head -c 5000 twice.gz > cut.gz; (head -c 4000 log.gz; printf xxxxxx; tail -c 2000 log.gz) > bad.gz"
    try Self.start(cut, in: folder).waitUntilExit()
    for name in ["cut.gz", "bad.gz"] {
      var reason: FileTrouble.Reason?
      do throws(FileTrouble) { _ = try Self.records("\(folder)/\(name)") } catch { reason = error.reason }
      guard case .damaged = reason else {
        Issue.record("\(name): \(String(describing: reason))")
        continue
      }
    }
  }

  @Test func aFolderAndAMissingFileAreTroubles() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: FileTrouble(.reading, folder, .isFolder)) { try Self.records(folder) }
    #expect(throws: FileTrouble(.reading, folder + "/none", .missing)) { try Self.records(folder + "/none") }
  }
}
