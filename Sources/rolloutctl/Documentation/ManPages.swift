/// The man pages, from the table of commands.
struct ManPages {
  let table: CommandTable
  let topics = Topic.all

  /// Each page by its file's name.
  var all: [(name: String, text: String)] {
    [("\(table.program).1", program)]
      + table.descriptions.map { ("\(table.program)-\($0.name).1", page(of: $0)) }
      + [("\(table.program)-note.5", note)]
  }

  private var program: String {
    var page = Roff(page: table.program, section: 1)
    name(&page, table.program, Manual.summary)
    page.section("SYNOPSIS")
    page.raw("\\fB\(table.program)\\fR \\fICOMMAND\\fR [\\fIflags\\fR] [\\fIwords\\fR]")
    page.section("DESCRIPTION")
    page.add(Manual.description)
    page.section("COMMANDS")
    let commands = table.descriptions
    for group in CommandGroup.inOrder {
      page.subsection("\(group.name): \(group.summary)")
      for command in commands where command.group == group {
        page.raw(".TP")
        page.raw(".BR " + reference(to: command.name))
        page.raw(Roff.line(command.summary))
      }
    }
    page.section("OPTIONS")
    page.add(Manual.flagRules)
    add(table.common + [.help], to: &page)
    for (title, name) in [
      ("STATES", "states"), ("STORES", "stores"), ("PIPELINES", "ci"), ("EXIT STATUS", "exit-codes"),
    ] {
      page.section(title)
      page.add(topics.first { $0.name == name }?.blocks() ?? [])
    }
    page.section("ENVIRONMENT")
    page.add(EnvironmentVariable.all.map(\.entry))
    page.section("FILES")
    page.add(FileTable.all)
    add(Manual.examples, to: &page)
    seeAlso(["rolloutctl\\-note (5)"] + commands.map { reference(to: $0.name) }, &page)
    return page.text
  }

  private func page(of command: CommandDescription) -> String {
    var page = Roff(page: "\(table.program)-\(command.name)", section: 1)
    name(&page, "\(table.program)-\(command.name)", command.summary)
    page.section("SYNOPSIS")
    page.raw(
      ([
        "\\fB\(table.program) \(command.name)\\fR"
      ] + (command.flags + [.help]).map(synopsis) + command.arguments.map(synopsis)).joined(separator: "\n"))
    page.section("DESCRIPTION")
    page.add(command.details())
    page.section("OPTIONS")
    page.add(command.arguments.map { Entry($0.name, $0.meaning) })
    add(command.allFlags, to: &page)
    page.section("EXIT STATUS")
    page.add(command.exits().map { Entry(String($0.status), $0.meaning) })
    page.section("ENVIRONMENT")
    page.add([
      .paragraph(
        "Which variables and files it reads, `\(table.program) help environment` tells, and \(table.program)(1).")
    ])
    add(command.examples(), to: &page)
    seeAlso([table.program + " (1)"] + command.seeAlso.map(reference), &page)
    return page.text
  }

  private var note: String {
    var page = Roff(page: "\(table.program)-note", section: 5)
    name(&page, "\(table.program)-note", "the rollout note")
    page.section("DESCRIPTION")
    for (offset, section) in NoteGuide.sections.enumerated() {
      if offset > 0 { page.section(section.title.uppercased()) }
      page.add(section.blocks)
    }
    page.section("EXAMPLES")
    page.code(NoteGuide.example)
    seeAlso([table.program + " (1)"] + ["init", "check", "plan"].map(reference), &page)
    return page.text
  }

  private func name(_ page: inout Roff, _ name: String, _ summary: String) {
    page.section("NAME")
    page.raw("\(Roff.escaped(name, literal: true)) \\- \(Roff.line(summary))")
  }

  private func add(_ flags: [FlagDescription], to page: inout Roff) {
    for flag in flags {
      page.raw(".TP")
      let value = flag.valueName.map { " \\fI\($0)\\fR" } ?? ""
      page.raw(flag.spellings.map { "\\fB\(Roff.escaped($0, literal: true))\\fR" }.joined(separator: ", ") + value)
      page.fill(flag.meaning)
    }
  }

  private func add(_ examples: [Example], to page: inout Roff) {
    page.section("EXAMPLES")
    for example in examples {
      page.add([.paragraph("\(example.comment):"), .code(example.line)])
    }
  }

  private func seeAlso(_ references: [String], _ page: inout Roff) {
    page.section("SEE ALSO")
    var seen: [String] = []
    for reference in references where !seen.contains(reference) { seen.append(reference) }
    for (offset, reference) in seen.enumerated() {
      page.raw(".BR \(reference)" + (offset + 1 < seen.count ? "," : ""))
    }
  }

  /// Of a command its page; of a topic the page that has it as a section.
  private func reference(to subject: String) -> String {
    if subject == "notes" { return "\(table.program)\\-note (5)" }
    return table[subject] == nil ? "\(table.program) (1)" : "\(table.program)\\-\(subject) (1)"
  }

  private func synopsis(_ flag: FlagDescription) -> String {
    let spelled =
      "\\fB\(Roff.escaped(flag.spelling, literal: true))\\fR" + (flag.valueName.map { " \\fI\($0)\\fR" } ?? "")
      + (flag.repeats ? "..." : "")
    return flag.isRequired ? spelled : "[\(spelled)]"
  }

  private func synopsis(_ argument: ArgumentDescription) -> String {
    let name = "\\fI\(argument.name)\\fR" + (argument.repeats ? "..." : "")
    return argument.isRequired ? name : "[\(name)]"
  }
}
