/// `kill --on-alert`: a monitoring system's event on standard input kills the flags that its labels stand for, all of them
/// in one kill with one deadline.
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
    /// Alerts that may call for a kill, and nobody knows of what: those whose status cannot be read, and those that fire
    /// and that no route leads from.
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
    let event = try event(in: read())
    let alerts = try alerts(in: event)
    let routes = try routes()
    var answer = Answer()
    // Alertmanager leaves some out where a receiver's `max_alerts` says so.
    if let cut = event["truncatedAlerts"]?.integer, cut > 0 {
      answer.unrouted.append(
        "\(cut) more alerts were cut off the event (truncatedAlerts), and nobody knows of which flags; "
          + "set max_alerts of this receiver to 0")
    }
    var targets: [(flag: String, alerts: Distinct<Alert>)] = []
    var numbers: [String: Int] = [:]
    var entries: [String: [Entry]] = [:]
    for alert in alerts {
      switch alert.state {
      case .firing: break
      case .quiet(let why):
        answer.ignored.append("\(alert.name) \(why): nothing to kill")
        continue
      case .unreadable(let why):
        answer.unrouted.append("\(alert.name): \(why), so nobody knows whether to kill; nothing was turned off for it")
        continue
      }
      let flags = routes.flatMap { $0.flags(for: alert) }
      if flags.isEmpty {
        let labels = alert.labels.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
        answer.unrouted.append(
          "\(alert.name) fires, and \"alerts\" in rolloutctl.json leads to no flag from its labels: \(labels)")
      }
      for flag in flags {
        // Each journal is read once, however many alerts are about its flag.
        let done = entries[flag] ?? self.done(flag)
        entries[flag] = done
        if let before = answered(alert, done) {
          answer.ignored.append(
            "\(alert.name) has killed \(flag) before, \(before), and it was restored since: left alone")
        } else {
          let number = numbers[flag] ?? targets.count
          if number == targets.count {
            numbers[flag] = number
            targets.append((flag, Distinct()))
          }
          targets[number].alerts.add(alert)
        }
      }
    }
    if !targets.isEmpty { answer.report = kill(targets) }
    return answer
  }

  /// Every flag's journal names the alerts that it was killed for, and no others.
  private func kill(_ targets: [(flag: String, alerts: Distinct<Alert>)]) -> KillReport {
    var kill = kill
    for target in targets { kill.reasons[FlagKey(target.flag)] = reason(target.alerts.all) }
    return kill.perform(targets.map(\.flag))
  }

  /// A group of alerts may have thousands; a line of the journal shall stay one that can be written and read.
  private static let mostNamed = 100

  /// In words, each alert with its id: by that it is known when it is told again.
  private func reason(_ alerts: [Alert]) -> String {
    let own = kill.choices.reason.map { [$0] } ?? []
    let named = alerts.prefix(Self.mostNamed).map { alert in
      "alert \(alert.name)" + (alert.summary.map { ": \($0)" } ?? "") + " [\(alert.id)]"
    }
    let more = alerts.count > named.count ? ["and \(alerts.count - named.count) more alerts"] : []
    return (own + named + more).joined(separator: "; ")
  }

  /// What was done to the flag. A journal that cannot be read says nothing, and then the flag dies.
  private func done(_ flag: String) -> [Entry] {
    let finder = Finder(context: kill.context, choices: kill.choices)
    guard let journal = try? finder.journal(of: flag, asking: false).journal, let reading = try? journal.read() else {
      return []
    }
    return reading.entries.filter { $0.content.outcome == .done }
  }

  /// When this very alert killed the flag, where somebody has moved it since.
  private func answered(_ alert: Alert, _ entries: [Entry]) -> String? {
    guard
      let index = entries.lastIndex(where: {
        $0.content.action == .kill && $0.content.reason?.contains("[\(alert.id)]") == true
      }), entries[(index + 1)...].contains(where: { $0.content.action == .restore })
    else { return nil }
    return ISO8601.string(entries[index].time)
  }

  // MARK: What it goes by

  /// Whoever keeps the pipe open must not keep us waiting for ever: then it is said that nothing was turned off.
  private func read() throws(Trouble) -> [UInt8] {
    let reading = Beside<Result<[UInt8], FileTrouble>>()
    let inputs = kill.context.inputs
    reading.begin { Self.all(of: inputs) }
    guard let answer = reading.next(within: kill.within.seconds * 1000) else {
      throw .evidence(
        "standard input was not closed within \(kill.within), so no event is known; nothing was turned off")
    }
    do throws(FileTrouble) { return try answer.get() } catch { throw .file(error) }
  }

  private static func all(of inputs: any Inputs) -> Result<[UInt8], FileTrouble> {
    var bytes: [UInt8] = []
    do throws(FileTrouble) {
      let input = try inputs.open("-")
      let size = 1 << 16
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
      defer { buffer.deallocate() }
      while bytes.count <= Self.longest {
        let count = try input.read(into: buffer, at: bytes.count)
        if count == 0 { return .success(bytes) }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
      throw FileTrouble(.reading, "standard input", .tooLong(size: bytes.count, limit: Self.longest))
    } catch {
      return .failure(error)
    }
  }

  private func event(in bytes: [UInt8]) throws(Trouble) -> JSON {
    do throws(JSONError) {
      return try JSON.parse(bytes)
    } catch {
      throw .usage("the event on standard input is no JSON: \(error.sentence); nothing was turned off")
    }
  }

  private func alerts(in event: JSON) throws(Trouble) -> [Alert] {
    do throws(Alert.Fault) {
      return try Alert.all(in: event)
    } catch {
      throw .usage("the event on standard input cannot be used: \(error.reason); nothing was turned off")
    }
  }

  private func routes() throws(Trouble) -> [AlertRoute] {
    // What else is wrong with the file keeps no alert from killing.
    for path in Configuration.paths(kill.context, suspecting: true) {
      let routes = Configuration(readable: path, kill.context).alerts
      if !routes.isEmpty { return routes }
    }
    throw .usage(
      "no rolloutctl.json has \"alerts\", so no alert leads to a flag; nothing was turned off "
        + "(rolloutctl help kill shows how to write them)")
  }
}
