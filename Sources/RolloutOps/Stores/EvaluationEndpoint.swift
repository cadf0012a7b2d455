/// Somebody who answers as an application's SDK would.
package protocol Evaluator: Sendable {
  /// For people.
  var address: String { get }

  /// Why it cannot be asked at all, however often; nil where it can.
  var fault: StoreTrouble? { get }

  /// What an application that makes this request is served now.
  func answer(_ flag: FlagKey, _ probe: Probe) -> Served.Outcome
}

extension Evaluator {
  package var fault: StoreTrouble? { nil }
}

/// Where an application's question can be asked: a server that speaks OpenFeature's remote evaluation protocol (OFREP),
/// such as flagd or a relay in front of a platform. It evaluates, and never writes.
package struct EvaluationEndpoint: Evaluator {
  package let address: String
  /// Or why it cannot be asked at all.
  private let client: Result<StoreClient, StoreTrouble>

  static let tokenVariable = "ROLLOUT_EVALUATION_TOKEN"
  private static let ending = "/ofrep/v1"

  /// `https://flags.example.com/ofrep/v1`; the ending may be left out.
  package init(_ address: String, _ terms: StoreTerms, _ context: Context) {
    self.address = AddressText.shown(address)
    do throws(WebAddress.Fault) {
      var base = try WebAddress(address)
      while base.path.hasSuffix("/") { base.path.removeLast() }
      if !base.path.hasSuffix(Self.ending) { base.path += Self.ending }
      let name = terms.evaluationTokenName
      var client = StoreClient(
        base, terms, context, variable: Self.tokenVariable, tokenName: name ?? "Authorization",
        tokenScheme: name == nil ? "Bearer " : "")
      client.headers = terms.evaluationHeaders
      self.client = .success(client)
    } catch {
      client = .failure(.beyond("the evaluation address \(self.address) cannot be asked: \(error.reason)"))
    }
  }

  package var fault: StoreTrouble? {
    do throws(StoreTrouble) {
      _ = try client.get()
      return nil
    } catch {
      return error
    }
  }

  package func answer(_ flag: FlagKey, _ probe: Probe) -> Served.Outcome {
    do throws(StoreTrouble) {
      return try ask(flag, probe.attributes.setting("targetingKey", to: .string(probe.unit)))
    } catch {
      return .unknown(error)
    }
  }

  private func ask(_ flag: FlagKey, _ attributes: JSON) throws(StoreTrouble) -> Served.Outcome {
    let client = try client.get()
    let answer = try client.answer(
      .post, "/evaluate/flags/\(PercentCode.encoded(flag.text))",
      body: Array(JSON.object([JSON.Member("context", attributes)]).written(.compact).utf8),
      headers: [StoreClient.json], isRepeatable: true, isReading: true)
    let json = try? JSON.parse(answer.body)
    // Refusals of an evaluation have a code; without one it is not the protocol that says no.
    if [400, 404].contains(answer.status), let code = json?["errorCode"]?.text {
      let details = json?["errorDetails"]?.text.map { ": \($0)" } ?? ""
      return .codeDefault("\(code)\(details)")
    }
    guard answer.isSuccess else {
      guard answer.status == 404 else { throw .refused(client.refusal(answer)) }
      throw .refused(
        ServerRefusal(client.base.place, status: 404, .missing("the evaluation endpoint \(client.base.path)")))
    }
    let evaluation = try client.json(answer)
    let (variant, value) = (evaluation["variant"]?.text, evaluation["value"])
    if let key = evaluation["key"]?.text, key != flag.text {
      throw client.unexpected(answer, "an evaluation of \(key)")
    }
    guard variant != nil || value != nil else {
      guard evaluation["reason"] != nil || evaluation["key"] != nil else {
        throw client.unexpected(answer, "no evaluation")
      }
      // A flag that is disabled, or has no default, is answered by a reason alone.
      return .codeDefault(evaluation["reason"]?.text ?? "no variant")
    }
    return .served(variant: variant, value: value)
  }
}
