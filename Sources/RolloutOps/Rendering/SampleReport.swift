/// A sample of records: as they stand for a pipe, with all around them for scripts, and as a sheet to work through.
package struct SampleReport: Sendable {
  package struct Stratum: Sendable {
    /// By field; nil where the records do not have it.
    package let values: [String?]
    package let seen: Int
    package let drawn: [Record]
    package let isRest: Bool

    package init(_ values: [String?], seen: Int, drawn: [Record], isRest: Bool = false) {
      (self.values, self.seen, self.drawn, self.isRest) = (values, seen, drawn, isRest)
    }
  }

  package struct Record: Sendable {
    package let log: String
    package let line: Int
    /// As it stands, without its line break.
    package let text: String
    package let json: JSON
  }

  package var fields: [String]
  package var strata: [Stratum] = []
  package var seed: String
  /// So many in all, or from each stratum.
  package var size: Int
  package var isOfEach: Bool
  /// The first row of a file of cells.
  package var header: String?
  /// Why the records cannot stand one below the other, where they cannot.
  package var mixed: String?
  /// All records of the logs, wanted or not.
  package var records = 0
  package var logs = 0
  package var versions: [String] = []
  package var first: Instant?
  package var last: Instant?
  package var calendar: LocalCalendar
  package var remarks: [String] = []
  /// Why nothing was drawn; empty where something was.
  package var reasons: [String] = []

  package init(fields: [String], seed: String, size: Int, isOfEach: Bool, calendar: LocalCalendar) {
    (self.fields, self.seed, self.size, self.isOfEach) = (fields, seed, size, isOfEach)
    self.calendar = calendar
  }

  package var status: ExitStatus { reasons.isEmpty ? .done : .hold }
  package var seen: Int { strata.reduce(0) { $0 + $1.seen } }
  package var drawn: Int { strata.reduce(0) { $0 + $1.drawn.count } }

  /// The records alone. A terminal gets nothing that it would obey; a pipe gets every byte.
  package func text(onTerminal: Bool) -> String {
    let lines = [header].compactMap(\.self) + strata.flatMap { $0.drawn.map(\.text) }
    return lines.map { (onTerminal ? Terminal.plain($0) : $0) + "\n" }.joined()
  }

  // MARK: The summary

  /// More strata than this are counted, not named.
  private static let shownStrata = 20

  package var summary: [String] {
    var lines = [headline]
    let named = strata.filter { !$0.isRest }
    if !fields.isEmpty {
      lines += named.prefix(Self.shownStrata).map { "\(name($0)): \(amount($0))" }
      let more = named.dropFirst(Self.shownStrata)
      if !more.isEmpty {
        let (seen, drawn) = more.reduce((0, 0)) { ($0.0 + $1.seen, $0.1 + $1.drawn.count) }
        lines.append("\(Figures.grouped(more.count)) more: \(Figures.grouped(drawn)) of \(Figures.grouped(seen))")
      }
      lines += strata.filter(\.isRest).map { "more values than can be told apart, as one: \(amount($0))" }
    }
    return lines
  }

  private var headline: String {
    let logs = logs == 1 ? "one log" : "\(Figures.grouped(logs)) logs"
    let of = versions.isEmpty ? "" : " of \(versions.joined(separator: " or "))"
    let apart = fields.isEmpty ? "" : ", by \(fields.joined(separator: " and "))"
    return
      "\(Figures.grouped(drawn)) of \(Figures.grouped(seen)) records\(of) drawn from \(logs)\(apart), with seed \(seed)"
  }

  private func amount(_ stratum: Stratum) -> String {
    "\(Figures.grouped(stratum.drawn.count)) of \(Figures.grouped(stratum.seen))"
  }

  private func name(_ stratum: Stratum) -> String {
    zip(fields, stratum.values).map { field, value in value.map { "\(field) \($0)" } ?? "no \(field)" }
      .joined(separator: ", ")
  }

  // MARK: JSON

  package var json: JSON {
    let members: [(String, JSON)] = [
      ("seed", .string(seed)), ("by", .strings(fields)), (isOfEach ? "each" : "size", .number(size)),
      ("versions", .strings(versions)), ("from", .text(first.map(calendar.iso))),
      ("to", .text(last.map(calendar.iso))), ("logs", .number(logs)), ("records", .number(records)),
      ("seen", .number(seen)), ("drawn", .number(drawn)),
      (
        "strata",
        .array(
          strata.map {
            [
              "values": $0.isRest ? .null : values($0), "seen": .number($0.seen), "drawn": .number($0.drawn.count),
            ]
          })
      ),
      (
        "sample",
        .array(
          strata.flatMap { stratum in
            stratum.drawn.map {
              [
                "stratum": stratum.isRest ? .null : values(stratum), "log": .string($0.log),
                "line": .number($0.line), "record": $0.json,
              ]
            }
          })
      ),
      ("remarks", .strings(remarks)), ("reasons", .strings(reasons)), ("exit", .number(Int(status.rawValue))),
    ]
    return .object(members.map(JSON.Member.init))
  }

  private func values(_ stratum: Stratum) -> JSON {
    .object(zip(fields, stratum.values).map { JSON.Member($0, .text($1)) })
  }

  // MARK: Markdown

  /// A sheet with a box to tick for each record.
  package var markdown: String {
    var lines = ["## Sample", "", Markdown.text(headline), ""]
    if !fields.isEmpty {
      let rows = strata.map { stratum in
        [
          Markdown.text(stratum.isRest ? "more" : name(stratum)), Figures.grouped(stratum.seen),
          Figures.grouped(stratum.drawn.count),
        ]
      }
      lines += Markdown.table(["Stratum", "Seen", "Drawn"], rows) + [""]
    }
    for stratum in strata where !stratum.drawn.isEmpty {
      if !fields.isEmpty { lines += ["### \(Markdown.text(stratum.isRest ? "more" : name(stratum)))", ""] }
      for record in stratum.drawn {
        lines += ["- [ ] \(Markdown.text("\(record.log):\(record.line)"))", ""]
        lines +=
          Markdown.code(record.json.written(.pretty), language: "json").map { $0.isEmpty ? "" : "  " + $0 } + [""]
      }
    }
    lines += remarks.map { "- \(Markdown.text($0))" }
    lines += reasons.map { "**\(Markdown.text($0))**" }
    return lines.joined(separator: "\n")
  }
}

extension Markdown {
  /// A block in which nothing is markup: its fence is longer than any row of backticks inside.
  static func code(_ text: String, language: String) -> [String] {
    var (longest, run) = (0, 0)
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Terminal.plain($0) }
    return [fence + language] + lines + [fence]
  }
}
