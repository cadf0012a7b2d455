// swift-tools-version: 6.0
import PackageDescription

// `.release/build` says which commit this is. It becomes a note in the program (`rolloutctl version` reads it, and
// `readelf --notes` does): nothing is compiled for it, and whoever builds the same commit gets the same bytes.
let commit = Context.environment["ROLLOUTCTL_COMMIT"] ?? ""
let isCommit = [40, 64].contains(commit.count) && commit.allSatisfy(\.isHexDigit)
let note = #"--package-metadata={"type":"binary","name":"rolloutctl","commit":"\#(commit)"}"#
let notes: [LinkerSetting] = isCommit ? [.unsafeFlags(["-Xlinker", note])] : []

let package = Package(
  name: "rolloutctl",
  products: [
    .executable(name: "rolloutctl", targets: ["rolloutctl"])
  ],
  targets: [
    .target(name: "RolloutOps"),
    // Swift's runtime needs the C++ library. Bound into a static release it costs nothing; looked up at every start it
    // takes as long as everything else that happens before `main`. The folder holds a linker script by the library's
    // name, which the linker finds before the library itself, and a list of what the program exports: nothing.
    .executableTarget(
      name: "rolloutctl", dependencies: ["RolloutOps"],
      linkerSettings: [
        .unsafeFlags(
          [
            "-L\(Context.packageDirectory)/.link", "-Xclang-linker", "-static-libgcc", "-Xlinker",
            "--version-script=\(Context.packageDirectory)/.link/exports.map",
          ], .when(configuration: .release))
      ] + notes),
    .testTarget(name: "RolloutOpsTests", dependencies: ["RolloutOps"]),
    .testTarget(name: "RolloutctlTests", dependencies: ["rolloutctl", "RolloutOps"]),
  ]
)
