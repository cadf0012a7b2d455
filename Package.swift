// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "rolloutctl",
  products: [
    .executable(name: "rolloutctl", targets: ["rolloutctl"])
  ],
  targets: [
    .target(name: "RolloutOps"),
    .executableTarget(name: "rolloutctl", dependencies: ["RolloutOps"]),
    .testTarget(name: "RolloutOpsTests", dependencies: ["RolloutOps"]),
    .testTarget(name: "RolloutctlTests", dependencies: ["rolloutctl", "RolloutOps"]),
  ]
)
