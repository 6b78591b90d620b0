extension Slope {
  /// The line through some points that is nearest to all of them, by least squares; nil when all have the same count.
  init?(_ points: [Point]) {
    let number = Double(points.count)
    guard number > 0 else { return nil }
    let middle = points.map { Double($0.count) }.reduce(0, +) / number
    let height = points.map(\.value).reduce(0, +) / number
    var square = 0.0
    var product = 0.0
    for point in points {
      let distance = Double(point.count) - middle
      square += distance * distance
      product += distance * (point.value - height)
    }
    guard square > 0 else { return nil }
    // Sums of whole numbers leave a rest of their rounding, as in 0.9999999.
    each = Self.rounded(product / square)
    fixed = Self.rounded(height - product / square * middle)
    self.points = points
    worst = 0
    worst = points.map(share).max() ?? 0
  }

  private static func rounded(_ value: Double) -> Double {
    let scaled = (value * 1e6).rounded() / 1e6
    // No minus before a zero.
    return scaled + 0
  }

  /// How far the line is from a point, in what was counted.
  private func distance(_ point: Point) -> Double {
    abs(point.value - fixed - each * Double(point.count))
  }

  private func share(_ point: Point) -> Double {
    let distance = distance(point)
    // What is no more than rounding is none, also of nothing.
    guard distance > 1e-3 * Double(max(1, point.count)) * 1e-3 else { return 0 }
    let above = abs(point.value - fixed)
    return above > distance ? distance / above : 1
  }

  /// The largest share that a good line is off by.
  static let tolerance = 0.01

  // What is too little for one to matter.
  static let leastInstructions = 10.0
  static let leastAllocations = 0.05
  static let leastBytes = 5.0

  /// Why the line can't be trusted: a clause; nil when it can.
  ///
  /// - Parameter least: what is too little for one to matter, in what is counted.
  func problem(least: Double) -> String? {
    let off = points.map { distance($0) / Double(max(1, $0.count)) }.max() ?? 0
    guard worst > Self.tolerance, off > least else { return nil }
    let counts = points.map { "\(Numbers.count($0.value)) for \(Numbers.count($0.count))" }
    return "the counts are not on a line (\(Numbers.list(counts))): one is \(Numbers.percent(worst)) off"
  }
}
