import Testing

@testable import RolloutOps

@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func vectorsOfTheStandard(text: String, digest: String) {
    #expect(SHA256.hex(text) == digest)
    #expect(SHA256.hex(AnySequence(Array(text.utf8))) == digest)
  }

  @Test func aMillionTimesA() {
    #expect(
      SHA256.hex([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test(.needsPython) func everyLengthAgreesWithPython() throws {
    let expected = try Python.run(
      "import hashlib\nfor n in range(700): print(hashlib.sha256(bytes(i * 7 % 256 for i in range(n))).hexdigest())")
    let bytes = (0..<700).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for (length, digest) in expected.split(separator: "\n").enumerated() {
      #expect(SHA256.hex(bytes.prefix(length)) == digest, "\(length) bytes")
    }
  }

  @Test func partsAreHashedWhereTheyLie() {
    let bytes = (0..<500).map { UInt8(truncatingIfNeeded: $0) }
    bytes.withUnsafeBufferPointer { buffer in
      for start in [0, 1, 3, 64, 499, 500] {
        let digest = SHA256.digest(buffer[start...])
        #expect(digest.hex == SHA256.hex(Array(bytes[start...])))
        #expect(digest == SHA256.digest(UnsafeBufferPointer(rebasing: buffer[start...])))
      }
    }
  }

  @Test func digitsCanBeWrittenAndCompared() {
    let digest = Array("abc".utf8).withUnsafeBufferPointer { SHA256.digest($0) }
    var line = Array("x".utf8)
    digest.writeHex(into: &line)
    #expect(String(decoding: line, as: UTF8.self) == "x\(digest.hex)")
    #expect(digest.isHex(line.dropFirst()))
    #expect(!digest.isHex(line))
    #expect(!digest.isHex(Array(digest.hex.uppercased().utf8)))
    for index in 1...64 {
      var other = line
      other[index] ^= 1
      #expect(!digest.isHex(other.dropFirst()))
    }
  }
}
