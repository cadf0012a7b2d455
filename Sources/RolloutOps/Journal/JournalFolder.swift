/// The folder that holds the journals of all flags of a store, a file each.
package struct JournalFolder: Sendable {
  package let path: String
  let files: any Files

  package init(path: String, files: any Files) {
    (self.path, self.files) = (path, files)
  }

  static let suffix = ".journal"

  package func journal(of flag: FlagKey) -> Journal {
    Journal(path: Path.joined(path, Self.escaped(flag.text) + Self.suffix), flag: flag, files: files)
  }

  /// Every flag that has a journal here, in the order of their file names.
  package func flags() throws(JournalTrouble) -> [FlagKey] {
    let names: [String]
    do throws(FileTrouble) { names = try files.names(in: path) } catch { throw .file(error) }
    return names.compactMap { name in
      guard name.hasSuffix(Self.suffix) else { return nil }
      return Self.unescaped(name.dropLast(Self.suffix.count)).map(FlagKey.init) ?? firstFlag(in: name)
    }
  }

  /// The flag of a journal whose name was too long to be spelled out.
  private func firstFlag(in name: String) -> FlagKey? {
    guard let bytes = try? files.read(Path.joined(path, name), limit: Journal.longest),
      let line = try? JSON.parse(Array(bytes.prefix { $0 != 0x0A })), let key = line["flag"]?.text,
      Self.escaped(key) + Self.suffix == name
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
