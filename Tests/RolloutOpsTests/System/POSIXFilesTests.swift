import Foundation
import Synchronization
import Testing

@testable import RolloutOps

/// What the machine's file system and the one in memory must do alike.
@Suite struct FilesContractTests {
  enum Kind: CaseIterable { case real, memory }

  struct World {
    let files: any Files
    let folder: String
    let flushes = Flushes()

    init(_ kind: Kind) throws {
      switch kind {
      case .real:
        files = POSIXFiles(flushes.recording)
        folder = try files.realPath(NSTemporaryDirectory()) + "/files-\(UUID().uuidString)"
        try files.makeFolder(folder)
      case .memory:
        let memory = MemoryFiles()
        (files, folder) = (memory, "/w")
        memory.put("/w/.keep", "")
        memory.erase("/w/.keep")
      }
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }
    func tidy() { if files is POSIXFiles { try? FileManager.default.removeItem(atPath: folder) } }
    func link(_ name: String, to target: String) {
      if let memory = files as? MemoryFiles {
        memory.link(path(name), to: target)
      } else {
        symlink(target, path(name))
      }
    }
  }

  func expect(
    _ reason: FileTrouble.Reason, _ doing: FileTrouble.Doing, location: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    let error = #expect(throws: FileTrouble.self, sourceLocation: location, performing: body)
    #expect(error?.reason == reason, sourceLocation: location)
    #expect(error?.doing == doing, sourceLocation: location)
  }

  @Test(arguments: Kind.allCases) func createsReadsAndRefuses(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let (files, path) = (world.files, world.path("a"))
    expect(.missing, .reading) { _ = try files.read(path, limit: 10) }
    #expect(try files.facts(path) == nil)
    try files.create(path, Array("hello".utf8), like: nil)
    expect(.exists, .creating) { try files.create(path, [], like: nil) }
    #expect(try files.read(path, limit: 5) == Array("hello".utf8))
    for (text, holds) in [("hello", true), ("hellO", false), ("hell", false), ("hello!", false), ("", false)] {
      #expect(try files.holds(path, Array(text.utf8)) == holds)
    }
    expect(.missing, .reading) { _ = try files.holds(world.path("no"), []) }
    expect(.tooLong(size: 5, limit: 4), .reading) { _ = try files.read(path, limit: 4) }
    expect(.isFolder, .reading) { _ = try files.read(world.folder, limit: 10) }
    expect(.missing, .creating) { try files.create(world.path("no/a"), [], like: nil) }
    #expect(try files.facts(path)?.size == 5)
    #expect(try files.facts(path)?.kind == .file)
    #expect(try files.facts(world.folder)?.kind == .folder)
    #expect(try files.names(in: world.folder) == ["a"])
    #expect(try files.names(in: world.path("no")) == [])
    try files.remove(path)
    expect(.missing, .removing) { try files.remove(path) }
  }

  @Test(arguments: Kind.allCases) func appendsOnlyWhereTheCallerLooked(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let (files, path) = (world.files, world.path("journal"))
    expect(.changedSize(expected: 3, found: 0), .appending) { try files.append(path, [1], at: 3) }
    #expect(try files.facts(path) == nil)
    try files.append(path, [1, 2, 3], at: 0)
    expect(.changedSize(expected: 0, found: 3), .appending) { try files.append(path, [4], at: 0) }
    try files.append(path, [4], at: 3)
    #expect(try files.read(path, limit: 10) == [1, 2, 3, 4])
    try files.truncate(path, to: 2)
    #expect(try files.read(path, limit: 10) == [1, 2])
  }

  @Test(arguments: Kind.allCases) func renames(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let files = world.files
    try files.create(world.path("a"), [1], like: nil)
    try files.create(world.path("b"), [2], like: nil)
    let one = try files.facts(world.path("a"))?.identity
    try files.rename(world.path("a"), to: world.path("b"))
    #expect(try files.names(in: world.folder) == ["b"])
    #expect(try files.read(world.path("b"), limit: 1) == [1])
    #expect(try files.facts(world.path("b"))?.identity == one)
    expect(.missing, .replacing) { try files.rename(world.path("a"), to: world.path("b")) }
    try files.syncFolder(world.folder)
  }

