/// Changes members of one object inside a text and leaves every other byte as it is.
///
/// A member that says the same as before keeps its spelling; what is new is written the way the object's first member
/// is: on a line of its own with the same indentation, or on the same line.
struct ObjectEdit {
  struct Change {
    let name: String
    /// Nil takes the member away.
    let value: JSON?

    init(_ name: String, _ value: JSON?) {
      self.name = name
      self.value = value
    }
  }

  private struct Member {
    let name: String
    let start: Int
    let value: Range<Int>
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let members: [Member]
  private let unit: [UInt8]
  /// The white space before the first member, which a new one gets too, and all that follows the last member's value.
  private let lead: [UInt8]
  private let tail: [UInt8]

  /// The object that opens at `span.lowerBound`. `unit` is what the file indents by, per level.
  init(_ bytes: UnsafeBufferPointer<UInt8>, object span: Range<Int>, unit: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes, at: span.lowerBound)
    var members: [Member] = []
    var more = try reader.openObject()
    while more {
      let name = try reader.name()
      _ = reader.peek()
      let start = reader.position
      try reader.skipValue()
      members.append(
        Member(name: reader.text(of: name), start: name.range.lowerBound - 1, value: start..<reader.position))
      more = try reader.nextMember()
    }
    (self.bytes, self.members, self.unit) = (bytes, members, unit)
    if let first = members.first, let last = members.last {
      lead = Array(bytes[(span.lowerBound + 1)..<first.start])
      tail = Array(bytes[last.value.upperBound..<span.upperBound])
    } else {
      let line = Self.lineStart(bytes, before: span.lowerBound)
      lead = line.isEmpty ? [] : line + unit
      tail = line + [UInt8(ascii: "}")]
    }
  }

  var names: [String] { members.map(\.name) }

  /// The line break and indentation of the line that `position` is on; empty on the first line.
  private static func lineStart(_ bytes: UnsafeBufferPointer<UInt8>, before position: Int) -> [UInt8] {
    guard let newline = bytes[..<position].lastIndex(of: 0x0A) else { return [] }
    let start = newline > 0 && bytes[newline - 1] == 0x0D ? newline - 1 : newline
    let indentation = bytes[(newline + 1)..<position].prefix { $0 == 0x20 || $0 == 0x09 }
    return Array(bytes[start...newline]) + indentation
  }

  /// The object's text with these changes; a changed member that stood several times stands once. `changes` are few,
  /// however many members there are: whoever drops members by the thousand says which with `isDropped`.
  func text(_ changes: [Change], dropping isDropped: (String) -> Bool = { _ in false }) -> [UInt8] {
    var pending = changes
    var out: [UInt8] = [UInt8(ascii: "{")]
    var written = 0
    var done: [String] = []
    for (index, member) in members.enumerated() {
      guard let change = changes.first(where: { $0.name == member.name }) else {
        if isDropped(member.name) { continue }
        out += separator(before: index, written: written)
        out += bytes[member.start..<member.value.upperBound]
        written += 1
        continue
      }
      pending.removeAll { $0.name == member.name }
      guard let value = change.value, !done.contains(member.name) else { continue }
      done.append(member.name)
      out += separator(before: index, written: written)
      out += bytes[member.start..<member.value.lowerBound]
      out += says(member, value) ? Array(bytes[member.value]) : spelled(value)
      written += 1
    }
    for change in pending {
      guard let value = change.value else { continue }
      out += (written > 0 ? separator : lead) + named(change.name, value)
      written += 1
    }
    return out + tail
  }

  /// What stands between the first two members, or would.
  private var separator: [UInt8] {
    if members.count > 1 { return Array(bytes[members[0].value.upperBound..<members[1].start]) }
    return [UInt8(ascii: ",")] + (lead.isEmpty && spacing == .spaced ? [0x20] : lead)
  }

  /// What stood between this member and the one before it; the first that is written stands where the first stood.
  private func separator(before index: Int, written: Int) -> [UInt8] {
    guard written > 0, index > 0 else { return lead }
    return Array(bytes[members[index - 1].value.upperBound..<members[index].start])
  }

  private func says(_ member: Member, _ value: JSON) -> Bool {
    var reader = JSONReader(bytes, at: member.value.lowerBound)
    guard let old = try? reader.value() else { return false }
    return old.means(value) && old.members?.map(\.name) == value.members?.map(\.name)
  }

  private func named(_ name: String, _ value: JSON) -> [UInt8] {
    var out: [UInt8] = []
    JSON.quote(name, into: &out)
    out.append(UInt8(ascii: ":"))
    if spacing != .tight { out.append(0x20) }
    return out + spelled(value)
  }

  private enum Spacing { case lines, spaced, tight }

  private var spacing: Spacing {
    if lead.contains(0x0A) { return .lines }
    guard let first = members.first else { return .spaced }
    return bytes[first.value.lowerBound - 1] == UInt8(ascii: ":") ? .tight : .spaced
  }

  private func spelled(_ value: JSON) -> [UInt8] {
    var out: [UInt8] = []
    switch spacing {
    case .tight: value.write(into: &out, style: .compact)
    case .spaced: value.write(into: &out, style: .spaced)
    case .lines:
      let base = lead[((lead.lastIndex(of: 0x0A) ?? -1) + 1)...]
      value.write(
        into: &out,
        style: .fitted(
          unit: String(decoding: unit, as: UTF8.self), base: String(decoding: base, as: UTF8.self), width: 120))
      if lead.contains(0x0D) { return out.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } }
    }
    return out
  }
}
