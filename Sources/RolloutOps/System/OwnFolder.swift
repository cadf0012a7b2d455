import Glibc

/// The folder of locks, journals and everything else that rolloutctl keeps beside a store. A link in its place, which a
/// checkout can carry, is not followed by what writes: it would lead to files that are none of ours.
enum OwnFolder {
  private static let suffix = ".rollout"

  /// Refuses a path in such a folder, or the folder itself, where a link stands in its place.
  static func check(_ path: String, _ doing: FileTrouble.Doing) throws(FileTrouble) {
    for place in [path, Path.folder(of: path)] where place.hasSuffix(suffix) {
      var found = stat()
      guard POSIX.failure(of: { lstat(place, &found) }) == nil, found.st_mode & S_IFMT == S_IFLNK else { continue }
      throw FileTrouble(doing, place, POSIX.reason(ELOOP))
    }
  }
}
