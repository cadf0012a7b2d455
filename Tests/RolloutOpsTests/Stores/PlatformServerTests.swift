import Foundation
import Testing

/// The scripted platforms that stores are held against, held against what the platforms publish: each comes with a list of
/// requests and of what must be answered. Its readers compare the real SDKs with the platforms' bucketing formulas.
@Suite(.needsPython) struct PlatformServerTests {
  static let isRequired = ProcessInfo.processInfo.environment["ROLLOUTCTL_LIVE"] == "required"
  static let package = RealReaderTests.package

  private func run(_ python: String, _ script: String) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-X", "utf8", "Tests/Live/\(script)"]
    process.currentDirectoryURL = Self.package
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(String(decoding: said.suffix(2000), as: UTF8.self))")
  }

  @Test(arguments: [
    "platforms/unleash_selftest.py", "platforms/launchdarkly_selftest.py", "platforms/posthog_selftest.py",
    "platforms/statsig_selftest.py", "fault_proxy_selftest.py",
  ]) func itAnswersAsIsPublished(script: String) throws { try run("python3", script) }

  @Test func theSDKsAreThereWhereTheyAreRequired() {
    if Self.isRequired { #expect(SDKReader.isPresent, SDKReader.reason) }
  }

  @Test(
    .enabled(if: SDKReader.isPresent, SDKReader.reason),
    arguments: ["unleash", "launchdarkly", "posthog", "statsig"]
  ) func theRealSDKAgreesWithTheFormula(platform: String) throws {
    try run(SDKReader.python, "platforms/\(platform)_reader_selftest.py")
  }
}
