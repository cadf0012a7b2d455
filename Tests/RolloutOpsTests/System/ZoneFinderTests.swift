import Testing

@testable import RolloutOps

@Suite struct ZoneFinderTests {
  /// A zone whose clocks always show `+05`, in the oldest form of the file.
  static let five: [UInt8] =
    Array("TZif".utf8) + [UInt8](repeating: 0, count: 16) + [
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    ]
    + [0, 0, 0, 4] + [0, 0, 0x46, 0x50, 0, 0] + Array("+05\0".utf8)

  @Test func utcNeedsNoDatabase() throws {
    #expect(try ZoneFinder(files: FixedFiles([:])).rules(of: "UTC") == .utc)
    #expect(throws: ZoneTrouble.noDatabase("Asia/Five", lookedIn: ["/usr/share/zoneinfo"])) {
      try ZoneFinder(files: FixedFiles([:])).rules(of: "Asia/Five")
    }
  }

  @Test func looksInTheNamedFolderFirst() throws {
    let files = FixedFiles(["/zones/Asia/Five": Self.five, "/usr/share/zoneinfo/Asia/Six": Self.five])
    let finder = ZoneFinder(files: files, variables: ["TZDIR": "/zones"])
    #expect(try finder.rules(of: "Asia/Five").offset(at: Instant(seconds: 0)).seconds == 18_000)
    #expect(try finder.rules(of: "Asia/Six").offset(at: Instant(seconds: 0)).abbreviation == "+05")
    #expect(throws: ZoneTrouble.unknown("Asia", lookedIn: ["/zones", "/usr/share/zoneinfo"])) {
      try finder.rules(of: "Asia")
    }
    #expect(ZoneFinder(files: files, variables: ["TZDIR": "zones"]).folders == ["/usr/share/zoneinfo"])
  }

  @Test func aBrokenFileIsNamed() {
    let files = FixedFiles(["/usr/share/zoneinfo/Asia/Five": Array("no".utf8)])
    #expect(throws: ZoneTrouble.malformed(path: "/usr/share/zoneinfo/Asia/Five", .notAZoneFile)) {
      try ZoneFinder(files: files).rules(of: "Asia/Five")
    }
  }

  @Test(arguments: [
    "", "/etc/passwd", "../../etc/passwd", "Europe/../../x", "Europe//Berlin", "Europe/", ".", "a/./b", "a b", "a\0b",
    "Europe/Berlín", "-x", String(repeating: "a", count: 256),
  ])
  func noNames(name: String) {
    #expect(throws: ZoneTrouble.badName(name)) { try ZoneFinder(files: FixedFiles([:])).rules(of: name) }
  }
}

/// Files that can be inspected and read; every other wish is refused.
private struct FixedFiles: Files {
  let contents: [String: [UInt8]]

  init(_ contents: [String: [UInt8]]) { self.contents = contents }

  func read(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8] {
    guard let bytes = contents[path] else { throw FileTrouble(.reading, path, .missing) }
    return bytes
  }

  func facts(_ path: String) throws(FileTrouble) -> FileFacts? {
    let isFile = contents[path] != nil
    guard isFile || contents.keys.contains(where: { $0.hasPrefix("\(path)/") }) else { return nil }
    return FileFacts(
      kind: isFile ? .file : .folder, size: contents[path]?.count ?? 0, modified: Instant(seconds: 0), mode: 0o644,
      owner: 0, group: 0, identity: FileFacts.Identity(device: 0, inode: 0))
  }

  func realPath(_ path: String) throws(FileTrouble) -> String { throw FileTrouble(.inspecting, path, .unsupported) }
  func names(in path: String) throws(FileTrouble) -> [String] { throw FileTrouble(.listing, path, .unsupported) }
  func overwrite(_ path: String, _ bytes: [UInt8], over old: [UInt8]) throws(FileTrouble) {
    throw FileTrouble(.replacing, path, .unsupported)
  }
  func makeFolder(_ path: String) throws(FileTrouble) { throw FileTrouble(.creating, path, .unsupported) }
  func create(_ path: String, _ bytes: [UInt8], like model: FileFacts?) throws(FileTrouble) {
    throw FileTrouble(.creating, path, .unsupported)
  }
  func setModified(_ path: String, _ time: Instant) throws(FileTrouble) {
    throw FileTrouble(.replacing, path, .unsupported)
  }
  func open(_ path: String, limit: Int) throws(FileTrouble) -> any OpenedFile {
    throw FileTrouble(.reading, path, .unsupported)
  }
  func rename(_ path: String, to target: String) throws(FileTrouble) {
    throw FileTrouble(.replacing, path, .unsupported)
  }
  func append(_ path: String, _ bytes: [UInt8], at size: Int) throws(FileTrouble) {
    throw FileTrouble(.appending, path, .unsupported)
  }
  func truncate(_ path: String, to size: Int) throws(FileTrouble) {
    throw FileTrouble(.replacing, path, .unsupported)
  }
  func remove(_ path: String) throws(FileTrouble) { throw FileTrouble(.removing, path, .unsupported) }
  func syncFolder(_ path: String) throws(FileTrouble) { throw FileTrouble(.syncing, path, .unsupported) }
  func lock(_ path: String, holder: String, patience: TimeSpan) throws(FileTrouble) -> any FileLock {
    throw FileTrouble(.locking, path, .unsupported)
  }
}
