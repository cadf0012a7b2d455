/// Git's working copies: a file in one is a copy, which others follow when it is pushed and deployed.
struct WorkingCopy {
  /// Git's own folder for it.
  private let folder: String
  private let root: String
  private let files: any Files

  /// The innermost one around an absolute path; nil where there is none, as around a journal that no file system keeps.
  init?(around path: String, _ files: any Files) {
    guard path.hasPrefix("/") else { return nil }
    var root = Path.folder(of: path)
    while true {
      let place = Path.joined(root, ".git")
      if let facts = try? files.facts(place) {
        guard let folder = facts.kind == .file ? Self.pointed(place, root, files) : place else { return nil }
        (self.folder, self.root, self.files) = (folder, root, files)
        return
      }
      guard root != "/" else { return nil }
      root = Path.folder(of: root)
    }
  }

  /// A further worktree and a submodule have a file there, which says where the folder is.
  private static func pointed(_ file: String, _ root: String, _ files: any Files) -> String? {
    guard let bytes = try? files.read(file, limit: 1 << 16) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("gitdir: "), let line = text.dropFirst(8).split(separator: "\n").first else { return nil }
    return Path.joined(root, String(line))
  }

  /// More than the index of any working copy that people edit.
  private static let longest = 256 << 20

  /// Whether git keeps that file. Its index has each path in full with a zero byte behind it (gitformat-index(5)); of its
  /// fourth version, which shortens paths, every file counts.
  func keeps(_ path: String) -> Bool {
    guard path.hasPrefix(root), let index = try? files.read(Path.joined(folder, "index"), limit: Self.longest),
      index.count > 12, index.starts(with: "DIRC".utf8)
    else { return false }
    if index[7] >= 4 { return true }
    let below = root == "/" ? path.dropFirst() : path.dropFirst(root.utf8.count + 1)
    return index.holds(Array(below.utf8) + [0])
  }
}

extension [UInt8] {
  fileprivate func holds(_ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, count >= wanted.count else { return false }
    return withUnsafeBufferPointer { bytes in
      for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
        if bytes[start..<start + wanted.count].elementsEqual(wanted) { return true }
      }
      return false
    }
  }
}
