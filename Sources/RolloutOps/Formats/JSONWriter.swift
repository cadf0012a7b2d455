extension JSON {
  package enum Style: Sendable {
    /// One line, no spaces: journals and digests.
    case compact
    /// One line with a space after `,` and `:`.
    case spaced
    /// Members and items on lines of their own, `unit` deep per level, below lines already indented by `base`.
    case indented(unit: String, base: String)
    /// Indented, but what fits on its line within `width` columns stays on it.
    case fitted(unit: String, base: String, width: Int)

    package static let pretty = Style.indented(unit: "  ", base: "")
  }

  package func written(_ style: Style = .compact) -> String {
    var out: [UInt8] = []
    write(into: &out, style: style)
    return String(decoding: out, as: UTF8.self)
  }

  package func write(into out: inout [UInt8], style: Style = .compact) {
    if case .fitted(_, let base, let width) = style, members != nil || items != nil {
      let line = written(.spaced)
      // The member's name before it, or the comma behind it, is nobody's business here: this is about looks.
      if base.count + line.count <= width { return out.append(contentsOf: line.utf8) }
    }
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let truth): out.append(contentsOf: (truth ? "true" : "false").utf8)
    case .spelled(let spelling): out.append(contentsOf: spelling.utf8)
    case .string(let text): Self.quote(text, into: &out)
    case .array(let items):
      Self.wrap("[", "]", items, into: &out, style: style) { item, out, inner in
        item.write(into: &out, style: inner)
      }
    case .object(let members):
      Self.wrap("{", "}", members, into: &out, style: style) { member, out, inner in
        Self.quote(member.name, into: &out)
        out.append(UInt8(ascii: ":"))
        if case .compact = style {} else { out.append(0x20) }
        member.value.write(into: &out, style: inner)
      }
    }
  }

  private static func wrap<Element>(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ elements: [Element], into out: inout [UInt8], style: Style,
    each: (Element, inout [UInt8], Style) -> Void
  ) {
    var inner = style
    switch style {
    case .indented(let unit, let base): inner = .indented(unit: unit, base: base + unit)
    case .fitted(let unit, let base, let width): inner = .fitted(unit: unit, base: base + unit, width: width)
    case .compact, .spaced: break
    }
    out.append(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      switch inner {
      case .compact: break
      case .spaced: if index > 0 { out.append(0x20) }
      case .indented(_, let base), .fitted(_, let base, _): out.append(contentsOf: "\n\(base)".utf8)
      }
      each(element, &out, inner)
    }
    switch style {
    case .indented(_, let base) where !elements.isEmpty, .fitted(_, let base, _) where !elements.isEmpty:
      out.append(contentsOf: "\n\(base)".utf8)
    default: break
    }
    out.append(UInt8(ascii: close))
  }

  /// A string literal. Control characters are escaped (DEL and the C1 block too), so that written JSON can be shown on
  /// a terminal as it is.
  package static func quote(_ text: String, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out.append(contentsOf: "\\\"".utf8)
      case "\\": out.append(contentsOf: "\\\\".utf8)
      case "\n": out.append(contentsOf: "\\n".utf8)
      case "\r": out.append(contentsOf: "\\r".utf8)
      case "\t": out.append(contentsOf: "\\t".utf8)
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        out.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
      default: out.append(contentsOf: String(scalar).utf8)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
