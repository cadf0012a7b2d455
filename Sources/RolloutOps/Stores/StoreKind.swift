/// A kind of store: how it is named, what it reads of the environment, and how an address leads to one. To add a kind: a
/// folder beside this file with such a row in it, and its name in StoreKinds.swift.
package struct StoreKind: Sendable {
  /// What stands before the colon of its addresses. Of a hosted platform `name` alone, also with `+http` and `+https`.
  let schemes: [String]
  /// Of its addresses, the part that tells it from others: `launchdarkly:`.
  let mark: String
  /// Its usual address, and what there is to say about it.
  package let form: String
  package let summary: String
  package var variables: [Variable] = []
  /// Reads an address that has one of the schemes.
  let site: @Sendable (String) throws(AddressText.Fault) -> any StoreSite

  /// A variable of the environment that it reads.
  package struct Variable: Sendable {
    package let name: String
    package let meaning: String
  }

  /// `name`, `name+http` and `name+https`.
  static func hosted(_ name: String) -> [String] { [name, "\(name)+http", "\(name)+https"] }
}

/// Where a store is, as its address says: read, and not asked yet.
protocol StoreSite: Sendable {
  /// A relative path is looked up from `folder`; `address` is how it was written.
  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore
  /// The flag file's path, perhaps relative; nil for a server.
  var path: String? { get }
  /// The folder of journals there; nil where it keeps none.
  func folder(_ terms: StoreTerms, _ context: Context) -> Folder?
  /// What a note asks that it cannot do, or that some of its readers take otherwise.
  func problems(of note: NotedPlan) -> [Diagnostic]
  /// What applications read of the note's variants there, where that is not what the note says.
  func reading(of variants: Variants) -> String?
}

extension StoreSite {
  var path: String? { nil }
  func folder(_ terms: StoreTerms, _ context: Context) -> Folder? { nil }
  func problems(of note: NotedPlan) -> [Diagnostic] { [] }
  func reading(of variants: Variants) -> String? { nil }
}