  /// What its name leads to changes; the file that was opened does not, but for what is written into it.
  @Test(arguments: Kind.allCases) func anOpenedFileStaysToBeAsked(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let (files, path) = (world.files, world.path("a"))
    try files.create(path, [1], like: nil)
    let opened = try files.open(path, limit: 10)
    var before = try files.facts(path)
    before?.attributes = opened.facts.attributes
    #expect(opened.bytes == [1] && opened.facts == before)
    try files.overwrite(path, [1, 2], over: [1])
    #expect(try opened.reread() == [1, 2] && opened.bytes == [1])
    // A tick of the kernel's clock may be longer than this.
    let changed = try files.facts(path)?.changed
    #expect(changed != opened.facts.changed || kind == .real)
    try files.create(world.path("b"), [3], like: nil)
    try files.rename(world.path("b"), to: path)
    let (held, named) = (try opened.reread(), try files.read(path, limit: 10))
    #expect(held == [1, 2] && named == [3])
    opened.close()
    expect(.tooLong(size: 1, limit: 0), .reading) { _ = try files.open(path, limit: 0) }
    expect(.missing, .reading) { _ = try files.open(world.path("no"), limit: 0) }
  }

  @Test(arguments: Kind.allCases) func aWatchTellsWhoseMoveGaveAName(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let files = world.files
    for name in ["a", "ours", "theirs"] { try files.create(world.path(name), [1], like: nil) }
    let quiet = try #require(files.watch(world.folder))
    #expect(!quiet.hasHappened(to: "a"))
    try files.rename(world.path("ours"), to: world.path("a"))
    #expect(quiet.hasHappened(to: "a") && !quiet.wasReplaced("a", before: "ours"))
    try files.create(world.path("ours"), [1], like: nil)
    let late = try #require(files.watch(world.folder))
    try files.overwrite(world.path("a"), [2], over: [1])
    #expect(late.hasHappened(to: "a"))
    try files.rename(world.path("theirs"), to: world.path("a"))
    try files.rename(world.path("ours"), to: world.path("a"))
    #expect(late.wasReplaced("a", before: "ours") && !late.wasReplaced("b", before: "ours"))
    let gone = try #require(files.watch(world.folder))
    try files.remove(world.path("a"))
    #expect(gone.hasHappened(to: "a") && gone.wasReplaced("a", before: "ours"))
    #expect(files.watch(world.path("no")) == nil || kind != .real)
  }

  @Test(arguments: Kind.allCases) func aLockWhoseFileIsGoneIsNotFound(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let (files, path) = (world.files, world.path("lock"))
    let old = try files.lock(path, holder: "one", patience: .zero)
    #expect(old.isFound)
    try files.remove(path)
    let new = try files.lock(path, holder: "two\nwith more", patience: .zero)
    #expect(!old.isFound && new.isFound)
    new.release()
    old.release()
    #expect(String(decoding: try files.read(path, limit: 100), as: UTF8.self) == "two\nwith more")
  }

  @Test(arguments: Kind.allCases) func keepsModeAndSetsTimesToTheMicrosecond(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let files = world.files
    try files.create(world.path("a"), [1], like: nil)
    var model = try #require(try files.facts(world.path("a")))
    model.mode = 0o640
    try files.create(world.path("b"), [1], like: model)
    #expect(try files.facts(world.path("b"))?.mode == 0o640)
    for micros: Int64 in [1_795_255_200_000_001, 1, -1_000_001] {
      try files.setModified(world.path("b"), Instant(microseconds: micros))
      #expect(try files.facts(world.path("b"))?.modified.microseconds == micros)
    }
  }

