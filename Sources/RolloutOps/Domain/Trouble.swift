/// What kept a file operation from happening, as data; `Rendering/Sentences.swift` makes the words.
package struct FileTrouble: Error, Hashable, Sendable {
  package enum Doing: String, Sendable {
    case reading, inspecting, listing, creating, replacing, appending, locking, removing, syncing
  }

  package enum Reason: Hashable, Sendable {
    case missing
    case exists
    case notPermitted
    case readOnly
    case diskFull
    case isFolder
    case notAFile
    case tooLong(size: Int, limit: Int)
    case changedSize(expected: Int, found: Int)
    /// Somebody else has the lock; the text is what the holder wrote into it.
    case held(by: String)
    /// Replacing a bind-mounted file, or one in use.
    case busy
    case unsupported
    case other(code: Int32, text: String)
  }

  package let doing: Doing
  package let path: String
  package let reason: Reason

  package init(_ doing: Doing, _ path: String, _ reason: Reason) {
    (self.doing, self.path, self.reason) = (doing, path, reason)
  }
}

/// What kept a flag store from answering or changing.
package enum StoreTrouble: Error, Hashable, Sendable {
  case file(FileTrouble)
  /// The address is none that this version knows.
  case badAddress(String, why: String)
  /// Not JSON, or not a flagd document.
  case malformed(path: String, Position, String)
  /// Readers such as OpenFeature's providers would reject the whole file and go on serving the old one.
  case rejectedByReaders(path: String, Position, String)
  /// The flag is not what was read before: somebody else changed it.
  case changedMeanwhile(path: String)
  /// A share that the store cannot express, and the nearest that it can.
  case inexpressible(Percentage, nearest: Percentage)
  /// Written, but reading back shows something else.
  case notAsWritten(path: String)
}
