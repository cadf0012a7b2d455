@testable import RolloutOps

extension MemoryFiles {
  /// What is on the disk of `MemoryFiles`, and what the test has planned for it.
  struct Disk {
    var nodes: [String: Node]
    var inodes: UInt64 = 1
    var locks: [String: Holding] = [:]
    var effects = 0
    var trace: [String] = []
    var crashAt: Int?
    var torn: Double?
    var hasCrashed = false
    var failures: [Failure] = []
    var hooks: [Hook] = []
    var image = Image()
    /// What was done since the syncs that made the image, in order.
    var pending: [Change] = []
    /// Methods that leave out the syncs they promise.
    var careless: Set<Effect> = []
    /// What happened to names, in order, as inotify would tell it.
    var events: [(folder: String, event: FolderEvent)] = []
    /// Files that somebody opened and that no name leads to any more.
    var nameless: [UInt64: Node] = [:]
    private var changes: Int64 = 0
    private var moves: UInt32 = 0

    init(now: Instant) { nodes = ["/": Node(.folder, now: now, inode: 1)] }

    mutating func nextInode() -> UInt64 {
      inodes += 1
      return inodes
    }

    /// Every symbolic link on the way followed, at most 40 of them.
    func resolve(_ path: String, links: Int = 0) -> String {
      var real = ""
      var names = path.split(separator: "/")
      while !names.isEmpty {
        let name = names.removeFirst()
        if name == "." { continue }
        if name == ".." {
          real = POSIXFiles.split(real).folder
          if real == "/" { real = "" }
          continue
        }
        let next = "\(real)/\(name)"
        guard case .link(let target) = nodes[next]?.content, links < 40 else {
          real = next
          continue
        }
        let start = target.hasPrefix("/") ? target : "\(real)/\(target)"
        return resolve(([start] + names.map(String.init)).joined(separator: "/"), links: links + 1)
      }
      return real.isEmpty ? "/" : real
    }

    func bytes(_ path: String) -> [UInt8]? {
      guard case .file(let bytes) = nodes[path]?.content else { return nil }
      return bytes
    }

    /// No two changes have the same time of change.
    mutating func nextChange() -> Instant {
      changes += 1
      return Instant(microseconds: changes)
    }

    mutating func nextMove() -> UInt32 {
      moves += 1
      return moves
    }

    mutating func happened(_ kind: FolderEvent.Kind, to path: String) {
      let (folder, name) = POSIXFiles.split(path)
      events.append((folder, FolderEvent(name: name, kind: kind)))
    }

    /// The file with that inode, whatever leads to it.
    func node(_ inode: UInt64) -> Node? { nodes.values.first { $0.inode == inode } ?? nameless[inode] }

    mutating func put(_ path: String, _ bytes: [UInt8], mode: UInt32?, replacing: Bool, now: Instant) {
      makeFolders(POSIXFiles.split(path).folder, now: now)
      var node = nodes[path] ?? Node(.file([]), now: now, inode: 0)
      let isNew = replacing || node.inode == 0
      if isNew { node.inode = nextInode() }
      (node.content, node.modified, node.mode) = (.file(bytes), now, mode ?? node.mode)
      if isNew { name([(path, node)]) }
      change(path, to: node)
      happened(isNew ? .replaced : .written, to: path)
    }

    mutating func own(_ path: String, _ owner: UInt32, _ group: UInt32) {
      guard var node = nodes[path] else { return }
      (node.owner, node.group) = (owner, group)
      change(path, to: node)
    }

    /// The folders that were missing, from the outermost on.
    @discardableResult
    mutating func makeFolders(_ path: String, now: Instant) -> [String] {
      var folder = ""
      var made: [String] = []
      for part in path.split(separator: "/") {
        folder += "/\(part)"
        guard nodes[folder] == nil else { continue }
        name([(folder, Node(.folder, now: now, inode: nextInode()))])
        made.append(folder)
      }
      return made
    }

    mutating func takeFailure(_ effect: Effect, _ path: String) -> FileTrouble.Reason? {
      guard
        let index = failures.firstIndex(where: {
          $0.effect == effect && $0.left > 0 && ($0.part.isEmpty || path.contains($0.part))
        })
      else { return nil }
      failures[index].left -= 1
      return failures[index].reason
    }

    mutating func takeHook(_ effect: Effect, _ path: String) -> (@Sendable (MemoryFiles) -> Void)? {
      guard
        let index = hooks.firstIndex(where: { $0.effect == effect && ($0.part.isEmpty || path.contains($0.part)) })
      else { return nil }
      guard hooks[index].skips == 0 else {
        hooks[index].skips -= 1
        return nil
      }
      return hooks.remove(at: index).act
    }
  }

  struct Node {
    enum Content { case file([UInt8]), folder, link(String) }

    var content: Content
    var modified: Instant
    var changed = Instant(microseconds: 0)
    var mode: UInt32 = 0o644
    var owner: UInt32 = 1000
    var group: UInt32 = 1000
    var inode: UInt64

    init(_ content: Content, now: Instant, inode: UInt64) {
      (self.content, self.modified, self.inode) = (content, now, inode)
    }

    var facts: FileFacts {
      let kind: FileFacts.Kind
      var size = 0
      switch content {
      case .file(let bytes): (kind, size) = (.file, bytes.count)
      case .folder: kind = .folder
      case .link: kind = .other
      }
      return FileFacts(
        kind: kind, size: size, modified: modified, changed: changed, mode: mode, owner: owner, group: group,
        identity: FileFacts.Identity(device: 1, inode: inode))
    }
  }

  struct Holding {
    let id: UInt64
    let holder: String
  }

  struct Failure {
    let effect: Effect
    let part: String
    let reason: FileTrouble.Reason
    var left: Int
  }

  struct Hook {
    let effect: Effect
    let part: String
    /// How many such calls pass before it acts.
    var skips: Int
    let act: @Sendable (MemoryFiles) -> Void
  }
}
