@testable import RolloutOps

/// Who declares which name, and who mentions it: types with their owners, and members. An arrow is a name that stands
/// on a higher floor than the file that mentions it, or beside it.
struct HouseNames {
  typealias File = FloorTests.File

  /// A name in a file, and the files that declare what it means.
  struct Mention {
    let name: String
    let line: Int
    let homes: [Int]
  }

  struct Arrow {
    let file: File
    let line: Int
    let sentence: String
    let name: String

    var finding: String { file.finding(line, sentence) }
    /// The same wherever in the file it stands: `Documentation/Topic.swift: Vocabulary`.
    var key: String { "\(file.parts.dropFirst().joined(separator: "/")): \(name)" }
  }

  private struct Declared {
    let file: Int
    let isPrivate: Bool
  }

  private typealias Register = [String: [Declared]]

  private let files: [File]
  private let heights: [Int]
  /// By qualified name, as `Plan.Stage`: the library's, and the program's.
  private var types: (library: Register, program: Register) = ([:], [:])
  private var members: (library: Register, program: Register) = ([:], [:])
  /// The same by the member's name alone, with the type that declares it.
  private var owners: [String: [(owner: String, declared: Declared)]] = [:]
  /// What a file means by itself: generic parameters, and types within functions.
  private var locals: [Set<String>] = []

  init(_ files: [File]) {
    self.files = files
    var floors: [String: Int] = [:]
    for (height, row) in FloorTests.floors.enumerated() { for room in row { floors[room] = height } }
    for (height, row) in FloorTests.programFloors.enumerated() { for room in row { floors[room] = 100 + height } }
    heights = files.map { floors[$0.room] ?? 200 }
    for index in files.indices {
      let outline = HouseOutline(files[index].text)
      locals.append(outline.locals)
      let isLibrary = files[index].isLibrary
      func add(_ names: [HouseOutline.Name], to register: inout Register) {
        for name in names { register[name.text, default: []].append(Declared(file: index, isPrivate: name.isPrivate)) }
      }
      for name in outline.members {
        let parts = name.text.split(separator: ".")
        let owner = parts.dropLast().joined(separator: ".")
        owners[String(parts[parts.count - 1]), default: []]
          .append((owner, Declared(file: index, isPrivate: name.isPrivate)))
      }
      if isLibrary {
        add(outline.types, to: &types.library)
        add(outline.members, to: &members.library)
      } else {
        add(outline.types, to: &types.program)
        add(outline.members, to: &members.program)
      }
    }
  }

  private func homes(_ name: String, _ registers: (library: Register, program: Register), _ file: Int) -> [Int]? {
    func visible(_ register: Register) -> [Int]? {
      guard let all = register[name] else { return nil }
      let seen = all.filter { !$0.isPrivate || $0.file == file }.map(\.file)
      return seen.isEmpty ? nil : seen
    }
    guard !files[file].isLibrary else { return visible(registers.library) }
    return visible(registers.program) ?? visible(registers.library)
  }

  // MARK: Types

  /// Every type that the file mentions, resolved as the compiler does: within the types around it first, outermost last.
  func mentions(of file: Int) -> [Mention] { resolved(file).mentions }

  /// The mentions, and of each word that means a type which one.
  private func resolved(_ file: Int) -> (mentions: [Mention], meant: [Int: String]) {
    let text = files[file].text
    var found: [Mention] = []
    var meant: [Int: String] = [:]
    var chain: String?
    for (index, word) in text.words.enumerated() {
      guard word.isCapitalized, !isDeclared(index, text) else {
        chain = nil
        continue
      }
      if word.isMember {
        guard word.isQualified, let owner = chain else { continue }
        chain = owner + "." + word.text
      } else if locals[file].contains(word.text) {
        chain = nil
      } else {
        chain = qualified(word, text, file)
      }
      guard let name = chain, let homes = homes(name, types, file) else {
        chain = nil
        continue
      }
      meant[index] = name
      found.append(Mention(name: name, line: word.line, homes: homes))
    }
    return (found, meant)
  }

  private func qualified(_ word: SwiftText.Word, _ text: SwiftText, _ file: Int) -> String {
    let owners = text.scopes[word.scope].owners
    for count in stride(from: owners.count, to: 0, by: -1) {
      let name = owners.prefix(count).joined(separator: ".") + "." + word.text
      if homes(name, types, file) != nil { return name }
    }
    return word.text
  }

  private func isDeclared(_ index: Int, _ text: SwiftText) -> Bool {
    guard index > 0 else { return false }
    let before = text.words[index - 1]
    return before.text != "extension" && HouseOutline.declares.contains(before.text) && !before.isMember
      && !text.words[index].isMember
  }

  // MARK: Arrows

  /// All that go up, or to the side.
  var arrows: [Arrow] {
    files.indices.filter { heights[$0] < 200 }.flatMap { file in
      let (mentions, meant) = resolved(file)
      return mentions.compactMap { arrow(file, $0, "mentions") }
        + uses(of: file, meant).compactMap { arrow(file, $0, "uses") }
    }
  }

  private func arrow(_ file: Int, _ mention: Mention, _ verb: String) -> Arrow? {
    let isReached = mention.homes.contains { home in
      heights[home] < heights[file] || files[home].room == files[file].room
    }
    guard !isReached, let home = mention.homes.map({ files[$0].room }).min() else { return nil }
    return Arrow(
      file: files[file], line: mention.line, sentence: "\(files[file].room) \(verb) \(mention.name) of \(home)",
      name: mention.name)
  }

  /// Members that the file uses: of a type that is named, of a value, and of `self` by the bare name.
  private func uses(of file: Int, _ meant: [Int: String]) -> [Mention] {
    let text = files[file].text
    var bound: Set<String>?
    return text.words.enumerated().compactMap { index, word -> Mention? in
      guard !word.isCapitalized, let all = owners[word.text], !Self.standard.contains(word.text) else { return nil }
      if word.isQualified, let owner = meant[index - 1] {
        return homes("\(owner).\(word.text)", members, file).map {
          Mention(name: word.text, line: word.line, homes: $0)
        }
      }
      let around = text.scopes[word.scope].owners
      let visible = all.filter { one in
        (!one.declared.isPrivate || one.declared.file == file)
          && (!files[file].isLibrary || files[one.declared.file].isLibrary)
          && (word.isMember || around.contains { one.owner == $0 })
      }
      guard !visible.isEmpty else { return nil }
      let mention = Mention(name: word.text, line: word.line, homes: visible.map(\.declared.file))
      // Whoever is reached anyway need not be looked at closer.
      guard arrow(file, mention, "uses") != nil else { return nil }
      if bound == nil { bound = HouseOutline.bound(in: text, bare: false) }
      if bound?.contains(word.text) == true { return nil }
      return word.isMember || !word.isLabel && !HouseOutline.bound(in: text, bare: true).contains(word.text)
        ? mention : nil
    }
  }

  /// Members of Swift's own types, and of C's, whose names ours bear too, higher up.
  static let standard: Set = [
    "append", "close", "control", "count", "error", "failure", "filter", "format", "get", "index", "insert", "isEmpty",
    "keys", "last", "map", "mask", "prefix", "properties", "rawValue", "remove", "removeAll", "sorted", "split",
    "starts",
    "suffix",
  ]
}
