/// A report as a page, whatever it is printed as: what it is about, facts, what is the report's own, remarks that help to
/// read it, and what follows from it.
struct Page {
  struct Conclusion {
    enum Tone { case good, bad, plain }

    let text: String
    var tone = Tone.plain
  }

  /// What it is about, in bold; and what of that, behind it.
  let (name, about): (String, String)
  var facts: [String] = []
  let remarks: [String]
  let conclusions: [Conclusion]
  /// Whether remarks and conclusions stand apart for eyes, as below a table.
  let isSpaced: Bool

  init(
    _ name: String, _ about: String, facts: [String] = [], remarks: [String], conclusions: [Conclusion],
    isSpaced: Bool = false
  ) {
    (self.name, self.about, self.facts, self.remarks) = (name, about, facts, remarks)
    (self.conclusions, self.isSpaced) = (conclusions, isSpaced)
  }

  /// For eyes.
  func text(_ body: [String], _ ink: Ink, _ width: Int) -> String {
    var lines = ["\(ink.strong(Terminal.plain(name)))   \(Terminal.plain(about))"]
    lines += facts.map { ink.dim(Terminal.plain($0)) } + body
    if isSpaced, !remarks.isEmpty { lines.append("") }
    lines += remarks.flatMap { Terminal.hanging($0, behind: "· ", to: width) }.map(ink.dim)
    if isSpaced { lines.append("") }
    for conclusion in conclusions {
      lines += Terminal.hanging(conclusion.text, behind: "→ ", to: width).map { line in
        switch conclusion.tone {
        case .good: ink.good(line)
        case .bad: ink.bad(line)
        case .plain: line
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  /// For a pull request.
  func markdown(_ body: [String]) -> String {
    let bullets = { (texts: [String]) in texts.isEmpty ? [] : texts.map { "- \(Markdown.text($0))" } + [""] }
    let lines = ["## \(Markdown.text("\(name): \(about)"))", ""] + bullets(facts) + body + bullets(remarks)
    return (lines + conclusions.map { "**\(Markdown.text($0.text))**" }).joined(separator: "\n")
  }
}
