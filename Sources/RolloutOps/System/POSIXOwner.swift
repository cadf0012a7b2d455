import Glibc

/// What root makes belongs to whoever has what it is made beside: they must be able to go on with it. Nobody else can give
/// anything away, and nothing stops where it cannot be done.
enum POSIXOwner {
  /// A folder that was made just now. One that is called after a file is that file's.
  static func give(_ path: String) {
    guard geteuid() == 0, let owner = owner(beside: path) else { return }
    // Whoever has the folder around it could have put something else there in the meantime.
    let number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { return }
    fchown(number, owner.user, owner.group)
    close(number)
  }

  /// An open file that root may have made.
  static func give(_ number: Int32, _ path: String) {
    guard geteuid() == 0 else { return }
    var own = stat()
    guard fstat(number, &own) == 0, own.st_uid == 0, own.st_nlink == 1, let owner = owner(beside: path) else { return }
    fchown(number, owner.user, owner.group)
  }

  private static let suffix = ".rollout"

  private static func owner(beside path: String) -> (user: uid_t, group: gid_t)? {
    let name = path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : nil
    for place in [name, POSIXFiles.split(path).folder].compactMap(\.self) {
      var found = stat()
      guard stat(place, &found) == 0 else { continue }
      return found.st_uid == 0 ? nil : (found.st_uid, found.st_gid)
    }
    return nil
  }
}
