/// Unleash's own evaluation: its playground answers for a context as an SDK would, with whatever the flag depends on, by
/// the token that moves flags. It answers for the whole project at once, a context each.
struct UnleashPlayground: Evaluator {
  let store: UnleashStore

  var address: String { "the playground of \(store.client.base.place)" }

  /// What its contexts carry beside properties.
  private static let fields: Set<String> = ["userId", "sessionId", "remoteAddress"]

  func answer(_ flag: FlagKey, _ probe: Probe) -> Served.Outcome {
    do throws(StoreTrouble) { return try ask(flag, probe) } catch { return .unknown(error) }
  }

  private func ask(_ flag: FlagKey, _ probe: Probe) throws(StoreTrouble) -> Served.Outcome {
    let context = try context(probe)
    let body: JSON = [
      "environments": [.string(store.environment)], "projects": [.string(store.project)], "context": context,
    ]
    let answer = try store.client.answer(
      .post, "\(UnleashStore.admin)/playground/advanced", body: Array(body.written(.compact).utf8),
      headers: [StoreClient.json], isRepeatable: true, isReading: true)
    let json = try store.client.json(store.proven(answer))
    let found = json["features"]?.items?.first { $0["name"]?.text == flag.text }
    guard let evaluated = found?["environments"]?[store.environment]?.items, evaluated.count == 1,
      let isOn = evaluated[0]["isEnabled"]?.truth
    else { throw store.client.unexpected(answer, "no evaluation of \(flag)") }
    guard UnleashRule.haveVariants(evaluated[0]["strategies"]?["data"]?.items ?? []) else {
      return .served(variant: isOn ? "on" : "off", value: .bool(isOn))
    }
    let variant = evaluated[0]["variant"]
    guard isOn, variant?["enabled"]?.truth == true, let name = variant?["name"]?.text else {
      return .served(variant: "off", value: nil)
    }
    return .served(variant: name, value: UnleashVariant.value(variant?["payload"]))
  }

  /// Attributes are texts there, and a comma in one of them stands between several contexts.
  private func context(_ probe: Probe) throws(StoreTrouble) -> JSON {
    var context: JSON = ["appName": "rolloutctl"]
    var properties: JSON = [:]
    for member in probe.attributes.members ?? [] {
      guard let text = member.value.text, !text.contains(",") else {
        throw .beyond("the playground cannot be asked about \(member.name) = \(member.value.written(.compact))")
      }
      if Self.fields.contains(member.name) {
        context = context.setting(member.name, to: .string(text))
      } else {
        properties = properties.setting(member.name, to: .string(text))
      }
    }
    return context.setting("properties", to: properties)
  }
}

extension UnleashStore {
  var evaluator: (any Evaluator)? { UnleashPlayground(store: self) }

  /// Tags stand beside the flag, and whoever deletes one takes it from every flag.
  var losesMarks: Bool { true }

  func remarks(on key: FlagKey) -> [String] {
    guard let answer = client.looked("\(Self.admin)/features/\(PercentCode.encoded(key.text))/tags"), answer.isSuccess,
      answer.json["tags"]?.items != nil, !isTagged(answer.json)
    else { return [] }
    let name = tag(forVariants: hasVariants(key))["value"]?.text ?? ""
    return [
      "\(key) has lost its tag \(name) in Unleash, by which operators on other machines find it when they kill all; the "
        + "next change puts it back"
    ]
  }
}
