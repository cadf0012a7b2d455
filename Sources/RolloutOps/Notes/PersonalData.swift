/// What a flag rule must not hold: addresses, numbers and names that identify a person.
///
/// A heuristic, on the careful side for values and on the plain side for names. What it finds is never repeated in a
/// message.
package enum PersonalData {
  /// What the attribute's name says it holds; nil when it says nothing of the kind.
  package static func kind(attribute: some StringProtocol) -> String? {
    let words = words(of: attribute)
    // `email_domain` and `phone_verified` say something about an address, not the address.
    guard !words.contains(where: ["domain", "verified", "type", "provider", "status", "enabled", "opt"].contains) else {
      return nil
    }
    for word in words {
      if let kind = names[word] { return kind }
    }
    for (first, second) in zip(words, words.dropFirst()) {
      if let kind = names[first + second] { return kind }
    }
    return nil
  }

  /// What the value looks like.
  package static func kind(value: some StringProtocol) -> String? {
    if looksLikeEmail(value) { return "an e-mail address" }
    if looksLikeIBAN(value) { return "a bank account number" }
    let digits = value.utf8.filter { (0x30...0x39).contains($0) }.map { Int($0) - 0x30 }
    guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) || " -()+.".utf8.contains($0) }) else { return nil }
    if looksLikeCard(digits), !value.contains("."), !value.contains("+") { return "a card number" }
    let groups = value.split { !$0.isNumber }
    if groups.map(\.count) == [3, 2, 4], value.contains("-") { return "a social security number" }
    if value.first == "+", (8...15).contains(digits.count) { return "a phone number" }
    let isDate = groups.count == 3 && groups.contains { $0.count == 4 } && digits.count == 8
    let isVersion = value.contains(".") && !value.contains(" ")
    if (9...15).contains(digits.count), groups.count >= 3, !isDate, !isVersion { return "a phone number" }
    return nil
  }

  private static let names: [String: String] = [
    "email": "e-mail addresses", "mail": "e-mail addresses", "phone": "phone numbers", "telephone": "phone numbers",
    "mobile": "phone numbers", "msisdn": "phone numbers", "phonenumber": "phone numbers",
    "ssn": "social security numbers", "socialsecurity": "social security numbers", "iban": "bank account numbers",
    "accountnumber": "bank account numbers", "passport": "passport numbers", "creditcard": "card numbers",
    "cardnumber": "card numbers", "taxid": "tax numbers", "nationalid": "identity numbers", "dob": "birth dates",
    "birthdate": "birth dates", "birthday": "birth dates", "dateof": "birth dates", "firstname": "people's names",
    "lastname": "people's names", "fullname": "people's names", "surname": "people's names",
    "streetaddress": "home addresses", "homeaddress": "home addresses", "ipaddress": "network addresses",
  ]

  /// `user.emailAddress` is user, email, address; `e-mail` is email.
  private static func words(of name: some StringProtocol) -> [String] {
    var words: [String] = []
    var word = ""
    var afterLower = false
    for character in name {
      if !character.isLetterOrNumber || character.isUppercase && afterLower {
        words.append(word)
        word = ""
      }
      if character.isLetterOrNumber { word += character.lowercased() }
      afterLower = character.isLowercase
    }
    words = (words + [word]).filter { !$0.isEmpty }
    if let at = words.firstIndex(of: "e"), at + 1 < words.count, words[at + 1] == "mail" { words[at] = "email" }
    return words
  }

  private static func looksLikeEmail(_ value: some StringProtocol) -> Bool {
    let parts = value.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !value.contains(where: \.isWhitespace) else { return false }
    let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    return labels.count >= 2 && labels.allSatisfy { !$0.isEmpty } && labels.last?.allSatisfy(\.isLetter) == true
  }

  /// By issuer's prefix, length and check digit (Luhn): long numeric identifiers of tenants seldom meet all three.
  private static func looksLikeCard(_ digits: [Int]) -> Bool {
    guard (13...19).contains(digits.count), digits.contains(where: { $0 != 0 }) else { return false }
    let two = digits[0] * 10 + digits[1]
    let known: Bool
    switch digits.count {
    case 13, 19: known = digits[0] == 4 || digits.count == 19 && digits[0] == 6
    case 14: known = two == 30 || two == 36 || two == 38 || two == 39
    case 15: known = two == 34 || two == 37
    case 16: known = digits[0] == 4 || digits[0] == 6 || (51...55).contains(two) || (22...27).contains(two)
    default: known = digits[0] == 6
    }
    let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
      let doubled = digit.offset % 2 == 1 ? digit.element * 2 : digit.element
      return sum + (doubled > 9 ? doubled - 9 : doubled)
    }
    return known && sum % 10 == 0
  }

  /// Country, check digits, and the remainder that ISO 13616 asks for.
  private static func looksLikeIBAN(_ value: some StringProtocol) -> Bool {
    let bytes = value.uppercased().utf8.filter { $0 != 0x20 }
    guard (15...34).contains(bytes.count), bytes.prefix(2).allSatisfy({ (0x41...0x5A).contains($0) }),
      bytes[2...3].allSatisfy({ (0x30...0x39).contains($0) })
    else { return false }
    var remainder = 0
    for byte in bytes[4...] + bytes[..<4] {
      switch byte {
      case 0x30...0x39: remainder = (remainder * 10 + Int(byte) - 0x30) % 97
      case 0x41...0x5A: remainder = (remainder * 100 + Int(byte) - 0x41 + 10) % 97
      default: return false
      }
    }
    return remainder == 1
  }
}
