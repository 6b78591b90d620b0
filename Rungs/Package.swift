// swift-tools-version: 6.2

import PackageDescription

/// The settings of the package above.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let libuv: [Target.Dependency] = ["Rung", .product(name: "Libuv", package: "swift-libuv")]
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]

func rung(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "rungs",
  dependencies: [
    .package(name: "swift-libuv", path: ".."),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CUV",
      path: "CUV",
      pkgConfig: "libuv",
      providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]
    ),
    .target(name: "Rung", swiftSettings: strict),
    .target(name: "LibuvRung", dependencies: libuv, swiftSettings: strict),
    rung("echo-clibuv", ["CUV", "Rung"]),
    rung("turns-clibuv", ["CUV", "Rung"]),
    rung("echo-pump", libuv + ["LibuvRung"]),
    rung("echo-handler", libuv + ["LibuvRung"]),
    rung("echo-receiver", libuv + ["LibuvRung"]),
    rung("turns-libuv", libuv),
    rung("echo-tasks", libuv + ["LibuvRung"]),
    rung("turns-tasks", libuv),
    // Links to the sources of the peers: the same servers.
    rung("echo-nio", nio),
    rung("echo-nio-async", nio),
    rung("turns-nio", nio + ["Rung"]),
    rung("turns-nio-async", nio + ["Rung"]),
  ]
)
