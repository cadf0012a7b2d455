import RolloutOps

/// Prints one part of each result instead of all of it: `--field rollouts.0.flag`.
final class FieldOutput: Output {
  private let output: any Output
  private let path: String
  private let missed = Remembered(false)

  init(_ path: String, of output: any Output) { (self.path, self.output) = (path, output) }

  /// Whether a result had no such part.
  var hasMissed: Bool { missed.last ?? false }

  func result(_ text: String) {
    guard let json = try? JSON.parse(Array(text.utf8)) else { return output.result(text) }
    do throws(Missing) {
      for value in try Self.values(at: path.split(separator: ".").map(String.init)[...], in: json) {
        output.result(value.text.map { output.width == nil ? $0 : Terminal.plain($0) } ?? value.written(.compact))
      }
    } catch {
      // What went wrong is said already.
      if json["error"] != nil { return }
      missed.last = true
      output.failure("rolloutctl: there is no field \(path); \(error.sentence)")
    }
  }

  private struct Missing: Error {
    let sentence: String
  }

  /// Names of members and numbers of items, and `*` for each of them.
  private static func values(at path: ArraySlice<String>, in json: JSON) throws(Missing) -> [JSON] {
    guard let step = path.first else { return [json] }
    let rest = path.dropFirst()
    if let members = json.members {
      if step == "*" { return try each(members.map(\.value), rest) }
      guard let value = json[step] else {
        throw Missing(sentence: "there are \(members.map(\.name).joined(separator: ", "))")
      }
      return try values(at: rest, in: value)
    }
    if let items = json.items {
      if step == "*" { return try each(items, rest) }
      guard let index = Int(step), items.indices.contains(index) else {
        throw Missing(sentence: "there are \(items.count) items, the first is 0, and * is each of them")
      }
      return try values(at: rest, in: items[index])
    }
    throw Missing(sentence: "nothing is below \(json.written(.compact))")
  }

  private static func each(_ parts: [JSON], _ rest: ArraySlice<String>) throws(Missing) -> [JSON] {
    var found: [JSON] = []
    for part in parts { found += try values(at: rest, in: part) }
    return found
  }

  func remark(_ text: String) { output.remark(text) }
  func failure(_ text: String) { output.failure(text) }
  var isBroken: Bool { output.isBroken }
  func progress(_ text: String?) { output.progress(text) }
  var showsProgress: Bool { output.showsProgress }
  var width: Int? { output.width }
  var asks: Bool { output.asks }

  func ask(_ question: String) -> String? { output.ask(question) }
}
