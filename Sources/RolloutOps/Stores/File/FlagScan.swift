/// One strict pass over a whole flag file: proves it, finds flags in it, and notices what readers would reject.
///
/// Readers such as OpenFeature's flagd providers reject a file as a whole for one bad flag and go on serving the old
/// one, so a change that lands in such a file changes nothing. The pass runs near the speed of memory: no text is built
/// for names that are only compared.
struct FlagScan {
  /// Something that keeps a change from being served, or from being made safely.
  struct Fault: Error, Hashable, Sendable {
    enum Kind: Sendable { case malformed, ambiguous, rejected }

    let kind: Kind
    let offset: Int
    let sentence: String
    /// Whose readers refuse the whole file for it, as measured with flagd's providers: of Go (flagd itself as well), Node,
    /// Java and Python.
    var by = FlagReaders.all
    /// Whether it lies in a flag that was looked for, where writing the flag mends it.
    var isOurs = false
  }

  struct Span: Hashable, Sendable {
    /// Where the name's opening quotation mark stands.
    let name: Int
    let value: Range<Int>
  }

  /// From the brace that opens `flags` to the one that closes it.
  private(set) var flags = 0..<0
  private(set) var hasFlags = false
  /// The flags that were looked for, in the order of their keys; of several of one name the last, as readers have it.
  private(set) var found: [Span?]
  private(set) var faults: [Fault] = []
  private(set) var listed: [ListedFlag] = []

  private let wanted: Wanted
  private let lists: Bool
  private var variants: [JSONReader.Name] = []
  private var mark: (word: String?, stage: String?, head: String?) = (nil, nil, nil)

