// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "rolloutctl",
  products: [
    .executable(name: "rolloutctl", targets: ["rolloutctl"])
  ],
  targets: [
    .target(name: "RolloutOps"),
    // Swift's runtime needs the C++ library. Bound into a static release it costs nothing; looked up at every start it
    // takes as long as everything else that happens before `main`. The folder holds a linker script by the library's name.
    .executableTarget(
      name: "rolloutctl", dependencies: ["RolloutOps"],
      linkerSettings: [
        .unsafeFlags(
          [
            "-L\(Context.packageDirectory)/.link", "-Xclang-linker", "-static-libgcc", "-Xlinker",
            "--version-script=\(Context.packageDirectory)/.link/exports.map",
          ], .when(configuration: .release))
      ]),
    .testTarget(name: "RolloutOpsTests", dependencies: ["RolloutOps"]),
    .testTarget(name: "RolloutctlTests", dependencies: ["rolloutctl", "RolloutOps"]),
  ]
)
