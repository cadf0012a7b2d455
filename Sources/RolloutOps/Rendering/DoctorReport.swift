/// Whether a kill would work right now: what was found of every store, and of the flags that were named.
package struct DoctorReport: Sendable {
  package struct StoreLine: Sendable {
    package let store: String
    package let propagation: TimeSpan?
    /// How long looking took.
    package let seconds: Double
    package let checks: [DoctorCheck]
  }

  package struct FlagLine: Sendable {
    package let flag: FlagKey
    package let store: String
    /// What everybody would get.
    package let serving: String?
    package let checks: [DoctorCheck]
  }

  /// How a kill would read the settings.
  package let settings: [DoctorCheck]
  package let stores: [StoreLine]
  package let flags: [FlagLine]
  package let remarks: [String]

  package init(settings: [DoctorCheck] = [], _ stores: [StoreLine], flags: [FlagLine], remarks: [String]) {
    (self.settings, self.stores, self.flags, self.remarks) = (settings, stores, flags, remarks)
  }

  package var status: ExitStatus { checks.contains { $0.contains { $0.state == .failed } } ? .inconclusive : .done }

  private var checks: [[DoctorCheck]] { [settings] + stores.map(\.checks) + flags.map(\.checks) }

  private static func works(_ checks: [DoctorCheck]) -> Bool { !checks.contains { $0.state == .failed } }

  package func text(ink: Ink, width: Int) -> String {
    let names = checks.joined().map { Terminal.width($0.name) }.max() ?? 0
    var lines: [String] = []
    if !settings.isEmpty {
      let verdict = Self.works(settings) ? ink.good("a kill can read them") : ink.bad("a kill would miss a store")
      lines.append("\(ink.strong("settings"))   \(verdict)")
      lines += settings.flatMap { Self.lines($0, names, width, ink) }
    }
    for store in stores {
      lines.append("\(ink.strong(Terminal.plain(store.store)))   \(words(Self.works(store.checks), ink))")
      lines += store.checks.flatMap { Self.lines($0, names, width, ink) }
    }
    for flag in flags {
      let outcome = flag.serving.map { "a kill would give everybody \(Terminal.plain($0))" }
      let verdict = Self.works(flag.checks) ? ink.good(outcome ?? "a kill would work") : words(false, ink)
      lines.append(
        "\(ink.strong(Terminal.plain(flag.flag.text)))   \(verdict)   \(ink.dim(Terminal.plain(flag.store)))")
      lines += flag.checks.flatMap { Self.lines($0, names, width, ink) }
    }
    return (lines + ["→ \(summary)"]).joined(separator: "\n")
  }

  private func words(_ works: Bool, _ ink: Ink) -> String {
    works ? ink.good("a kill would work") : ink.bad("a kill would NOT work")
  }

  private static func lines(_ check: DoctorCheck, _ names: Int, _ width: Int, _ ink: Ink) -> [String] {
    let mark = check.state.mark.sign(ink)
    let indent = String(repeating: " ", count: names + 6)
    let wrapped = Terminal.wrapped(Terminal.plain(check.sentence), to: max(40, width - names - 6))
    return wrapped.enumerated().map { index, line in
      index == 0 ? "  \(mark) \(Terminal.padded(check.name, to: names))  \(line)" : indent + line
    }
  }

  private var summary: String {
    let failed = stores.filter { !Self.works($0.checks) }.count
    let flagsFailed = flags.filter { !Self.works($0.checks) }.count
    let warnings = checks.joined().count { $0.state == .warning }
    let more = warnings == 0 ? "" : ", \(warnings) warning\(warnings == 1 ? "" : "s")"
    if failed == 0, flagsFailed == 0, Self.works(settings) {
      return "a kill would work in \(stores.count == 1 ? "the store" : "all \(stores.count) stores")\(more)"
    }
    let parts = [
      Self.works(settings) ? nil : "in a store that the settings may name",
      failed == 0 ? nil : "in \(failed) of \(stores.count) store\(stores.count == 1 ? "" : "s")",
      flagsFailed == 0 ? nil : "for \(flagsFailed) of the flags",
    ].compactMap(\.self)
    return "a kill would NOT work \(parts.joined(separator: ", "))\(more)"
  }

  // MARK: For machines and documents

  private static func json(_ checks: [DoctorCheck]) -> JSON {
    .array(
      checks.map {
        ["name": .string($0.name), "state": .string($0.state.rawValue), "sentence": .string($0.sentence)]
      })
  }

  package var json: JSON {
    [
      "settings": Self.json(settings),
      "stores": .array(
        stores.map { line in
          [
            "store": .string(line.store), "works": .bool(Self.works(line.checks)), "seconds": .number(line.seconds),
            "propagation_seconds": line.propagation.map { .number($0.seconds) } ?? .null,
            "checks": Self.json(line.checks),
          ]
        }),
      "flags": .array(
        flags.map { line in
          [
            "flag": .string(line.flag.text), "store": .string(line.store), "works": .bool(Self.works(line.checks)),
            "serving": .text(line.serving), "checks": Self.json(line.checks),
          ]
        }), "exit": .number(Int(status.rawValue)),
    ]
  }

  package var markdown: String {
    let rows = { (name: String, checks: [DoctorCheck]) in
      checks.map { check in
        [
          Markdown.text(name), Markdown.text(check.name), check.state == .failed ? "**failed**" : check.state.rawValue,
          Markdown.text(check.sentence),
        ]
      }
    }
    let all =
      rows("settings", settings) + stores.flatMap { rows($0.store, $0.checks) }
      + flags.flatMap { rows("\($0.flag) in \($0.store)", $0.checks) }
    return (Markdown.table(["Where", "What", "State", "Found"], all) + ["", Markdown.text(summary)])
      .joined(separator: "\n")
  }
}
