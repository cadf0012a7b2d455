import Glibc

/// What a file carries beside its bytes, mode and owner, and who may read it or what it is called for depends on: its
/// access list, its label, and what people wrote (xattr(7)). What the system computes of the bytes is left alone.
package struct FileAttribute: Hashable, Sendable {
  package let name: String
  package let value: [UInt8]

  static let accessList = "system.posix_acl_access"

  static func isCarried(_ name: String) -> Bool {
    name.hasPrefix("user.") || [accessList, "security.selinux", "security.SMACK64"].contains(name)
  }
}

/// The calls are the C library's, but its module for Swift does not name them.
private enum AttributeCalls {
  typealias List = @convention(c) (Int32, UnsafeMutablePointer<CChar>?, Int) -> Int
  typealias Get = @convention(c) (Int32, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
  typealias Set = @convention(c) (Int32, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32) -> Int32
  typealias Remove = @convention(c) (Int32, UnsafePointer<CChar>) -> Int32

  static let list = dlsym(nil, "flistxattr").map { unsafeBitCast($0, to: List.self) }
  static let get = dlsym(nil, "fgetxattr").map { unsafeBitCast($0, to: Get.self) }
  static let set = dlsym(nil, "fsetxattr").map { unsafeBitCast($0, to: Set.self) }
  static let remove = dlsym(nil, "fremovexattr").map { unsafeBitCast($0, to: Remove.self) }

  /// What a call fills of `room` bytes; nil where it fails. What is said once is no reason to lose an attribute.
  static func filled<Byte: FixedWidthInteger>(_ room: Int, _ call: (UnsafeMutablePointer<Byte>?) -> Int) -> [Byte]? {
    for _ in 0..<3 {
      var failure: Int32?
      let bytes = [Byte](unsafeUninitializedCapacity: room) { buffer, count in
        failure = POSIX.failure {
          let length = call(buffer.baseAddress)
          count = max(0, length)
          return length < 0 ? -1 : 0
        }
      }
      if failure == nil { return bytes }
      if failure == ENODATA || failure == EOPNOTSUPP { return nil }
    }
    return nil
  }
}

extension Descriptor {
  /// Those that a file in its place must have too; nil where nobody tells.
  func attributes() -> [FileAttribute]? {
    guard let list = AttributeCalls.list, let get = AttributeCalls.get else { return nil }
    // The kernel lets no list and no value be longer (xattr(7)).
    let room = 1 << 16
    guard
      let names = AttributeCalls.filled(room, { (buffer: UnsafeMutablePointer<CChar>?) in list(number, buffer, room) })
    else { return nil }
    return names.split(separator: 0).compactMap { name -> FileAttribute? in
      let name = String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard FileAttribute.isCarried(name) else { return nil }
      let value = AttributeCalls.filled(room) { (buffer: UnsafeMutablePointer<UInt8>?) in
        get(number, name, buffer, room)
      }
      return value.map { FileAttribute(name: name, value: $0) }
    }
  }

  /// What cannot be carried over is no small thing: a reader may lose its right to read. An access list that the folder
  /// gave the file goes where its model has none.
  func carry(_ attributes: [FileAttribute]?) throws(FileTrouble) {
    guard let attributes, let own = self.attributes(), own != attributes else { return }
    for attribute in own where !attributes.contains(where: { $0.name == attribute.name }) {
      guard attribute.name == FileAttribute.accessList, let remove = AttributeCalls.remove else { continue }
      _ = POSIX.failure { remove(number, attribute.name) }
    }
    for attribute in attributes where !own.contains(attribute) {
      let code = POSIX.failure {
        AttributeCalls.set?(number, attribute.name, attribute.value, attribute.value.count, 0) ?? -1
      }
      if code != nil { throw trouble(.notCarriedOver(attribute.name)) }
    }
  }
}
