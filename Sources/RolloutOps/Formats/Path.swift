/// Paths as text: joining and splitting, without asking the file system.
package enum Path {
  package static func isAbsolute(_ path: some StringProtocol) -> Bool { path.utf8.first == UInt8(ascii: "/") }

  /// `path` below `folder`; an absolute path stays as it is.
  package static func joined(_ folder: String, _ path: String) -> String {
    if isAbsolute(path) { return path }
    if path.isEmpty { return folder }
    return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
  }

  package static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  package static func name(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// Without `.`, `..` and doubled slashes, by the text alone.
  package static func tidied(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else if part != ".." || !isAbsolute(path) {
        parts.append(part)
      }
    }
    guard !parts.isEmpty else { return isAbsolute(path) ? "/" : "." }
    var tidy = ""
    for part in parts {
      if !tidy.isEmpty || isAbsolute(path) { tidy += "/" }
      tidy += part
    }
    return tidy
  }

  /// `path` as seen from `folder`, where it lies below it; else as it is.
  package static func shortened(_ path: String, from folder: String) -> String {
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }
}
