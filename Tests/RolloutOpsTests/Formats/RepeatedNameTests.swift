import Testing

@testable import RolloutOps

/// Objects of any size: which of several members of one name counts, and when two objects say the same.
@Suite struct RepeatedNameTests {
  private static func read(_ text: String) throws -> [JSON.Member] {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { buffer in
      var reader = JSONReader(buffer, lastWins: true)
      return try #require(try reader.value().members)
    }
  }

  /// The last one counts, where it stands; said here in the plainest way.
  private static func expected(_ members: [JSON.Member]) -> [JSON.Member] {
    members.indices.filter { place in !members[(place + 1)...].contains { $0.name == members[place].name } }
      .map { members[$0] }
  }

  @Test(arguments: 0..<60) func theLastOfOneNameCounts(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let names = Int.random(in: 1...80, using: &random)
    let members = (0..<Int.random(in: 0...160, using: &random)).map { number in
      JSON.Member("é\(Int.random(in: 0..<names, using: &random))", .number(number))
    }
    let text = JSON.object(members).written()
    #expect(try Self.read(text) == Self.expected(members))
    let isTwice = Self.expected(members).count < members.count
    #expect((try? JSON.parse(text)) == (isTwice ? nil : .object(members)))
  }

  @Test func theErrorNamesTheSecondOne() throws {
    for before in [3, 31, 32, 33, 200] {
      let members = (0..<before).map { "\"a\($0)\":1" }.joined(separator: ",")
      let text = "{\(members),\"a2\":1}"
      #expect(throws: JSONError(.duplicate("a2"), at: text.utf8.count - 2)) { try JSON.parse(text) }
    }
  }

  @Test(arguments: [2, 16, 17, 300]) func objectsMeanTheSameInAnyOrder(count: Int) {
    let members = (0..<count).map { JSON.Member("a\($0)", .number($0)) }
    let other = members.reversed().map { JSON.Member($0.name, .spelled("\($0.value.integer ?? -1).0")) }
    #expect(JSON.object(members).means(.object(other)))
    #expect(!JSON.object(members).means(.object(members.dropLast() + [JSON.Member("b", .number(count - 1))])))
    #expect(!JSON.object(members).means(.object(members.dropLast() + [JSON.Member("a\(count - 1)", -1)])))
    // Of several of one name the first counts, as everywhere.
    let twice: [JSON.Member] = members.dropLast() + [JSON.Member("a0", -1)]
    #expect(!JSON.object(twice).means(.object(twice)))
  }
}
