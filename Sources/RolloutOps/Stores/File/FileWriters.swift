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
    // Bytes: a machine has hundreds of mounts, and texts would take longer than all the rest of a kill.
    let (path, slash) = (Array(path.utf8), UInt8(ascii: "/"))
    var found: (length: Int, isReadOnly: Bool) = (-1, false)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 6)
      guard fields.count > 5 else { continue }
      let place = unescaped(fields[4])
      guard place.count >= found.length, place == [slash] || path == place || path.starts(with: place + [slash]) else {
        continue
      }
      found = (place.count, fields[5].split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual("ro".utf8) })
    }
    return found.isReadOnly
  }

  /// A blank in a name is written as `\040` there.
  private static func unescaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
    guard name.contains(UInt8(ascii: "\\")) else { return Array(name) }
    let blank = Array("\\040".utf8)
    var bytes: [UInt8] = []
    var rest = name
    while let first = rest.first {
      if rest.starts(with: blank) {
        bytes.append(UInt8(ascii: " "))
        rest = rest.dropFirst(blank.count)
      } else {
        bytes.append(first)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }
}
