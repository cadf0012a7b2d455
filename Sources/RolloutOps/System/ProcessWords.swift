import Glibc

/// The words that the process was started with.
///
/// Swift reads them from `/proc`, which a bare chroot or a rescue shell does not have: there every command line would be
/// an empty one, a kill included. The kernel put them on the stack as well, below the environment.
package enum ProcessWords {
  /// Without the program's name.
  package static func read() -> [String] {
    let known = CommandLine.arguments
    if !known.isEmpty, access("/proc/self/cmdline", R_OK) == 0 { return Array(known.dropFirst()) }
    return Array((onTheStack() ?? known).dropFirst())
  }

  /// More words than the kernel takes.
  private static let most = 1 << 22

  /// From the first word of the stack that the environment leads to: the count of the words, the words, an empty place.
  static func onTheStack() -> [String]? {
    typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    // It would lead elsewhere once somebody had changed the environment, which nobody here does.
    let start: Words? = environ
    guard let environment = start, (environment - 1).pointee == nil else { return nil }
    for count in 0..<most {
      guard let word = (environment - 2 - count).pointee else { return nil }
      guard Int(bitPattern: word) == count else { continue }
      let words = environment - 1 - count
      return (0..<count).map { words[$0].map { String(cString: $0) } ?? "" }
    }
    return nil
  }
}
