/// A word, number or sign of a trigger.
struct TriggerToken {
  enum Kind: Equatable {
    case word
    case number(Double)
    case sign
  }

  let kind: Kind
  let text: Substring
  /// In lower case, for comparing.
  let plain: String

  var number: Double? {
    guard case .number(let value) = kind else { return nil }
    return value
  }

  static func all(in text: Substring) -> [TriggerToken] {
    var tokens: [TriggerToken] = []
    var rest = text
    while true {
      rest = rest.afterSpace
      guard let first = rest.first else { return tokens }
      let piece: Substring
      var kind = Kind.sign
      if first.isASCII, first.isNumber {
        piece = digits(at: rest)
        kind = .number(Double(piece.filter { $0 != "," }) ?? 0)
      } else if first.isLetter || first == "_" {
        piece = word(at: rest)
        kind = .word
      } else if let sign = ["->", "=>", ">=", "<="].first(where: rest.hasPrefix) {
        piece = rest.prefix(sign.count)
      } else {
        piece = rest.prefix(1)
      }
      tokens.append(TriggerToken(kind: kind, text: piece, plain: piece.lowercased()))
      rest = rest[piece.endIndex...]
    }
  }

  /// `1,204` and `0.05`; a comma that three digits do not follow belongs to the sentence.
  private static func digits(at text: Substring) -> Substring {
    var end = text.startIndex
    var seenPoint = false
    while end < text.endIndex {
      let character = text[end]
      let after = text[text.index(after: end)...]
      if character.isASCII, character.isNumber {
        end = after.startIndex
      } else if character == ".", !seenPoint, after.first?.isNumber == true {
        seenPoint = true
        end = after.startIndex
      } else if character == ",", !seenPoint, after.prefix(while: { $0.isASCII && $0.isNumber }).count == 3 {
        end = after.startIndex
      } else {
        break
      }
    }
    return text[..<end]
  }

  /// Letters and digits, with hyphens, points and apostrophes inside: `thumbs-down`, `p99.9`, `user's`.
  private static func word(at text: Substring) -> Substring {
    var end = text.startIndex
    while end < text.endIndex {
      let (character, after) = (text[end], text.index(after: end))
      if !character.isLetterOrNumber, character != "_" {
        guard "-.'’".contains(character), text[after...].first?.isLetterOrNumber == true else { break }
      }
      end = after
    }
    return text[..<end]
  }
}
