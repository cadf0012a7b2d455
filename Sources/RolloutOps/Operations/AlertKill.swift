/// `kill --on-alert`: a monitoring system's event on standard input kills the flags that its labels stand for.
///
/// What is over kills nothing, and neither does an alert that was answered before: monitoring repeats itself, and whoever
/// restored a flag after it was mended must not be undone by the same alert told once more.
package struct AlertKill: Sendable {
  package let kill: Kill

  package init(_ kill: Kill) { self.kill = kill }

  package struct Answer: Sendable {
    /// Nil where nothing was to be killed.
    package fileprivate(set) var report: KillReport?
    /// What became of alerts that killed nothing.
    package fileprivate(set) var ignored: [String] = []
    /// Alerts that fire and that no route leads from.
    package fileprivate(set) var unrouted: [String] = []

    /// Where nothing was to be killed: why.
    package var nothing: [String] {
      ignored.isEmpty && unrouted.isEmpty ? ["no alert in the event"] : ignored.map { Terminal.plain($0) }
    }

    /// `nothing` as a list.
    package var markdown: String { nothing.map { "- \(Markdown.text($0))" }.joined(separator: "\n") }

    package var status: ExitStatus {
      ExitStatus.worst([report?.status ?? .done, unrouted.isEmpty ? .done : .inconclusive])
    }
  }

  /// An event has a few kilobytes; a group of thousands of alerts has a few megabytes.
  static let longest = 8 << 20

  package func perform() throws(Trouble) -> Answer {
    let alerts = try alerts(in: read())
    let routes = try routes()
    var answer = Answer()
    var lines: [KillReport.Line] = []
    var killed: Set<String> = []
    for alert in alerts {
      guard !alert.isOver else {
        answer.ignored.append("\(alert.name) is over: nothing to kill")
        continue
      }
      let flags = routes.flatMap { $0.flags(for: alert) }
      if flags.isEmpty {
        let labels = alert.labels.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
        answer.unrouted.append(
          "\(alert.name) fires, and \"alerts\" in rolloutctl.json leads to no flag from its labels: \(labels)")
      }
      for flag in flags where killed.insert(flag).inserted {
        if let before = answered(alert, flag) {
          answer.ignored.append(
            "\(alert.name) has killed \(flag) before, \(before), and it was restored since: left alone")
          continue
        }
        lines += kill(flag, for: alert)
      }
    }
    if !lines.isEmpty { answer.report = KillReport(lines, dryRun: kill.choices.dryRun) }
    return answer
  }

  private func kill(_ flag: String, for alert: Alert) -> [KillReport.Line] {
    var choices = kill.choices
    let own = choices.reason.map { "\($0); " } ?? ""
    let summary = alert.summary.map { ": \($0)" } ?? ""
    choices.reason = "\(own)alert \(alert.name)\(summary) [\(alert.id)]"
    return Kill(context: kill.context, choices: choices, within: kill.within, to: kill.to).perform([flag]).lines
  }

  /// When this very alert killed the flag, where somebody has moved it since. A journal that cannot be read says nothing,
  /// and then the flag dies.
  private func answered(_ alert: Alert, _ flag: String) -> String? {
    let opening = Opening(context: kill.context, choices: kill.choices)
    guard let journal = try? opening.journal(of: flag).journal, let reading = try? journal.read() else { return nil }
    let entries = reading.entries.filter { $0.content.outcome == .done }
    guard
      let index = entries.lastIndex(where: {
        $0.content.action == .kill && $0.content.reason?.hasSuffix("[\(alert.id)]") == true
      }), entries[(index + 1)...].contains(where: { $0.content.action == .restore })
    else { return nil }
    return ISO8601.string(entries[index].time)
  }

  // MARK: What it goes by

  private func read() throws(Trouble) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(FileTrouble) {
      let input = try kill.context.inputs.open("-")
      let size = 1 << 16
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
      defer { buffer.deallocate() }
      while bytes.count <= Self.longest {
        let count = try input.read(into: buffer, at: bytes.count)
        if count == 0 { return bytes }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
      throw FileTrouble(.reading, "standard input", .tooLong(size: bytes.count, limit: Self.longest))
    } catch {
      throw .file(error)
    }
  }

  private func alerts(in bytes: [UInt8]) throws(Trouble) -> [Alert] {
    let event: JSON
    do throws(JSONError) {
      event = try JSON.parse(bytes)
    } catch {
      throw .usage("the event on standard input is no JSON: \(error.sentence); nothing was turned off")
    }
    do throws(Alert.Fault) {
      return try Alert.all(in: event)
    } catch {
      throw .usage("the event on standard input cannot be used: \(error.reason); nothing was turned off")
    }
  }

  private func routes() throws(Trouble) -> [AlertRoute] {
    for path in Configuration.paths(kill.context) {
      let routes = try Configuration(path, kill.context).alerts
      if !routes.isEmpty { return routes }
    }
    throw .usage(
      "no rolloutctl.json has \"alerts\", so no alert leads to a flag; nothing was turned off "
        + "(rolloutctl help kill shows how to write them)")
  }
}
