/// `traces/*.ndjson`: the files that a pattern names, sorted.
///
/// `*` and `?` stand for characters within one name, `[a-z]` for one of a set, and a `**` of its own for any number of
/// folders. Names that begin with a dot are only meant where the pattern says so. A pattern that names nothing is a
/// trouble: no evidence must not look like evidence of nothing.
package struct LogPattern: Sendable {
  private let files: any Files

  package init(_ files: any Files) { self.files = files }

  /// Absolute paths in, absolute paths out; `-` and plain paths stay as they are, each is named once.
  package func paths(_ patterns: [String]) throws(FileTrouble) -> [String] {
    var found: [String] = []
    for pattern in patterns {
      var isPlain = pattern == "-" || !Self.isPattern(pattern)
      if !isPlain { isPlain = try files.facts(pattern) != nil }
      if isPlain {
        found.append(pattern)
        continue
      }
      let parts = pattern.split(separator: "/").map(String.init)
      var matches: [String] = []
      try expand("", parts[...], into: &matches)
      guard !matches.isEmpty else { throw FileTrouble(.reading, pattern, .noMatch) }
      found += matches.sorted()
    }
    var seen: Set<String> = []
    return found.filter { seen.insert($0).inserted }
  }

  private static func isPattern(_ text: some StringProtocol) -> Bool {
    text.contains { $0 == "*" || $0 == "?" || $0 == "[" }
  }

  private func expand(_ folder: String, _ parts: ArraySlice<String>, into found: inout [String]) throws(FileTrouble) {
    guard let part = parts.first else { return }
    let rest = parts.dropFirst()
    if part == "**" {
      try expand(folder, rest, into: &found)
      for name in try files.names(in: folder.isEmpty ? "/" : folder) where !name.hasPrefix(".") {
        // A link to a folder above would never end.
        let path = "\(folder)/\(name)"
        if try files.facts(path)?.kind == .folder, try files.realPath(path) == path {
          try expand(path, parts, into: &found)
        }
      }
      return
    }
    let names: [String]
    if Self.isPattern(part) {
      names = try files.names(in: folder.isEmpty ? "/" : folder).filter { Self.matches($0, part) }
    } else {
      names = [part]
    }
    for name in names {
      let path = "\(folder)/\(name)"
      let kind = try files.facts(path)?.kind
      if rest.isEmpty {
        if let kind, kind != .folder { found.append(path) }
      } else if kind == .folder {
        try expand(path, rest, into: &found)
      }
    }
  }

  static func matches(_ name: String, _ pattern: String) -> Bool {
    if name.hasPrefix("."), !pattern.hasPrefix(".") { return false }
    return matches(Array(name.unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
  }

  private typealias Scalars = ArraySlice<Unicode.Scalar>

  /// Where a `*` took too little, the last one takes one more: no other one need change.
  private static func matches(_ name: Scalars, _ pattern: Scalars) -> Bool {
    var (at, place) = (name.startIndex, pattern.startIndex)
    var retry: (at: Int, place: Int)?
    while true {
      if place < pattern.endIndex, pattern[place] == "*" {
        retry = (at, place + 1)
        place += 1
      } else if at < name.endIndex, let next = step(name[at], pattern, place) {
        at += 1
        place = next
      } else if at == name.endIndex, place == pattern.endIndex {
        return true
      } else if let last = retry, last.at < name.endIndex {
        retry = (last.at + 1, last.place)
        (at, place) = (last.at + 1, last.place)
      } else {
        return false
      }
    }
  }

  /// Behind the pattern's next element, where it stands for that character.
  private static func step(_ scalar: Unicode.Scalar, _ pattern: Scalars, _ place: Int) -> Int? {
    guard place < pattern.endIndex else { return nil }
    if pattern[place] == "?" { return place + 1 }
    let body = place + 1
    guard pattern[place] == "[", let close = pattern[min(body + 1, pattern.endIndex)...].firstIndex(of: "]") else {
      return pattern[place] == scalar ? place + 1 : nil
    }
    let isNegated = pattern[body] == "!" || pattern[body] == "^"
    var at = isNegated ? body + 1 : body
    var isIn = false
    while at < close {
      if at + 2 < close, pattern[at + 1] == "-" {
        isIn = isIn || (pattern[at] <= scalar && scalar <= pattern[at + 2])
        at += 3
      } else {
        isIn = isIn || pattern[at] == scalar
        at += 1
      }
    }
    return isIn != isNegated ? close + 1 : nil
  }
}
