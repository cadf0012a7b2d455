/// Finds the rules of a zone by its name in the machine's time-zone database: `$TZDIR` first, then the usual folder.
///
/// UTC needs no database. Any other zone is read or refused, never guessed: a soak that ends an hour early because a
/// machine has no database would be a lie in the journal.
package struct ZoneFinder: Sendable {
  package let files: any Files
  package let folders: [String]

  package static let usualFolder = "/usr/share/zoneinfo"

  package init(files: any Files, variables: Variables = [:]) {
    self.files = files
    let named = variables["TZDIR"].flatMap { $0.hasPrefix("/") ? [$0] : nil } ?? []
    folders = named + [Self.usualFolder]
  }

  package func rules(of name: String) throws(ZoneTrouble) -> ZoneRules {
    if name == "UTC" || name == "Etc/UTC" { return .utc }
    guard Self.isName(name) else { throw .badName(name) }
    var isThere = false
    for folder in folders {
      let path = "\(folder)/\(name)"
      let (place, entry) = (try facts(folder), try facts(path))
      isThere = isThere || place?.kind == .folder
      guard entry?.kind == .file else { continue }
      let bytes = try bytes(of: path)
      do throws(ZoneFault) {
        return try TimeZoneFile.read(bytes)
      } catch {
        throw .malformed(path: path, error)
      }
    }
    throw isThere ? .unknown(name, lookedIn: folders) : .noDatabase(name, lookedIn: folders)
  }

  private func facts(_ path: String) throws(ZoneTrouble) -> FileFacts? {
    do { return try files.facts(path) } catch { throw .file(error) }
  }

  private func bytes(of path: String) throws(ZoneTrouble) -> [UInt8] {
    do { return try files.read(path, limit: 1 << 20) } catch { throw .file(error) }
  }

  /// A relative path of plain words: nothing that leads out of the database.
  private static func isName(_ name: String) -> Bool {
    guard (1...255).contains(name.utf8.count) else { return false }
    let words = name.split(separator: "/", omittingEmptySubsequences: false)
    return words.allSatisfy { word in
      !word.isEmpty && word.utf8.first != UInt8(ascii: ".") && word.utf8.first != UInt8(ascii: "-")
        && word.utf8.allSatisfy {
          LocalOffset.isLetter($0) || LocalOffset.isSignOrDigit($0) || $0 == UInt8(ascii: "_")
            || $0 == UInt8(ascii: ".")
        }
    }
  }
}
