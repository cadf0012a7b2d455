/// Many flags of one file in a single pass, for looking only: what is read here is nothing to write against.
enum FlagOverview {
  static func readings(of keys: [FlagKey], in bytes: [UInt8], path: String) throws(StoreTrouble) -> [FlagKey:
    FlagReading]
  {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes)
    } catch {
      // The careful pass knows line and column, and says it better.
      _ = try FlagDocument.list(bytes, path: path)
      throw .malformed(path: path, Position(line: 1, column: 1), error.sentence)
    }
    let objects = Dictionary((json["flags"]?.members ?? []).map { ($0.name, $0.value) }) { _, last in last }
    var readings: [FlagKey: FlagReading] = [:]
    for key in keys {
      let flag = objects[key.text].flatMap { $0.members == nil ? nil : FlagdFlag(key: key).decode($0) }
      readings[key] = FlagReading(key: key, flag: flag, version: "", spelled: nil)
    }
    return readings
  }
}
