/// What a file declares.
struct HouseOutline {
  struct Name {
    /// With its owners: `Plan.Stage`, `Plan.Stage.soak`.
    let text: String
    let isPrivate: Bool
  }

  static let declares: Set = [
    "struct", "enum", "class", "protocol", "actor", "typealias", "associatedtype", "extension",
  ]
  private static let introduces: Set = ["func", "var", "let", "case"]

  private(set) var types: [Name] = []
  private(set) var members: [Name] = []
  private(set) var locals: Set<String> = []

  init(_ text: SwiftText) {
    let words = text.words
    for index in words.indices.dropLast() where !words[index].isMember {
      let (word, next) = (words[index], words[index + 1])
      let scope = text.scopes[word.scope]
      if word.isLabel, word.isInTuple {
        members.append(Name(text: (scope.owners + [word.text]).joined(separator: "."), isPrivate: false))
      }
      if Self.declares.contains(word.text), next.isCapitalized, !next.isMember,
        next.mark.isLetter
      {
        if word.text != "extension" {
          if word.isListed, scope.isType || word.isTopLevel {
            let name = (scope.owners + [next.text]).joined(separator: ".")
            types.append(Name(text: name, isPrivate: scope.isPrivate || text.isPrivate(index)))
          } else {
            locals.insert(next.text)
          }
        }
        addGenerics(behind: index + 1, words)
      } else if Self.introduces.contains(word.text) {
        if word.text == "func" { addGenerics(behind: index + 1, words) }
        guard scope.isType, word.isListed, next.mark.isLetter || ["`", "("].contains(next.mark) else { continue }
        let isPrivate = scope.isPrivate || text.isPrivate(index)
        func add(_ name: SwiftText.Word) {
          guard !SwiftText.modifiers.contains(name.text) else { return }
          let whole = (scope.owners + [name.text]).joined(separator: ".")
          members.append(Name(text: whole, isPrivate: isPrivate))
        }
        add(next)
        let rest = words[(index + 2)...]
        if next.mark == "(" {
          // `let (first, second) = `
          for other in rest.prefix(while: { $0.scope == word.scope && $0.mark == "," && !$0.isListed }) { add(other) }
        } else if word.text == "case" {
          // `case first, second(Int), third`
          for other in rest.prefix(while: { $0.scope == word.scope && ($0.mark == "," || !$0.isListed) })
          where other.isListed {
            add(other)
          }
        }
      } else if ["init", "subscript"].contains(word.text) {
        addGenerics(behind: index, words)
      }
    }
  }

  /// `name<First, Second: Constraint>`
  private mutating func addGenerics(behind index: Int, _ words: [SwiftText.Word]) {
    guard index + 1 < words.count, words[index + 1].mark == "<" else { return }
    for word in words[(index + 1)...].prefix(12) {
      guard ["<", ",", ":", "&", "."].contains(word.mark) else { return }
      if word.mark != ":", word.mark != ".", word.mark != "&" { locals.insert(word.text) }
    }
  }

  /// Names of the file's own: labels of parameters and tuples; and, of those that a bare name can mean, also its values.
  static func bound(in text: SwiftText, bare: Bool) -> Set<String> {
    let words = text.words
    guard bare else { return Set(words.filter(\.isLabel).map(\.text)) }
    var bound: Set<String> = []
    for index in words.indices.dropFirst() {
      let before = words[index - 1].text
      if ["let", "var", "func", "case", "for", "inout", "if", "guard", "catch"].contains(before) {
        bound.insert(words[index].text)
      }
      // `let (a, b) =`, `{ a, b in`, `for (a, b) in`
      if words[index].text == "in", !words[index].isMember { bound.insert(before) }
      if words[index].mark == ",", !words[index].isMember { bound.insert(words[index].text) }
    }
    return bound
  }
}
