/// The folder that holds the journals of all flags of a store, a file each.
package struct JournalFolder: Sendable {
  package let path: String
  private let files: any Files
  private let base: String

  package init(_ folder: Folder) { (path, files, base) = (folder.path, folder.files, folder.base) }

  package init(path: String, files: any Files) { self.init(Folder(path: path, files: files)) }

  static let suffix = ".journal"

  package func journal(of flag: FlagKey) -> Journal {
    Journal(path: Path.joined(path, Self.escaped(flag.text) + Self.suffix), flag: flag, files: files, base: base)
  }

  /// Where a journal of that flag that is kept elsewhere would be pointed to from here.
  package func pointer(of flag: FlagKey) -> JournalPointer {
    JournalPointer(path: Path.joined(path, Self.escaped(flag.text) + JournalPointer.suffix), files: files)
  }

  /// Whether a journal could be begun here: a file that is gone at once, in the folder or, where there is none yet, in
  /// the nearest one above it. Where the files' keeper tells, nothing is made.
  package func rehearse(process: Int) throws(FileTrouble) {
    if try files.allowsFile(Path.joined(path, "doctor")) { return }
    // Two stores may lie in one folder, and are looked at side by side.
    let name = ".rolloutctl-doctor-\(process)-\(SHA256.hex(path).prefix(8))"
    var folder = path
    while true {
      do throws(FileTrouble) {
        // A full disk still takes an empty file; an entry has a few hundred bytes.
        try files.create(Path.joined(folder, name), [UInt8](repeating: 0x20, count: 1024), like: nil)
        return try files.remove(Path.joined(folder, name))
      } catch {
        guard error.reason == .missing, folder != "/" else { throw error }
        folder = Path.folder(of: folder)
      }
    }
  }

  /// Every flag that has a journal here, in the order of their file names.
  package func flags() throws(JournalTrouble) -> [FlagKey] {
    try named(Self.suffix).compactMap { escaped in
      Self.unescaped(escaped).map(FlagKey.init)
        ?? firstFlag(escaped, in: Path.joined(path, escaped + Self.suffix))
    }
  }

  /// Every journal that is pointed to from here, in the order of the pointers' names.
  package func elsewhere() throws(JournalTrouble) -> [Journal] {
    try named(JournalPointer.suffix).compactMap { escaped in
      let pointer = JournalPointer(path: Path.joined(path, escaped + JournalPointer.suffix), files: files)
      guard case .journal(let target) = pointer.answer(),
        let flag = Self.unescaped(escaped).map(FlagKey.init) ?? firstFlag(escaped, in: target)
      else { return nil }
      return Journal(path: target, flag: flag, files: files)
    }
  }

  private func named(_ suffix: String) throws(JournalTrouble) -> [String] {
    do throws(FileTrouble) {
      return try files.names(in: path).filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
    } catch {
      throw .file(error)
    }
  }

  /// The flag of a journal whose name was too long to be spelled out.
  private func firstFlag(_ escaped: String, in journal: String) -> FlagKey? {
    guard let bytes = try? files.read(journal, limit: Journal.longest),
      let line = try? JSON.parse(Array(bytes.prefix { $0 != 0x0A })), let key = line["flag"]?.text,
      Self.escaped(key) == escaped
    else { return nil }
    return FlagKey(key)
  }

  /// A flag key as a file name: letters, digits, `-`, `_` and inner dots stay, every other byte becomes `%41`. A key too
  /// long for a file name keeps its beginning and gets its digest, behind a `~` that no escape makes.
  static func escaped(_ key: String) -> String {
    var name = ""
    for byte in key.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where !name.isEmpty:
        name += "."
      default:
        name += byte < 16 ? "%0\(String(byte, radix: 16))" : "%\(String(byte, radix: 16))"
      }
    }
    guard name.utf8.count > 180 else { return name }
    return "\(name.prefix(100))~\(SHA256.hex(key))"
  }

  /// Nil for a shortened name.
  static func unescaped(_ name: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Substring(name)
    while let first = rest.utf8.first {
      if first == UInt8(ascii: "~") { return nil }
      if first == UInt8(ascii: "%") {
        guard let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) else { return nil }
        bytes.append(byte)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(first)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
