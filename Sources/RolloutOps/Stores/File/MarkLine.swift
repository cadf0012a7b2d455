/// The mark of a flag on a platform that has no place for it but a text for people: one line of that text, and the other
/// lines stay whose they are.
///
/// It is a JSON object behind a name, so that a stage may be called whatever it is called.
struct MarkLine: Hashable {
  var mark: Flag.Mark
  /// What is hashed, where the platform does not say it in the note's words.
  var unit: String?
  /// Where one text is for several environments, the one that it is about.
  let environment: String?

  init(_ mark: Flag.Mark, unit: String? = nil, environment: String? = nil) {
    (self.mark, self.unit, self.environment) = (mark, unit, environment)
  }

  /// That of a flag, which keeps the unit that was hashed before where nothing is; nil where nobody manages it.
  init?(of flag: Flag, keeping old: MarkLine? = nil, environment: String? = nil) {
    guard let mark = flag.mark else { return nil }
    var unit = old?.unit
    if case .split(let split) = flag.serving { unit = split.unit }
    self.init(mark, unit: unit, environment: environment)
  }

  /// The last line that is one, whoever wrote more behind it.
  init?(in text: String?, environment: String? = nil) {
    let found = Self.lines(text ?? "").reversed().lazy.compactMap { Self.parsed($0, environment) }.first
    guard let found else { return nil }
    mark = Flag.Mark(
      killed: found["state"]?.text == "killed", stage: found["stage"]?.text, killsTo: found["kill"]?.text,
      head: JournalHead(found["journal"]?.text))
    unit = found["unit"]?.text
    self.environment = environment
  }

  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  private static func start(_ environment: String?) -> String {
    "rolloutctl\(environment.map { " in \($0)" } ?? ""): "
  }

  private static func parsed(_ line: Substring, _ environment: String?) -> JSON? {
    let start = start(environment)
    guard line.hasPrefix(start), let json = try? JSON.parse(String(line.dropFirst(start.count))),
      json["state"]?.text != nil
    else { return nil }
    return json
  }

  var description: String {
    let members: [(String, String?)] = [
      ("state", mark.killed ? "killed" : "managed"), ("stage", mark.stage), ("kill", mark.killsTo), ("unit", unit),
      ("journal", mark.head?.description),
    ]
    return Self.start(environment)
      + JSON.object(members.compactMap { name, text in text.map { JSON.Member(name, .string($0)) } }).written()
  }

  /// The text with this line in the place of the one that was there; nil takes it out.
  static func text(_ line: MarkLine?, over text: String?, environment: String? = nil) -> String {
    let environment = line?.environment ?? environment
    var kept = lines(text ?? "").filter { parsed($0, environment) == nil }.map(String.init)
    while kept.last?.isEmpty == true { kept.removeLast() }
    return (kept + [line?.description].compactMap(\.self)).joined(separator: "\n")
  }

  /// The same marks behind less of what people wrote, so that it is no longer than that in UTF-16; nil where the marks
  /// alone are longer.
  static func cut(_ text: String, to most: Int) -> String? {
    let all = lines(text)
    let marks = all.filter { $0.hasPrefix("rolloutctl") }
    let room = most - marks.reduce(0) { $0 + $1.utf16.count + 1 } - 1
    guard room >= 0 else { return nil }
    var words = all.filter { !$0.hasPrefix("rolloutctl") }.joined(separator: "\n")
    while words.utf16.count > room { words.removeLast() }
    return ([words + "…"] + marks.map(String.init)).joined(separator: "\n")
  }
}
