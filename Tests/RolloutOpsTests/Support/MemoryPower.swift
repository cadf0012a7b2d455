@testable import RolloutOps

/// What a power cut leaves of the files in memory: whatever was synced, and any part of the rest.
///
/// The bytes of a file last once the file is synced, its name once its folder is. The names that one rename
/// changes last together or not at all.
extension MemoryFiles {
  /// What is on the platter.
  struct Image {
    var names: [String: UInt64] = [:]
    /// By inode. A file that was never synced is empty.
    var nodes: [UInt64: Node] = [:]
  }

  /// One thing that no sync has reached yet.
  struct Change {
    enum Kind {
      /// Names and the inodes that they lead to now; nil where the name is gone.
      case names([(path: String, inode: UInt64?)])
      case node(Node)
    }

    let kind: Kind
    let what: String
  }

  /// The power fails. What was synced is there again, and of every other change whatever `keeps` says of it; then the
  /// next process starts.
  func cutPower(keeping keeps: (Change) -> Bool) {
    disk.withLock { $0.cutPower(keeping: keeps) }
    restart()
  }

  /// The same by chance. The answer tells what was not synced, and what became of it.
  @discardableResult
  func cutPower(_ random: inout SplitMix64) -> [String] {
    var told: [String] = []
    cutPower { change in
      let isKept = Bool.random(using: &random)
      told.append("\(change.what): \(isKept ? "kept" : "lost")")
      return isKept
    }
    return told
  }

  /// From now on these methods leave out the syncs that they promise, as if somebody had taken them out of the code.
  func forgetSyncs(of effects: Set<Effect>) { disk.withLock { $0.careless = effects } }

  /// What of the file's bytes would outlast a power cut, whatever happens to its name.
  func syncedBytes(_ path: String) -> [UInt8]? {
    disk.withLock { disk in
      guard let node = disk.nodes[disk.resolve(path)], case .file(let bytes)? = disk.image.nodes[node.inode]?.content
      else { return nil }
      return bytes
    }
  }

  /// Whether the name would outlast it.
  func isNameSynced(_ path: String) -> Bool {
    disk.withLock { disk in
      let path = disk.resolve(path)
      return disk.image.names[path] == disk.nodes[path]?.inode && !disk.pending.contains { $0.names(path) }
    }
  }
}

extension MemoryFiles.Change {
  fileprivate func names(_ path: String) -> Bool {
    guard case .names(let names) = kind else { return false }
    return names.contains { $0.path == path }
  }
}

extension MemoryFiles.Disk {
  typealias Node = MemoryFiles.Node
  typealias Change = MemoryFiles.Change

  // MARK: Changes, not synced yet

  /// Lets names lead to nodes, all in one step; to nothing where the node is nil.
  mutating func name(_ names: [(path: String, node: Node?)]) {
    for (path, node) in names {
      if let old = nodes[path], old.inode != node?.inode { nameless[old.inode] = old }
      nodes[path] = node
      // The disk has room for it, and nothing of it there.
      if let node, image.nodes[node.inode] == nil { image.nodes[node.inode] = node.empty }
    }
    pending.append(
      Change(
        kind: .names(names.map { ($0.path, $0.node?.inode) }),
        what: "name \(names.map { "\($0.path)\($0.node == nil ? " (gone)" : "")" }.joined(separator: " and "))"))
  }

  /// The same file with other bytes, times or rights.
  mutating func change(_ path: String, to node: Node) {
    var node = node
    node.changed = nextChange()
    nodes[path] = node
    pending.append(Change(kind: .node(node), what: "bytes of \(path)"))
  }

  // MARK: Syncs

  mutating func sync(_ path: String) {
    guard let node = nodes[path] else { return }
    image.nodes[node.inode] = node
    pending.removeAll { if case .node(let changed) = $0.kind { changed.inode == node.inode } else { false } }
  }

  mutating func syncNames(in folder: String) {
    var left: [Change] = []
    for change in pending {
      guard case .names(let names) = change.kind, names.contains(where: { POSIXFiles.split($0.path).folder == folder })
      else {
        left.append(change)
        continue
      }
      for (path, inode) in names { image.names[path] = inode }
    }
    pending = left
    forgetLostNodes()
  }

  /// What another process did long ago: it and all folders above it last.
  mutating func settle(_ path: String) {
    sync(path)
    var folder = path
    repeat {
      folder = POSIXFiles.split(folder).folder
      syncNames(in: folder)
    } while folder != "/"
  }

  /// Nothing that leads to them is left, and nothing that could bring them back.
  private mutating func forgetLostNodes() {
    var known = Set(image.names.values)
    for node in nodes.values { known.insert(node.inode) }
    for case .names(let names) in pending.map(\.kind) { known.formUnion(names.compactMap(\.inode)) }
    guard image.nodes.keys.contains(where: { !known.contains($0) }) else { return }
    image.nodes = image.nodes.filter { known.contains($0.key) }
    pending.removeAll { if case .node(let node) = $0.kind { !known.contains(node.inode) } else { false } }
  }

  // MARK: The cut

  mutating func cutPower(keeping keeps: (Change) -> Bool) {
    for change in pending where keeps(change) {
      switch change.kind {
      case .names(let names): for (path, inode) in names { image.names[path] = inode }
      case .node(let node): image.nodes[node.inode] = node
      }
    }
    pending = []
    let root = nodes["/"]
    nodes = [:]
    nodes["/"] = root
    // A name below a folder that is lost is lost with it.
    for (path, inode) in image.names.sorted(by: { $0.key.utf8.count < $1.key.utf8.count }) {
      let isReachable = nodes[POSIXFiles.split(path).folder] != nil
      if isReachable { nodes[path] = image.nodes[inode] } else { image.names[path] = nil }
    }
    forgetLostNodes()
  }
}

extension MemoryFiles.Node {
  /// What a name leads to whose file was never synced.
  fileprivate var empty: Self {
    var node = self
    if case .file = content { node.content = .file([]) }
    return node
  }
}
