/// Who else may write a flag file: whoever made it from something else makes it anew from there, and a kill that was
/// written into it is gone then.
struct FileWriters: Hashable, Sendable {
  /// As the file is named, and where it really lies.
  var path: String
  var real: String
  /// Whether `..data` stands in one of its folders: the link that Kubernetes turns when a ConfigMap or Secret changes.
  var hasDataLink = false
  /// Whether the mount that it lies on takes no writes from here: then somebody else fills it.
  var isReadOnly = false
  /// Whose the file is, and who we are; nil where that is not known.
  var owner: UInt32?
  var own: UInt32?

  /// In sentences; none where nobody is known to write it.
  var sentences: [String] {
    var found: [String] = []
    if hasDataLink || parts.contains(where: { $0.hasPrefix("..") && $0 != ".." }) {
      found.append(
        "\(path) comes out of a ConfigMap or Secret (..data): Kubernetes writes it anew from there; change that too")
    } else if isSynced {
      found.append("\(path) is a checkout that git-sync makes anew (\(real)): change it in the repository too")
    }
    if isReadOnly {
      found.append("\(path) lies on a read-only mount: whoever fills it writes it anew; change it there")
    }
    // What root may write belongs to others by the nature of things.
    if let owner, let own, owner != own, own != 0 {
      found.append("\(path) belongs to another user (number \(owner)), who may write it anew")
    }
    return found
  }

  private var parts: [Substring] { real.split(separator: "/") }

  /// git-sync turns a link to a worktree that is named by its commit: below `.worktrees`, in older ones beside the link.
  private var isSynced: Bool {
    let named = Set(path.split(separator: "/"))
    return parts.contains { part in
      let isCommit = part.utf8.count == 40 && part.allSatisfy(\.isHexDigit)
      return !named.contains(part) && (part == ".worktrees" || isCommit)
    }
  }
}

extension FileWriters {
  init(_ path: String, real: String, _ files: any Files) {
    (self.path, self.real) = (path, real)
    hasDataLink = [path, real].contains { place in
      (try? files.facts(Path.joined(Path.folder(of: place), "..data"))) != nil
    }
    owner = (try? files.facts(real))?.owner
    // A process owns its own entry there (proc(5)).
    own = (try? files.facts("/proc/self"))?.owner
    isReadOnly = Self.isReadOnly(real, files)
  }

  /// By the kernel's list of mounts (proc(5), mountinfo): the fifth field is the place, the sixth its options. Of several
  /// that the path lies below the longest counts, and of two at one place the later.
  private static func isReadOnly(_ path: String, _ files: any Files) -> Bool {
    guard let bytes = try? files.read("/proc/self/mountinfo", limit: 16 << 20) else { return false }
    var found: (length: Int, isReadOnly: Bool) = (-1, false)
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 5 else { continue }
      let place = fields[4].split(separator: "\\040", omittingEmptySubsequences: false).joined(separator: " ")
      guard place == "/" || path == place || path.hasPrefix(place + "/"), place.utf8.count >= found.length else {
        continue
      }
      found = (place.utf8.count, fields[5].split(separator: ",").contains("ro"))
    }
    return found.isReadOnly
  }
}
