/// Where flags live, as operators write it: `file:flags.json`, a bare path, later the address of a platform.
package struct StoreAddress: Hashable, Sendable {
  /// As it was written.
  package let text: String
  /// The flag file's path, perhaps relative.
  package let path: String

  package init(_ text: String) throws(StoreTrouble) {
    func refused(_ why: String) -> StoreTrouble { .badAddress(text, why: why) }
    let scheme = Self.scheme(of: text)
    if let scheme, scheme != "file" {
      let known = Self.later.contains(scheme)
      throw refused(
        known
          ? "this version talks to flag files only"
          : "there is no store \"\(scheme):\"; a path that has a colon is written as ./\(text)")
    }
    var path = scheme == nil ? text : String(text.dropFirst("file:".count))
    if path.hasPrefix("//"), scheme != nil {
      guard path.hasPrefix("///") else { throw refused("a flag file is on this machine: file:/path, without a host") }
      path.removeFirst(2)
    }
    guard !path.isEmpty else { throw refused("the path is missing") }
    guard !path.utf8.contains(0) else { throw refused("a path cannot hold a zero byte") }
    guard !path.hasSuffix("/") else { throw refused("this is a folder; name the flag file in it") }
    (self.text, self.path) = (text, path)
  }

  private static let later: Set<String> = [
    "etcd+http", "etcd+https", "launchdarkly", "unleash+http", "unleash+https", "posthog+http", "posthog+https",
    "statsig", "http", "https",
  ]

  /// What stands before the first colon, where that can be a scheme: two letters or more, and no slash before it.
  private static func scheme(of text: String) -> String? {
    let head = text.prefix { $0 != ":" }
    guard head.count >= 2, head.count < text.count, let first = head.first, first.isASCII, first.isLetter,
      head.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-".contains($0)) })
    else { return nil }
    return head.lowercased()
  }

  /// The store behind it; a relative path is looked up from `folder`.
  package func opening(from folder: String, _ context: Context) -> any FlagStore {
    FileStore(path: path.hasPrefix("/") ? path : "\(folder)/\(path)", address: text, context: context)
  }
}
