/// Text that holds colours and links already: measured, broken into lines, and linked. What a terminal obeys takes no
/// column, and never reaches from one line into the next.
extension Terminal {
  /// A stretch without a space, with the escape sequences that stand at it.
  private struct Word {
    var text = ""
    var plain = ""
    var columns = 0
    /// Spaces before it.
    var gap = 0
  }

  /// The columns that the text takes, colours and links left out.
  package static func columns(of painted: some StringProtocol) -> Int { width(unpainted(painted)) }

  /// The text without colours and links.
  package static func unpainted(_ painted: some StringProtocol) -> String {
    guard painted.utf8.contains(0x1B) else { return String(painted) }
    var out = String.UnicodeScalarView()
    var rest = Substring(painted).unicodeScalars
    while let scalar = rest.first {
      if let escape = escape(at: rest) {
        rest = rest.dropFirst(escape.count)
      } else {
        out.append(scalar)
        rest.removeFirst()
      }
    }
    return String(out)
  }

  /// The line on as many lines as it takes to be no wider than `columns`, broken between words. What follows stands under
  /// the last column that leaves room for it; columns are told by the two spaces or more before them. Neither a word, a
  /// command, a time nor a length of time is broken: what is wider than a line stays whole, and the terminal breaks it.
  package static func folded(_ line: String, to columns: Int) -> [String] {
    let columns = max(columns, 20)
    guard Self.columns(of: line) > columns else { return [line] }
    var words = words(of: line)
    guard let first = words.first, first.plain != "rolloutctl" else { return [line] }
    let indent = first.gap
    words[0].gap = 0
    var rows: [String] = []
    var brush = Brush()
    var (row, used, hang) = (String(repeating: " ", count: indent), indent, indent + 4)
    var next = 0
    while next < words.count {
      var end = next + 1
      while end < words.count, words[end].gap == 1, isOne(words, end - 1) { end += 1 }
      let chunk = words[next..<end]
      let wide = chunk.map(\.columns).reduce(0, +) + chunk.count - 1
      let isFirst = next == 0
      let gap = words[next].gap
      if !isFirst, used + gap + wide > columns {
        rows.append(row + brush.closing)
        let lead = max(0, min(hang, columns - wide))
        (row, used) = (String(repeating: " ", count: lead) + brush.opening, lead)
      } else {
        row += String(repeating: " ", count: gap)
        used += gap
        if gap > 1, rows.isEmpty, indent > 0, used <= columns - 30 { hang = used }
      }
      for (place, word) in chunk.enumerated() {
        row += (place == 0 ? "" : " ") + word.text
        brush.see(word.text)
      }
      used += wide
      next = end
    }
    return rows + [row]
  }

  /// The line on rows of exactly that many columns, as a terminal breaks what nobody broke before.
  package static func broken(_ line: String, at columns: Int) -> [String] {
    guard Self.columns(of: line) > columns, columns > 1 else { return [line] }
    var rows: [String] = []
    var brush = Brush()
    var (row, used) = ("", 0)
    var rest = Substring(line)
    while let character = rest.first {
      if let escape = escape(at: rest.unicodeScalars) {
        row += String(escape)
        brush.see(String(escape))
        rest = Substring(rest.unicodeScalars.dropFirst(escape.count))
        continue
      }
      rest.removeFirst()
      let wide = width(String(character))
      if used + wide > columns {
        rows.append(row + brush.closing)
        (row, used) = (brush.opening, 0)
      }
      row.append(character)
      used += wide
    }
    return rows + [row]
  }

  /// Whether the space behind this word holds two parts of one thing together.
  private static func isOne(_ words: [Word], _ index: Int) -> Bool {
    let (left, right) = (words[index].plain, words[index + 1].plain)
    let ends = left.last.map { ",;.".contains($0) } ?? false
    if !ends, left == "rolloutctl" || index > 0 && words[index - 1].plain == "rolloutctl" { return true }
    if !ends, left.hasPrefix("--") || right.hasPrefix("--") { return true }
    return isOne(bare(left), bare(right)) && !ends
  }

  private static func isOne(_ left: Substring, _ right: Substring) -> Bool {
    let isNumber = { (text: Substring) in !text.isEmpty && text.allSatisfy(\.isNumber) }
    let isSpan = { (text: Substring) in
      text.count > 1 && text.last.map { "smhd".contains($0) } == true && isNumber(text.dropLast())
    }
    let isClock = { (text: Substring) in
      text.count >= 4 && text.contains(":") && text.allSatisfy { $0.isNumber || $0 == ":" }
    }
    let isMonth = { (text: Substring) in LocalCalendar.months.contains(String(text)) }
    if right == "ago" || isSpan(left) && isSpan(right) { return true }
    if isNumber(left) { return isMonth(right) || isClock(right) || ["min", "days", "ms"].contains(right) }
    if LocalCalendar.weekdays.contains(String(left)) { return isNumber(right) || isClock(right) }
    if isMonth(left) { return isNumber(right) || isClock(right) }
    return isClock(left) && (right.hasPrefix("+") || right.hasPrefix("-")) && isClock(right.dropFirst())
  }

