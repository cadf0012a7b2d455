/// Circles of files: each mentions a top-level type of the next, counted as `Tests/Long/house` does.
struct HouseCircles {
  private let files: [FloorTests.File]
  private let edges: [Set<Int>]

  init(_ files: [FloorTests.File]) {
    self.files = files
    let outlines = files.map { HouseOutline($0.text) }
    var homes: [String: [Int]] = [:]
    for (index, outline) in outlines.enumerated() {
      for name in outline.types where !name.isPrivate && !name.text.contains(".") {
        homes[name.text, default: []].append(index)
      }
    }
    edges = files.indices.map { index in
      let own = Set(outlines[index].types.map { $0.text.split(separator: ".").last.map(String.init) ?? "" })
      var others: Set<Int> = []
      for word in files[index].text.words where word.isCapitalized && !word.isMember && !own.contains(word.text) {
        let all = homes[word.text] ?? []
        // The library knows no type of the program, and the program its own before the library's.
        let near = all.filter { files[$0].isLibrary == files[index].isLibrary }
        others.formUnion(near.isEmpty && !files[index].isLibrary ? all : near)
      }
      return others.subtracting([index])
    }
  }

  /// Parts of more than one file in which every file leads to every other one (Tarjan), largest first.
  var all: [[String]] {
    var walk = Walk(edges: edges)
    for node in edges.indices where walk.index[node] == nil { walk.visit(node) }
    return walk.found.map { $0.map { files[$0].path }.sorted() }
      .sorted { ($1.count, $0.first ?? "") < ($0.count, $1.first ?? "") }
  }

  private struct Walk {
    let edges: [Set<Int>]
    var index: [Int: Int] = [:]
    var low: [Int: Int] = [:]
    var stack: [Int] = []
    var waiting: Set<Int> = []
    var found: [[Int]] = []

    mutating func visit(_ node: Int) {
      (index[node], low[node]) = (index.count, index.count)
      stack.append(node)
      waiting.insert(node)
      for other in edges[node].sorted() {
        if index[other] == nil {
          visit(other)
          low[node] = min(low[node] ?? 0, low[other] ?? 0)
        } else if waiting.contains(other) {
          low[node] = min(low[node] ?? 0, index[other] ?? 0)
        }
      }
      guard low[node] == index[node], let start = stack.lastIndex(of: node) else { return }
      let part = Array(stack[start...])
      stack.removeSubrange(start...)
      waiting.subtract(part)
      if part.count > 1 { found.append(part) }
    }
  }
}
