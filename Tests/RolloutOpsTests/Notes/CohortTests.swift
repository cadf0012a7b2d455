import Testing

@testable import RolloutOps

@Suite struct CohortTests {
  private func value(_ text: String) -> AttributeValue { AttributeValue(text) }

  @Test(arguments: [
    ("plan = paid", "plan = paid"), ("plan == paid", "plan = paid"), ("plan is paid", "plan = paid"),
    ("tenant in [acme, globex]", "tenant in [acme, globex]"), ("tenant IN (acme,globex,)", "tenant in [acme, globex]"),
    ("not plan = paid", "not plan = paid"), ("plan != paid", "not plan = paid"),
    ("plan is not paid", "not plan = paid"),
    ("tenant not in [a]", "not tenant in [a]"),
    ("plan = paid and not region in [eu, uk]", "plan = paid and not region in [eu, uk]"),
    ("(plan = paid) && (seats = 5)", "plan = paid and seats = 5"), ("not (a = 1 and b = 2)", "not (a = 1 and b = 2)"),
    ("name = \"Acme \\\"Inc\\\", and\"", "name = \"Acme \\\"Inc\\\", and\""), ("seats = \"5\"", "seats = \"5\""),
    ("name = “Größe 1”", "name = \"Größe 1\""), ("user.plan = eu-west-1/a:b", "user.plan = eu-west-1/a:b"),
    ("straße = ja", "straße = ja"), ("a=1 and b=2 and c=3", "a = 1 and b = 2 and c = 3"),
  ])
  func readsSelectors(text: String, meaning: String) throws {
    let selector = try SelectorText(Substring(text)).selector
    #expect(selector.description == meaning)
    // What is written back is read as the same.
    #expect(try SelectorText(Substring(selector.description)).selector == selector)
  }

  @Test(arguments: [
    "friends:⟦bad-selector⟧", "⟦bad-selector⟧friends", "⟦bad-selector⟧: a = 1",
    "friends: plan⟦bad-selector⟧", "friends: plan =⟦bad-selector⟧",
    "friends: plan = paid ⟦bad-selector⟧users", "friends: a = 1 ⟦bad-selector⟧or b = 2",
    "friends: a = 1 and⟦bad-selector⟧", "friends: a in ⟦bad-selector⟧b",
    "friends: a in [b ⟦bad-selector⟧c]", "friends: a in []⟦bad-selector⟧",
    "friends: (a = 1⟦bad-selector⟧", "friends: a = ⟦bad-selector⟧\"b",
    "⟦bad-value⟧everyone: a = 1", "⟦bad-value⟧5%: a = 1",
    "⟦duplicate-name⟧Internal: a = 1", "friends: ⟦negation-only⟧not plan = free",
    "friends: plan = paid and not region = eu",
    "friends: ⟦personal-data⟧email = x", "friends: user = ⟦personal-data⟧maya@example.com",
    "friends: user in [u1, ⟦personal-data⟧\"+49 30 1234567\"]",
    "friends: card in [⟦personal-data⟧4111111111111111]",
  ])
  func marksWhatIsWrong(line: String) {
    expectProblems(NoteFixtures.quiet.replacing("- paid: plan = paid", with: "- paid: plan = paid\n- \(line)"))
  }

  @Test func deepNestingIsRefused() {
    let deep = String(repeating: "(", count: 100_000) + "a = 1"
    #expect(throws: SelectorText.Fault.self) { try SelectorText(Substring(deep)) }
    let nots = String(repeating: "not ", count: 100_000) + "a = 1"
    #expect(throws: SelectorText.Fault.self) { try SelectorText(Substring(nots)) }
  }

  @Test(arguments: [
    ("Exclude: stability_tier = stable", ["stability_tier = stable"]), ("Exclude: paid", ["plan = paid"]),
    ("Exclude: paid, internal", ["plan = paid", "team = staff"]),
    ("Exclude:\n- tenant in [a, b]\n- not region = eu", ["tenant in [a, b]", "not region = eu"]),
    ("Exclude: plan = free\nExclude: paid", ["plan = free", "plan = paid"]),
  ])
  func readsExclusions(text: String, exclusions: [String]) throws {
    let plan = try #require(expectProblems(NoteFixtures.quiet + "\n\(text)").plan)
    #expect(plan.exclusions.map(\.description) == exclusions)
  }

  @Test func anUndefinedExclusionIsAnError() {
    expectProblems(NoteFixtures.quiet + "\nExclude: ⟦undefined-cohort⟧piad")
    expectProblems(NoteFixtures.quiet + "\nExclude: plan ⟦bad-selector⟧~ free")
  }

  @Test func aWrongCohortIsReportedOnce() {
    expectProblems(
      NoteFixtures.quiet.replacing("- paid: plan = paid", with: "- paid: plan ⟦bad-selector⟧paid"))
  }

  // MARK: Personal data

  @Test(arguments: [
    "email", "e-mail", "user.email", "emailAddress", "customer_phone", "phoneNumber", "ssn", "iban", "credit_card",
    "cardNumber", "first_name", "user.lastName", "dateOfBirth", "ip_address", "Mobile",
  ])
  func namesOfPersonalData(name: String) { #expect(PersonalData.kind(attribute: name) != nil) }

  @Test(arguments: [
    "tenant", "plan", "email_domain", "emailVerified", "mobile_enabled", "name", "tenant_name", "region", "card_type",
    "team", "user_id", "address", "smartphone",
  ])
  func namesOfOtherThings(name: String) { #expect(PersonalData.kind(attribute: name) == nil) }

  @Test(arguments: [
    ("maya@example.com", "an e-mail address"), ("m.y+tag@mail.example.co", "an e-mail address"),
    ("+49 30 1234567", "a phone number"), ("+4915112345678", "a phone number"), ("(030) 123-45678", "a phone number"),
    ("4111111111111111", "a card number"), ("4111 1111 1111 1111", "a card number"),
    ("378282246310005", "a card number"),
    ("5500-0000-0000-0004", "a card number"), ("DE89 3704 0044 0532 0130 00", "a bank account number"),
    ("GB82WEST12345698765432", "a bank account number"), ("123-45-6789", "a social security number"),
  ])
  func valuesThatArePersonal(value: String, kind: String) { #expect(PersonalData.kind(value: value) == kind) }

  @Test(arguments: [
    "acme", "5", "2026-11-21", "1.2.3", "10.0.0.12", "4111111111111112", "123456789012345678", "tenant@eu", "a@b",
    "550e8400-e29b-41d4-a716-446655440000", "0000000000000000", "DE00370400440532013000", "v7", "2026-11-21 10:00", "",
  ])
  func valuesThatAreNot(value: String) { #expect(PersonalData.kind(value: value) == nil) }

  /// The value itself must not go on living in logs of `check`.
  @Test func theMessageDoesNotRepeatTheData() {
    let text = NoteFixtures.quiet + "\nExclude: user = maya@example.com"
    let note = Note.read(Array(text.utf8), path: "n.md")
    #expect(note.diagnostics.map(\.rule) == ["personal-data"])
    #expect(!note.diagnostics.contains { $0.message.contains("maya") })
  }
}
