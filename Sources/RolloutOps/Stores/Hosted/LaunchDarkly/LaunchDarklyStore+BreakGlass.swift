extension LaunchDarklyStore {
  /// `KEY=URL`, several with blanks between; the key may have the environment, or project and environment, before it.
  static let triggersVariable = "LAUNCHDARKLY_TRIGGER_URLS"

  /// A trigger of LaunchDarkly's: whoever posts to its secret address turns the flag off, without a token, an approval or
  /// a right. Whether it did only a look at the flag can tell.
  func breakGlass(_ key: FlagKey) throws(StoreTrouble) -> Bool {
    guard let text = trigger(of: key)?.address else { return false }
    let address: WebAddress
    do throws(WebAddress.Fault) { address = try WebAddress(text) } catch {
      // The address itself is a secret.
      throw .badAddress("of \(key) in \(Self.triggersVariable)", why: error.reason)
    }
    var request = HTTPRequest(.post, address)
    request.hidesPath = true
    request.headers = [StoreClient.json]
    request.body = Array("{}".utf8)
    request.allowsPlain = client.terms.allowsPlain
    request.authorities = client.terms.authorities
    let answer = try client.answer(to: request, isRepeatable: true)
    guard answer.isSuccess else {
      throw .refused(
        ServerRefusal(
          address.place, status: answer.status, .missing("the trigger of \(key) in \(Self.triggersVariable)")))
    }
    return true
  }

  /// The same for a shell, which takes the address out of the variable.
  func triggerByHand(_ key: FlagKey) -> String? {
    trigger(of: key).map { found in
      let name = Shell.word("\(found.name)=")
      let taken = "awk -v k=\(name) 'index($0, k) == 1 {print substr($0, length(k) + 1); exit}'"
      return "curl -fsS -X POST \"$(printf '%s\\n' $\(Self.triggersVariable) | \(taken))\""
    }
  }

  var hasTriggers: Bool { client.context.surroundings.variables[Self.triggersVariable]?.isEmpty == false }

  private func trigger(of key: FlagKey) -> (name: String, address: String)? {
    let names = [key.text, "\(environment)/\(key)", "\(project)/\(environment)/\(key)"]
    let words =
      client.context.surroundings.variables[Self.triggersVariable]?.split(whereSeparator: \.isWhitespace) ?? []
    for word in words {
      guard let sign = word.firstIndex(of: "=") else { continue }
      let name = String(word[..<sign])
      if names.contains(name) { return (name, String(word[word.index(after: sign)...])) }
    }
    return nil
  }
}
