import Foundation
import Glibc

/// The real executable, as built beside the tests: started with arguments, a closed environment, a folder and a text on
/// standard input, and watched until it ends.
enum Binary {
  struct Outcome: Equatable, CustomStringConvertible {
    enum End: Equatable {
      case status(Int32)
      case signal(Int32)
      /// It had not ended in time and was killed by the test.
      case timeout
    }

    var output: String
    var errors: String
    var end: End

    /// The exit status; -1 when a signal or the test's patience ended it.
    var status: Int32 { if case .status(let status) = end { status } else { -1 } }

    var description: String { "\(end)\n--- output\n\(output)--- errors\n\(errors)" }
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// Next to the test bundle, or in a folder above it.
  static let path: String? = {
    let starts = [
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"), CommandLine.arguments.first,
    ]
    for start in starts.compactMap({ $0 }) {
      var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
      for _ in 0..<4 {
        let candidate = folder.appendingPathComponent("rolloutctl").path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue,
          FileManager.default.isExecutableFile(atPath: candidate)
        {
          return candidate
        }
        folder.deleteLastPathComponent()
      }
    }
    return nil
  }()

  /// Runs it (or another program) to its end. Of the test's own environment it sees nothing but the search paths.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder? = nil, environment: [String: String] = [:], input: String = "",
    within seconds: Int = 120, program: String? = path
  ) throws -> Outcome {
    try start(arguments, in: folder, environment: environment, input: input, program: program)
      .finish(within: seconds)
  }

  /// Starts it and leaves it running, for tests that send it signals or start several at once.
  static func start(
    _ arguments: [String], in folder: TemporaryFolder? = nil, environment: [String: String] = [:], input: String = "",
    program: String? = path
  ) throws -> Running {
    guard let path = program else { throw Failure(description: "no rolloutctl beside the tests: build it first") }
    // A file, so that a program that never reads its input cannot make the test wait.
    let source = try TemporaryFolder()
    try source.write("input", input)
    let (output, errors) = (try Pipe(), try Pipe())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, source.path("input"), O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
    _ = try GNU.addChdir()(&actions, folder?.path ?? source.path)
    // A server of another test ends when its input is closed, and whoever has inherited the other end keeps it open.
    _ = try GNU.addCloseFrom()(&actions, 3)

    // The threads that run tests block signals, which a program would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let own = ProcessInfo.processInfo.environment
    let inherited = own.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
    let variables = inherited.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    var settings = variables.map { strdup($0) } + [nil]
    defer { (words + settings).forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, path, &actions, &attributes, &words, &settings)
    guard code == 0 else { throw Failure(description: "cannot start \(path): \(String(cString: strerror(code)))") }
    output.closeWrite()
    errors.closeWrite()
    return Running(process: process, words: arguments, input: source, output: output, errors: errors)
  }

  /// One start of the executable; ends with the value, if not before.
  final class Running {
    let process: pid_t
    private let words: [String]
    private let owner = Planted.who
    private let input: TemporaryFolder
    private let output: Pipe
    private let errors: Pipe
    private var hasEnded = false

    fileprivate init(process: pid_t, words: [String], input: TemporaryFolder, output: Pipe, errors: Pipe) {
      (self.process, self.words, self.input, self.output, self.errors) = (process, words, input, output, errors)
    }

    deinit { if !hasEnded { _ = end(with: SIGKILL) } }

    func send(_ signal: Int32) { if !hasEnded { kill(process, signal) } }

    /// Collects what it prints until it closes both streams, then how it ended. No secret may be in it.
    func finish(within seconds: Int = 120) throws -> Outcome {
      let outcome = try outcome(within: seconds)
      Planted.look(into: outcome, of: words, for: owner)
      return outcome
    }

    private func outcome(within seconds: Int) throws -> Outcome {
      let deadline = Self.milliseconds() + seconds * 1000
      while output.isOpen || errors.isOpen {
        var waiting = [output, errors].filter(\.isOpen).map { pollfd(fd: $0.read, events: Int16(POLLIN), revents: 0) }
        let left = deadline - Self.milliseconds()
        guard left > 0, poll(&waiting, nfds_t(waiting.count), Int32(left)) != 0 else {
          _ = end(with: SIGKILL)
          return Outcome(output: output.text, errors: errors.text, end: .timeout)
        }
        for entry in waiting where entry.revents != 0 {
          if entry.fd == output.read { output.drain() } else { errors.drain() }
        }
      }
      return Outcome(output: output.text, errors: errors.text, end: end(with: nil))
    }

    private func end(with signal: Int32?) -> Outcome.End {
      if let signal { kill(process, signal) }
      var state: Int32 = 0
      while waitpid(process, &state, 0) == -1 && errno == EINTR {}
      hasEnded = true
      let number = state & 0x7F
      return number == 0 ? .status(state >> 8 & 0xFF) : .signal(number)
    }

    private static func milliseconds() -> Int {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
  }

  fileprivate final class Pipe {
    let read: Int32
    let write: Int32
    private var isWriteOpen = true
    private(set) var isOpen = true
    private var bytes: [UInt8] = []

    init() throws {
      var ends: [Int32] = [0, 0]
      guard try GNU.pipe2()(&ends, O_CLOEXEC) == 0 else { throw Failure(description: "no pipe: error \(errno)") }
      (read, write) = (ends[0], ends[1])
    }

    deinit {
      closeWrite()
      close(read)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func closeWrite() {
      if isWriteOpen { close(write) }
      isWriteOpen = false
    }

    /// What has arrived, after `poll` has said that something has.
    func drain() {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = Glibc.read(read, &buffer, buffer.count)
      if count > 0 { bytes += buffer.prefix(count) } else if count == 0 || errno != EINTR { isOpen = false }
    }
  }
}

/// Three functions of the C library that Swift's import of it leaves out.
private enum GNU {
  static func addChdir() throws -> @convention(c) (UnsafeMutableRawPointer, UnsafePointer<CChar>) -> Int32 {
    unsafeBitCast(
      try symbol("posix_spawn_file_actions_addchdir_np"),
      to: (@convention(c) (UnsafeMutableRawPointer, UnsafePointer<CChar>) -> Int32).self)
  }

  static func addCloseFrom() throws -> @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32 {
    unsafeBitCast(
      try symbol("posix_spawn_file_actions_addclosefrom_np"),
      to: (@convention(c) (UnsafeMutableRawPointer, Int32) -> Int32).self)
  }

  /// Ends that no other program inherits that a test starts in the same moment.
  static func pipe2() throws -> @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32 {
    unsafeBitCast(
      try symbol("pipe2"), to: (@convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32).self)
  }

  private static func symbol(_ name: String) throws -> UnsafeMutableRawPointer {
    guard let found = dlsym(nil, name) else { throw Binary.Failure(description: "the C library has no \(name)") }
    return found
  }
}
