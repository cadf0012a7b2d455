/// Things in the order in which they came, each once.
package struct Distinct<Element: Hashable & Sendable>: Sendable {
  package private(set) var all: [Element] = []
  private var known: Set<Element> = []

  package init() {}

  /// Whether it was not there before.
  @discardableResult
  package mutating func add(_ element: Element) -> Bool {
    let isNew = known.insert(element).inserted
    if isNew { all.append(element) }
    return isNew
  }

  package mutating func add(_ more: [Element]) { for element in more { add(element) } }
}
