import RolloutOps

/// Which version this is. Pages take their date from here, so that they do not change from day to day.
enum Release {
  static let number = "0.1.0"
  static let date = "2026-11-21"

  /// The commit that the program was built from, in full; nil where the build named none. `.release/build` names it to
  /// the linker, which writes it into a note of the program: no source holds it, so that nothing is compiled anew for it.
  static var commit: String? { commit(in: ProgramNote.ofProcess()) }

  /// It stands in the note that systemd and the distributions agreed on for such a purpose.
  static func commit(in notes: [ProgramNote]) -> String? {
    notes.lazy.filter { $0.owner == "FDO" && $0.kind == 0xcafe_1a7e }
      .compactMap { try? JSON.parse([UInt8]($0.content.prefix { $0 != 0 }))["commit"]?.text }.first
  }

  /// Number and commit, as a person is told them.
  static func text(commit: String?) -> String {
    commit.map { "\(number) (commit \($0.prefix(12)))" } ?? number
  }
}
