/// How a person turns a flag off without rolloutctl: what a failed kill says in a sentence, and what the break-glass card
/// says in lines for a shell. No line holds a token; they name the environment's variables that do.
package struct ByHand: Hashable, Sendable {
  /// In words, where the lines are too long for a sentence.
  package var words: String?
  /// One line or several, to be pasted together; they end with success only if the change was taken.
  package var lines: String
  /// Another way that takes no token, where there is one.
  package var withoutToken: String?
  /// Prints `true`, and ends with success, once the flag is off for everybody.
  package var proof: String
  /// Where a person does the same with a mouse, and what to do there.
  package var page: Page?
  package var variables: [String]
  package var programs: [String]
  /// Whom else they turn it off for.
  package var scope: String?
  /// What else there is to know.
  package var remarks: [String]

  package struct Page: Hashable, Sendable {
    package let address: String
    package let action: String

    package init(_ address: String, _ action: String) { (self.address, self.action) = (address, action) }
  }

  package init(
    _ lines: String, proof: String, words: String? = nil, page: Page? = nil, variables: [String] = [],
    programs: [String] = ["curl", "jq"], scope: String? = nil, remarks: [String] = []
  ) {
    (self.lines, self.proof, self.words, self.page) = (lines, proof, words, page)
    (self.variables, self.programs, self.scope, self.remarks) = (variables, programs, scope, remarks)
  }

  /// The lines as one, as a shell reads them.
  package var oneLine: String {
    lines.split(separator: "\n").map { line in String(line.drop { $0 == " " }) }.joined(separator: " ")
  }

  package var sentence: String {
    let ways = [words ?? lines] + (words == nil ? [page].compactMap(\.?.sentence) : [])
    return ways.joined(separator: ", or ") + (scope.map { " (\($0))" } ?? "")
  }
}

extension ByHand.Page {
  package var sentence: String { "\(action) at \(address)" }
}