  /// Looks for `keys`, or lists every flag where there are none.
  init(_ bytes: UnsafeBufferPointer<UInt8>, keys: [FlagKey]) throws(Fault) {
    (wanted, lists) = (Wanted(keys), keys.isEmpty)
    found = keys.map { _ in nil }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw Fault(kind: .malformed, offset: 0, sentence: "the file starts with a byte order mark, which readers refuse")
    }
    var reader = JSONReader(bytes)
    do throws(JSONError) {
      try scan(&reader)
      try reader.end()
    } catch {
      throw Fault(kind: .malformed, offset: error.offset, sentence: error.sentence)
    }
    guard hasFlags else {
      throw Fault(kind: .malformed, offset: 0, sentence: "the file has no object \"flags\"")
    }
  }

  private mutating func scan(_ reader: inout JSONReader) throws(JSONError) {
    var names = NameTable(expecting: 8)
    var more = try reader.openObject()
    while more {
      let name = try reader.name()
      let start = name.range.lowerBound - 1
      if !names.insert(name, in: reader) { note(.ambiguous, start, Self.twice(reader.text(of: name))) }
      let value = reader.peek()
      switch reader.text(of: name) {
      case "flags" where value == UInt8(ascii: "{"):
        let open = reader.position
        try scanFlags(&reader)
        (flags, hasFlags) = (open..<reader.position, true)
      case "flags":
        hasFlags = false
        try reader.skipValue()
      case "metadata":
        if value != UInt8(ascii: "{") {
          note(.rejected, start, "the file's \"metadata\" is not an object", [.go, .java, .python])
        }
        try scanMetadata(&reader, of: "the file's")
      case "$evaluators":
        if value != UInt8(ascii: "{") { note(.rejected, start, "\"$evaluators\" is not an object", .go) }
        try reader.skipValue()
      default: try reader.skipValue()
      }
      more = try reader.nextMember()
    }
  }

  private mutating func scanFlags(_ reader: inout JSONReader) throws(JSONError) {
    found = found.map { _ in nil }
    listed = []
    var names = NameTable(expecting: reader.bytes.count / 256)
    var more = try reader.openObject()
    while more {
      let name = try reader.name()
      let start = name.range.lowerBound - 1
      if !names.insert(name, in: reader) {
        note(.ambiguous, start, "it stands twice in \"flags\"", in: name, reader)
      }
      let opens = reader.peek() == UInt8(ascii: "{")
      let value = reader.position
      mark = (nil, nil, nil)
      if opens {
        try scanFlag(&reader, name)
      } else {
        note(.rejected, value, "it is not an object", in: name, reader)
        try reader.skipValue()
      }
      if lists {
        let word = mark.word.map { Flag.Mark(killed: $0 == "killed", stage: mark.stage, head: JournalHead(mark.head)) }
        listed.append(ListedFlag(key: FlagKey(reader.text(of: name)), mark: word))
      } else if let index = wanted.index(of: name, in: reader) {
        found[index] = Span(name: start, value: value..<reader.position)
      }
      more = try reader.nextMember()
    }
  }

  private mutating func scanFlag(_ reader: inout JSONReader, _ flag: JSONReader.Name) throws(JSONError) {
    let open = reader.position
    var seen = MemberSet()
    var fallback: (name: JSONReader.Name, offset: Int)?
    variants.removeAll(keepingCapacity: true)
    var more = try reader.openObject()
    while more {
      let name = try reader.name()
      let start = name.range.lowerBound - 1
      let member = Member(name, reader)
      if let member, !seen.insert(member) {
        note(.ambiguous, start, Self.twice(reader.text(of: name)), in: flag, reader)
      }
      let first = reader.peek()
      let value = reader.position
      switch member {
      case .state:
        try reader.skipValue()
        let text = value..<reader.position
        if !reader.bytes(text, are: "\"ENABLED\""), !reader.bytes(text, are: "\"DISABLED\"") {
          note(
            .rejected, value, "\"state\" is neither \"ENABLED\" nor \"DISABLED\"", [.node, .python], in: flag, reader)
        }
      case .variants where first == UInt8(ascii: "{"):
        var more = try reader.openObject()
        while more {
          variants.append(try reader.name())
          try reader.skipValue()
          more = try reader.nextMember()
        }
      case .defaultVariant where first == UInt8(ascii: "\""):
        let escaped = try reader.skipString()
        fallback = (JSONReader.Name(range: (value + 1)..<(reader.position - 1), escaped: escaped), value)
      case .defaultVariant where first == UInt8(ascii: "n"): try reader.skipValue()
      case .defaultVariant:
        try reader.skipValue()
        note(
          .rejected, value, "\"defaultVariant\" is not the name of a variant", [.go, .node, .python], in: flag, reader)
      case .metadata where first == UInt8(ascii: "{"): try scanMetadata(&reader, of: nil, in: flag)
      case .metadata where first == UInt8(ascii: "n"): try reader.skipValue()
      case .metadata:
        try reader.skipValue()
        note(.rejected, value, "\"metadata\" is not an object", [.go, .java], in: flag, reader)
      case nil:
        try reader.skipValue()
        note(.rejected, start, "a flag has no member \"\(reader.text(of: name))\"", .python, in: flag, reader)
      case .variants, .targeting, .source, .selector: try reader.skipValue()
      }
      more = try reader.nextMember()
    }
    if !seen.contains(.state) { note(.rejected, open, "it has no \"state\"", [.node, .python], in: flag, reader) }
    if variants.isEmpty {
      note(
        .rejected, open, "it has no \"variants\"", seen.contains(.variants) ? .python : [.node, .python], in: flag,
        reader)
    }
    if let fallback, !fallback.name.range.isEmpty, !variants.contains(where: { reader.same($0, fallback.name) }) {
      let name = reader.text(of: fallback.name)
      note(
        .rejected, fallback.offset, "the default variant \"\(name)\" is not among the variants", [.go, .node], in: flag,
        reader)
    }
  }

  private mutating func scanMetadata(
    _ reader: inout JSONReader, of owner: String?, in flag: JSONReader.Name? = nil
  ) throws(JSONError) {
    guard reader.peek() == UInt8(ascii: "{") else { return try reader.skipValue() }
    var more = try reader.openObject()
    while more {
      let name = try reader.name()
      let start = name.range.lowerBound - 1
      let first = reader.peek()
      let value = reader.position
      try reader.skipValue()
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "n") || name.range.isEmpty {
        let whose = owner.map { "\($0) metadata" } ?? "the metadata"
        note(
          .rejected, start, "\(whose) may hold only named texts, numbers and truth values",
          owner == nil ? .python : [.java, .python], in: flag, reader)
      }
      if lists, flag != nil, first == UInt8(ascii: "\"") {
        var inside = JSONReader(reader.bytes, at: value)
        switch reader.text(of: name) {
        case FlagdFlag.markName: mark.word = try inside.string()
        case FlagdFlag.stageName: mark.stage = try inside.string()
        case FlagdFlag.headName: mark.head = try inside.string()
        default: break
        }
      }
      more = try reader.nextMember()
    }
  }

  // MARK: Faults

  private static func twice(_ name: String) -> String { JSONError(.duplicate(name), at: 0).sentence }

  private mutating func note(_ kind: Fault.Kind, _ offset: Int, _ sentence: String, _ by: FlagReaders = .all) {
    faults.append(Fault(kind: kind, offset: offset, sentence: sentence, by: by))
  }

  private mutating func note(
    _ kind: Fault.Kind, _ offset: Int, _ sentence: String, _ by: FlagReaders = .all, in flag: JSONReader.Name?,
    _ reader: JSONReader
  ) {
    guard let flag else { return note(kind, offset, sentence, by) }
    let isOurs = wanted.index(of: flag, in: reader) != nil
    // Nobody reads the ten-thousandth; the first elsewhere and the first here are all that is asked for.
    guard faults.count < 100 || isOurs else { return }
    faults.append(
      Fault(
        kind: kind, offset: offset, sentence: "flag \"\(reader.text(of: flag))\": \(sentence)", by: by, isOurs: isOurs))
  }

  /// The keys that are looked for.
  private struct Wanted {
    private let names: [[UInt8]]
    /// Where there are several: what each one's bytes come to, and which it is.
    private let indices: [UInt64: [Int]]

    init(_ keys: [FlagKey]) {
      names = keys.map { Array($0.text.utf8) }
      indices = names.count < 2 ? [:] : Dictionary(grouping: names.indices) { [names] in Self.sum(names[$0][...]) }
    }

    func index(of name: JSONReader.Name, in reader: JSONReader) -> Int? {
      guard !names.isEmpty else { return nil }
      if name.escaped { return index(of: Array(reader.text(of: name).utf8)[...]) }
      return index(of: Slice(base: reader.bytes, bounds: name.range))
    }

    @inline(__always)
    private func index(of name: some Collection<UInt8>) -> Int? {
      if names.count == 1 { return name.count == names[0].count && name.elementsEqual(names[0]) ? 0 : nil }
      return indices[Self.sum(name)]?.first { name.elementsEqual(names[$0]) }
    }

    /// FNV-1a, which needs no text built for a name.
    private static func sum(_ name: some Collection<UInt8>) -> UInt64 {
      name.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
  }

  /// All that a flag may have.
  private enum Member: UInt8 {
    case state, variants, defaultVariant, targeting, metadata, source, selector

    /// The length tells all but two pairs apart; this is asked for every member of every flag.
    @inline(__always)
    init?(_ name: JSONReader.Name, _ reader: JSONReader) {
      let guess: (member: Member, name: StaticString)
      switch name.range.count {
      case 5: guess = (.state, "state")
      case 6: guess = (.source, "source")
      case 8:
        let first = reader.bytes[name.range.lowerBound]
        guess =
          first == UInt8(ascii: "v")
          ? (.variants, "variants")
          : first == UInt8(ascii: "m") ? (.metadata, "metadata") : (.selector, "selector")
      case 9: guess = (.targeting, "targeting")
      case 14: guess = (.defaultVariant, "defaultVariant")
      default:
        guard name.escaped else { return nil }
        self.init(spelled: reader.text(of: name))
        return
      }
      if reader.bytes(name.range, are: guess.name) {
        self = guess.member
      } else if name.escaped {
        self.init(spelled: reader.text(of: name))
      } else {
        return nil
      }
    }

    private init?(spelled name: String) {
      switch name {
      case "state": self = .state
      case "variants": self = .variants
      case "defaultVariant": self = .defaultVariant
      case "targeting": self = .targeting
      case "metadata": self = .metadata
      case "source": self = .source
      case "selector": self = .selector
      default: return nil
      }
    }
  }

  /// Which members a flag has shown so far.
  private struct MemberSet {
    private var bits: UInt8 = 0

    /// False when it was there before.
    mutating func insert(_ member: Member) -> Bool {
      defer { bits |= 1 << member.rawValue }
      return !contains(member)
    }

    func contains(_ member: Member) -> Bool { bits & 1 << member.rawValue != 0 }
  }
}

extension JSONReader {
  @inline(__always)
  fileprivate func bytes(_ range: Range<Int>, are text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where bytes[range.lowerBound &+ index] != text.utf8Start[index] { return false }
    return true
  }
}