  /// What a method promises to be synced is so when it returns, and its name is when its folder is.
  @Test(arguments: Kind.allCases) func whatIsPromisedToLastDoesSo(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let (files, path) = (world.files, world.path("a"))
    func expectLasting(_ bytes: [UInt8], _ doing: Comment, location: SourceLocation = #_sourceLocation) throws {
      let synced = (files as? MemoryFiles)?.syncedBytes(path) ?? world.flushes.bytes(path)
      #expect(synced == bytes, doing, sourceLocation: location)
      #expect(try files.read(path, limit: 100) == bytes, doing, sourceLocation: location)
    }
    func isNameLasting(_ path: String) -> Bool {
      if let memory = files as? MemoryFiles { return memory.isNameSynced(path) }
      let (folder, name) = POSIXFiles.split(path)
      return world.flushes.names(in: folder)?.contains(name) == true
    }
    try files.create(world.path("model"), [], like: nil)
    var model = try #require(try files.facts(world.path("model")))
    model.mode = 0o640
    try files.create(path, [1, 2, 3], like: model)
    try expectLasting([1, 2, 3], "create")
    if kind == .real { #expect(world.flushes.mode(path) == 0o640) }
    try files.append(path, [4], at: 3)
    try expectLasting([1, 2, 3, 4], "append")
    try files.overwrite(path, [5, 6], over: [1, 2, 3, 4])
    try expectLasting([5, 6], "overwrite")
    try files.overwrite(path, [5, 7], over: [5, 6])
    try expectLasting([5, 7], "overwrite of a part")
    try files.truncate(path, to: 1)
    try expectLasting([5], "truncate")
    #expect(!isNameLasting(path))
    try files.syncFolder(world.folder)
    #expect(isNameLasting(path))
    try files.rename(path, to: world.path("b"))
    #expect(!isNameLasting(world.path("b")))
    try files.syncFolder(world.folder)
    #expect(isNameLasting(world.path("b")))
    try files.makeFolder(world.path("x/y/z"))
    for name in ["x", "x/y", "x/y/z"] { #expect(isNameLasting(world.path(name)), "\(name)") }
  }

  @Test(arguments: Kind.allCases) func resolvesLinksAlsoToWhatIsNotThereYet(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let files = world.files
    try files.makeFolder(world.path("x/y"))
    try files.makeFolder(world.path("x/y"))
    try files.create(world.path("x/y/real"), [1], like: nil)
    world.link("link", to: "x/y/real")
    world.link("folder", to: world.path("x"))
    world.link("dangling", to: "x/new")
    #expect(try files.realPath(world.path("link")) == world.path("x/y/real"))
    #expect(try files.realPath(world.path("folder/y/real")) == world.path("x/y/real"))
    #expect(try files.realPath(world.path("dangling")) == world.path("x/new"))
    #expect(try files.realPath(world.path("folder/z/new")) == world.path("x/z/new"))
    #expect(try files.read(world.path("link"), limit: 1) == [1])
    expect(.exists, .creating) { try files.makeFolder(world.path("x/y/real")) }
  }

  @Test(arguments: Kind.allCases) func locksExcludeAndNameTheHolder(kind: Kind) throws {
    let world = try World(kind)
    defer { world.tidy() }
    let (files, path) = (world.files, world.path("lock"))
    let first = try files.lock(path, holder: "maya on desk, process 7", patience: .zero)
    expect(.held(by: "maya on desk, process 7"), .locking) {
      _ = try files.lock(path, holder: "lee", patience: .zero)
    }
    first.release()
    let second = try files.lock(path, holder: "lee", patience: .zero)
    first.release()
    expect(.held(by: "lee"), .locking) { _ = try files.lock(path, holder: "maya", patience: .zero) }
    second.release()
    expect(.missing, .locking) { _ = try files.lock(world.path("no/lock"), holder: "lee", patience: .zero) }
  }
}

/// What the machine was told to make last, as it stood at that moment.
final class Flushes: Sendable {
  private struct State {
    var bytes: [String: Data] = [:]
    var modes: [String: mode_t] = [:]
    var names: [String: [String]] = [:]
  }

  private let state = Mutex(State())

  /// Does what is asked for, and looks at it.
  var recording: Flushing {
    Flushing(
      all: { number in
        self.look(at: number, withMode: true)
        return fsync(number)
      },
      bytes: { number in
        self.look(at: number, withMode: false)
        return fdatasync(number)
      })
  }

  private func look(at number: Int32, withMode: Bool) {
    let entry = "/proc/self/fd/\(number)"
    guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: entry) else { return }
    var status = stat()
    fstat(number, &status)
    state.withLock { state in
      if status.st_mode & S_IFMT == S_IFDIR {
        state.names[path] = (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
      } else {
        state.bytes[path] = try? Data(contentsOf: URL(filePath: entry))
        if withMode { state.modes[path] = status.st_mode & 0o7777 }
      }
    }
  }

  func bytes(_ path: String) -> [UInt8]? { state.withLock { $0.bytes[path].map(Array.init) } }
  func mode(_ path: String) -> UInt32? { state.withLock { $0.modes[path] } }
  func names(in folder: String) -> [String]? { state.withLock { $0.names[folder] } }
}

/// What only a real file system shows.
@Suite struct POSIXFilesTests {
  @Test func readsFilesThatClaimNoSizeAndNeverWaitsOnAPipe() throws {
    let files = POSIXFiles()
    #expect(try files.read("/proc/self/status", limit: 1 << 20).count > 100)
    let pipe = try files.realPath(NSTemporaryDirectory()) + "/pipe-\(UUID().uuidString)"
    mkfifo(pipe, 0o600)
    defer { unlink(pipe) }
    let trouble = #expect(throws: FileTrouble.self) { _ = try files.read(pipe, limit: 10) }
    #expect(trouble?.reason == .notAFile)
  }

  @Test func longFilesAreComparedToTheLastByte() throws {
    let files = POSIXFiles()
    let path = try files.realPath(NSTemporaryDirectory()) + "/long-\(UUID().uuidString)"
    defer { unlink(path) }
    for size in [65_535, 65_536, 65_537, 200_000] {
      var bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try files.create(path, bytes, like: nil)
      #expect(try files.holds(path, bytes))
      bytes[size - 1] ^= 1
      #expect(try !files.holds(path, bytes))
      unlink(path)
    }
  }

  @Test func aFullDiskIsSaidBeforeAnythingIsWritten() throws {
    let folder = "/dev/shm/full-\(UUID().uuidString)"
    let files = POSIXFiles()
    try files.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // More than any machine's memory: the file system must refuse it, and the file must not have grown.
    try files.append("\(folder)/a", [1], at: 0)
    let file = try Descriptor("\(folder)/a", O_WRONLY, .appending)
    let full = #expect(throws: FileTrouble.self) { try file.reserve(1 << 45, at: 1) }
    #expect(full?.reason == .diskFull)
    #expect(try files.facts("\(folder)/a")?.size == 1)
  }

  @Test func aLockSurvivesThatItsFileIsTidiedAway() throws {
    let files = POSIXFiles()
    let path = try files.realPath(NSTemporaryDirectory()) + "/lock-\(UUID().uuidString)"
    defer { unlink(path) }
    let orphan = try files.lock(path, holder: "one", patience: .zero)
    unlink(path)
    let next = try files.lock(path, holder: "two", patience: .zero)
    orphan.release()
    let trouble = #expect(throws: FileTrouble.self) { _ = try files.lock(path, holder: "three", patience: .zero) }
    #expect(trouble?.reason == .held(by: "two"))
    next.release()
  }
}

@Suite struct MemoryFilesTests {
  /// The disk with everything on it that was not synced, and what is left when the power fails.
  @Test func aPowerCutKeepsWhatWasSyncedAndAnyPartOfTheRest() throws {
    let files = MemoryFiles()
    files.put("/w/a", "old")
    try files.create("/w/new", Array("new".utf8), like: nil)
    try files.rename("/w/new", to: "/w/a")
    var left = Set<[String]>()
    for seed: UInt64 in 0..<64 {
      let copy = MemoryFiles(copying: files, files.clock)
      var random = SplitMix64(seed: seed)
      copy.cutPower(&random)
      left.insert(copy.paths.map { "\($0) \(copy.text($0) ?? "")" })
    }
    // The name "new" was made, and became another: two changes, each of which came through or not.
    let folder = "/w "
    #expect(left == [[folder, "/w/a old"], [folder, "/w/a new"], [folder, "/w/a old", "/w/new new"]])
    try files.syncFolder("/w")
    files.cutPower { _ in false }
    #expect(files.paths == ["/w", "/w/a"] && files.text("/w/a") == "new")
  }

  @Test func bytesThatWereNotSyncedAreGone() throws {
    let files = MemoryFiles()
    files.put("/w/j", "one\n")
    files.forgetSyncs(of: [.append, .create])
    try files.append("/w/j", Array("two\n".utf8), at: 4)
    try files.create("/w/a", Array("a".utf8), like: nil)
    try files.syncFolder("/w")
    files.cutPower { _ in false }
    #expect(files.text("/w/j") == "one\n")
    #expect(files.text("/w/a") == "", "the name is there, and nothing behind it")
  }

  @Test func aCrashStopsEverythingFromItsEffectOn() throws {
    let files = MemoryFiles()
    files.put("/w/a", "old")
    files.crash(at: 2, torn: 0.5)
    try files.append("/w/j", Array("one\n".utf8), at: 0)
    #expect(throws: FileTrouble.self) { try files.append("/w/j", Array("two\n".utf8), at: 4) }
    #expect(throws: FileTrouble.self) { try files.remove("/w/a") }
    #expect(throws: FileTrouble.self) { _ = try files.read("/w/a", limit: 10) }
    #expect(files.text("/w/j") == "one\ntw")
    #expect(files.hasCrashed)
    files.restart()
    #expect(try files.read("/w/a", limit: 10) == Array("old".utf8))
    #expect(files.effects == 0)
  }

  @Test func failuresAreCountedAndHooksRunOnce() throws {
    let files = MemoryFiles()
    files.put("/w/a", "old")
    files.fail(.append, on: "a", .diskFull, times: 1)
    files.before(.append) { $0.put("/w/a", "newer") }
    let trouble = #expect(throws: FileTrouble.self) { try files.append("/w/a", [1], at: 5) }
    #expect(trouble?.reason == .diskFull)
    try files.append("/w/a", [33], at: 5)
    #expect(files.text("/w/a") == "newer!")
    #expect(files.trace == ["append /w/a"])
  }
}
