// swift-tools-version: 6.2

import PackageDescription

/// The one list of settings that every Swift target here is built with.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// `Libuv` holds all the unsafe code, and says so line by line.
let fenced: [SwiftSetting] = strict + [.strictMemorySafety()]

let package = Package(
  name: "swift-libuv",
  products: [
    .library(name: "Libuv", targets: ["Libuv"]),
    .library(name: "LibuvServiceLifecycle", targets: ["LibuvServiceLifecycle"]),
    .executable(name: "uvecho", targets: ["uvecho"]),
    .executable(name: "uvecho-tools", targets: ["uvecho-tools"]),
  ],
  dependencies: [
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CLibuv",
      path: "CLibuv",
      pkgConfig: "libuv",
      providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]
    ),
    .systemLibrary(
      name: "CZlib",
      path: "CZlib",
      pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]
    ),
    .systemLibrary(name: "CSpawn", path: "CSpawn"),
    .target(name: "Libuv", dependencies: ["CLibuv"], swiftSettings: fenced),
    .target(
      name: "LibuvServiceLifecycle",
      dependencies: ["Libuv", .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")],
      swiftSettings: strict
    ),
    .target(
      name: "EchoServer",
      dependencies: ["Libuv", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict
    ),
    .target(
      name: "LoadGenerator",
      dependencies: [
        "CZlib",
        "Libuv",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Comparison",
      dependencies: [
        "CSpawn",
        "CZlib",
        "Libuv",
        "LoadGenerator",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      resources: [.embedInCode("Report/Resources")],
      swiftSettings: strict
    ),
    .target(
      name: "UvechoSupport",
      dependencies: [
        "EchoServer",
        "Libuv",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "uvecho",
      dependencies: [
        "UvechoSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "uvecho-tools",
      dependencies: [
        "Comparison",
        "EchoServer",
        "Libuv",
        "LoadGenerator",
        "UvechoSupport",
        // Not linked: this is started from there, and starts it, so that whoever builds this needs that, too.
        "uvecho",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "echo-example",
      dependencies: ["Libuv"],
      path: "Examples/echo",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "echo-tasks",
      dependencies: ["Libuv", .product(name: "SystemPackage", package: "swift-system")],
      path: "Examples/echo-tasks",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "chat",
      dependencies: [
        "Libuv",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Examples/chat",
      swiftSettings: strict
    ),
    .target(name: "TestSupport", dependencies: ["Libuv"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "LibuvTests", dependencies: ["Libuv", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "LibuvServiceLifecycleTests",
      dependencies: [
        "Libuv",
        "LibuvServiceLifecycle",
        "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "EchoServerTests",
      dependencies: ["EchoServer", "Libuv", "TestSupport", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LoadGeneratorTests",
      dependencies: [
        "CZlib",
        "Libuv",
        "LoadGenerator",
        "TestSupport",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ComparisonTests",
      dependencies: [
        "Comparison",
        "Libuv",
        "LoadGenerator",
        "TestSupport",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "uvechoTests",
      dependencies: [
        "Comparison",
        "EchoServer",
        "Libuv",
        "LoadGenerator",
        "TestSupport",
        "UvechoSupport",
        "chat",
        "echo-example",
        "echo-tasks",
        "uvecho",
        "uvecho-tools",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict
    ),
  ]
)