  private static func bare(_ word: String) -> Substring {
    var text = Substring(word)
    while let first = text.first, "(“\"".contains(first) { text.removeFirst() }
    while let last = text.last, ")”\",;:".contains(last) { text.removeLast() }
    return text
  }

  private static func words(of line: String) -> [Word] {
    var words: [Word] = []
    var word = Word()
    var rest = Substring(line).unicodeScalars
    while let scalar = rest.first {
      if let escape = escape(at: rest) {
        word.text += String(escape)
        rest = rest.dropFirst(escape.count)
        continue
      }
      rest.removeFirst()
      if scalar == " " {
        if word.plain.isEmpty {
          word.gap += 1
        } else {
          words.append(word)
          word = Word(gap: 1)
        }
      } else {
        word.text.unicodeScalars.append(scalar)
        word.plain.unicodeScalars.append(scalar)
      }
    }
    if !word.plain.isEmpty {
      words.append(word)
    } else if let last = words.indices.last {
      // What closes at the end of the line.
      words[last].text += word.text
    }
    for index in words.indices { words[index].columns = width(words[index].plain) }
    return words
  }

  /// `ESC [ … m` or `ESC ] … ESC \` where the text begins with one.
  private static func escape(at text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView? {
    guard text.first == "\u{1B}" else { return nil }
    let behind = text.dropFirst()
    switch behind.first {
    case "[":
      let body = behind.dropFirst().prefix { !(0x40...0x7E).contains($0.value) }
      return text.prefix(body.count + 3)
    case "]":
      let body = behind.dropFirst().prefix { $0 != "\u{1B}" }
      return text.prefix(body.count + 4)
    default: return text.prefix(1)
    }
  }

  /// What is switched on where a line ends.
  private struct Brush {
    private var colour = ""
    private var weight = ""
    private var link = ""

    var opening: String { link + colour + weight }
    var closing: String {
      (weight.isEmpty ? "" : "\u{1B}[22m") + (colour.isEmpty ? "" : "\u{1B}[39m")
        + (link.isEmpty ? "" : Terminal.linkEnd)
    }

    mutating func see(_ text: String) {
      var rest = Substring(text).unicodeScalars
      while !rest.isEmpty {
        guard let escape = Terminal.escape(at: rest) else {
          rest.removeFirst()
          continue
        }
        rest = rest.dropFirst(escape.count)
        switch String(escape) {
        case "\u{1B}[22m": weight = ""
        case "\u{1B}[39m": colour = ""
        case Terminal.linkEnd: link = ""
        case let text where text.hasPrefix("\u{1B}]"): link = text
        case let text where text == "\u{1B}[1m" || text == "\u{1B}[2m": weight = text
        case let text: colour = text
        }
      }
    }
  }

  // MARK: Links

  private static let linkEnd = "\u{1B}]8;;\u{1B}\\"
  /// Some terminals drop longer ones.
  private static let longestLink = 2083

  /// Every web address in the text as a link to itself (OSC 8). One that hides who logs in there leads nowhere, and is
  /// left as it is.
  package static func linked(_ text: String) -> String {
    guard text.contains("://") else { return text }
    var out = ""
    var rest = Substring(text)
    while let mark = rest.firstRange(of: "://") {
      let before = rest[..<mark.lowerBound]
      let scheme = before.suffix(where: { $0.isASCII && ($0.isLetter || $0 == "+") })
      let behind = rest[mark.upperBound...].prefix { !$0.isWhitespace && $0 != "\u{1B}" && !"\"'“”<>`|".contains($0) }
      let place = trimmed(behind)
      let end = place.endIndex
      let shown = rest[scheme.startIndex..<end]
      out += rest[..<scheme.startIndex]
      out += target(scheme, place).map { "\u{1B}]8;;\($0)\u{1B}\\\(shown)\(linkEnd)" } ?? String(shown)
      rest = rest[end...]
    }
    return out + rest
  }

  private static func target(_ scheme: Substring, _ place: Substring) -> String? {
    let web = scheme.split(separator: "+").last ?? ""
    guard ["http", "https"].contains(web), !scheme.hasPrefix("etcd"), !place.contains("…") else { return nil }
    guard let first = place.first, first == "[" || first.isASCII && (first.isLowercase || first.isNumber) else {
      return nil
    }
    let address = "\(web)://" + PercentCode.printable(place)
    return address.utf8.count <= longestLink ? address : nil
  }

  /// Without the marks of the sentence that it stands in.
  private static func trimmed(_ address: Substring) -> Substring {
    var text = address
    while let last = text.last {
      if last == ")", text.contains("(") { return text }
      guard ".,;:)!?]}".contains(last) else { return text }
      text.removeLast()
    }
    return text
  }
}

extension Substring {
  /// The end of it in which every character fits.
  fileprivate func suffix(where fits: (Character) -> Bool) -> Substring {
    var start = endIndex
    while start > startIndex, fits(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
