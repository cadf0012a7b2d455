import Glibc

/// What a file carries beside its bytes, mode and owner, and who may read it or what it is called for depends on: its
/// access list, its label, and what people wrote (xattr(7)). What the system computes of the bytes is left alone.
package struct FileAttribute: Hashable, Sendable {
  package let name: String
  package let value: [UInt8]

  package init(name: String, value: [UInt8]) { (self.name, self.value) = (name, value) }

  static func isCarried(_ name: String) -> Bool {
    name.hasPrefix("user.") || ["system.posix_acl_access", "security.selinux", "security.SMACK64"].contains(name)
  }
}

/// The calls are the C library's, but its module for Swift does not name them.
private enum AttributeCalls {
  typealias List = @convention(c) (Int32, UnsafeMutablePointer<CChar>?, Int) -> Int
  typealias Get = @convention(c) (Int32, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
  typealias Set = @convention(c) (Int32, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32) -> Int32

  static let list = dlsym(nil, "flistxattr").map { unsafeBitCast($0, to: List.self) }
  static let get = dlsym(nil, "fgetxattr").map { unsafeBitCast($0, to: Get.self) }
  static let set = dlsym(nil, "fsetxattr").map { unsafeBitCast($0, to: Set.self) }
}

extension Descriptor {
  /// Those that a file in its place must have too; none where the file system knows none.
  func attributes() -> [FileAttribute] {
    guard let list = AttributeCalls.list, let get = AttributeCalls.get else { return [] }
    // Most files have none, and one question tells.
    let size = list(number, nil, 0)
    guard size > 0 else { return [] }
    // Somebody may add one in between; the list is then one that is too short, and asked for again.
    var names = [CChar](repeating: 0, count: size + 4096)
    let count = list(number, &names, names.count)
    guard count > 0 else { return [] }
    return names[..<count].split(separator: 0).compactMap { name -> FileAttribute? in
      let name = String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard FileAttribute.isCarried(name) else { return nil }
      // The kernel lets none be longer.
      var value = [UInt8](repeating: 0, count: 1 << 16)
      let count = get(number, name, &value, value.count)
      return count < 0 ? nil : FileAttribute(name: name, value: Array(value[..<count]))
    }
  }

  /// What cannot be carried over is no small thing: a reader may lose its right to read.
  func carry(_ attributes: [FileAttribute]) throws(FileTrouble) {
    guard !attributes.isEmpty else { return }
    let own = self.attributes()
    for attribute in attributes where !own.contains(attribute) {
      guard let set = AttributeCalls.set, set(number, attribute.name, attribute.value, attribute.value.count, 0) == 0
      else { throw trouble(.notCarriedOver(attribute.name)) }
    }
  }
}
