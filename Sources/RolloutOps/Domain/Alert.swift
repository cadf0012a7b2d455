/// Something that a monitoring system has noticed, as it tells others: Alertmanager's webhook (version 4) and PagerDuty's
/// (version 3).
package struct Alert: Hashable, Sendable {
  /// The same for every time that this one alert is told of.
  package let id: String
  package let name: String
  /// Whether it is over, or an event that starts nothing.
  package let isOver: Bool
  package let labels: [String: String]
  /// A sentence for people.
  package let summary: String?

  package struct Fault: Error, Hashable, Sendable {
    package let reason: String
  }

  /// Every alert of an event.
  package static func all(in event: JSON) throws(Fault) -> [Alert] {
    if let alerts = event["alerts"]?.items {
      var found: [Alert] = []
      for alert in alerts { found.append(try alertmanager(alert, in: event)) }
      return found
    }
    if let single = event["event"], single["data"]?.members != nil { return [try pagerDuty(single)] }
    throw Fault(
      reason: "it is no event of Alertmanager (an object with \"alerts\") or of PagerDuty (an object with \"event\")")
  }

  // https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
  private static func alertmanager(_ alert: JSON, in event: JSON) throws(Fault) -> Alert {
    guard let status = alert["status"]?.text ?? event["status"]?.text, alert["labels"]?.members != nil else {
      throw Fault(reason: "one of its alerts has no status or no labels")
    }
    var labels: [String: String] = [:]
    for source in [event["commonLabels"], alert["labels"]] {
      for member in source?.members ?? [] { labels[member.name] = member.value.text }
    }
    let annotations = alert["annotations"]
    let name = labels["alertname"] ?? "an alert without a name"
    // An alert that fires again after it was resolved has another start.
    let fingerprint = alert["fingerprint"]?.text ?? SHA256.hex(labels.sorted { $0.key < $1.key }.description)
    return Alert(
      id: "\(fingerprint.prefix(64)) since \(alert["startsAt"]?.text ?? "an unknown time")", name: name,
      isOver: status != "firing", labels: labels,
      summary: (annotations?["summary"] ?? annotations?["description"])?.text)
  }

  // https://developer.pagerduty.com/docs/webhooks-overview
  private static func pagerDuty(_ event: JSON) throws(Fault) -> Alert {
    guard let kind = event["event_type"]?.text, let data = event["data"], let id = data["id"]?.text else {
      throw Fault(reason: "it looks like an event of PagerDuty, and has no \"event_type\" or no incident")
    }
    var labels: [String: String] = [:]
    for (name, value) in [
      ("title", data["title"]), ("service", data["service"]?["summary"]), ("urgency", data["urgency"]),
      ("priority", data["priority"]?["summary"]), ("incident_key", data["incident_key"]),
    ] {
      labels[name] = value?.text
    }
    let starts = ["incident.triggered", "incident.reopened", "incident.escalated", "incident.priority_updated"]
    return Alert(
      id: "PagerDuty \(id)", name: data["title"]?.text ?? "an incident without a title",
      isOver: !starts.contains(kind), labels: labels, summary: data["html_url"]?.text)
  }
}

/// Which flags an alert kills: those of every route whose conditions its labels meet.
package struct AlertRoute: Hashable, Sendable {
  package struct Condition: Hashable, Sendable {
    package let label: String
    /// Nil for any value, as long as there is one.
    package let value: String?

    package init(_ label: String, _ value: String?) { (self.label, self.value) = (label, value) }
  }

  package let conditions: [Condition]
  /// Keys of flags; `$name` stands for the value of that label.
  package let kills: [String]

  package init(when conditions: [Condition], kill kills: [String]) {
    (self.conditions, self.kills) = (conditions, kills)
  }

  /// The flags that this alert kills by this route.
  package func flags(for alert: Alert) -> [String] {
    let isMeant = conditions.allSatisfy { condition in
      alert.labels[condition.label].map { condition.value == nil || condition.value == $0 } ?? false
    }
    guard isMeant else { return [] }
    return kills.compactMap { key in key.hasPrefix("$") ? alert.labels[String(key.dropFirst())] : key }
      .filter { !$0.isEmpty }
  }
}
