public import Histogram

/// The text of a histogram log: the distribution of each interval of a run, to be plotted, merged or compared with
/// the tools of HdrHistogram.
///
/// Values are nanoseconds. Each line has the whole histogram of its interval, so that the intervals of a log can be
/// added up without loss. The format is HdrHistogram's version 1.3, with its second histogram encoding, compressed.
///
/// ```
/// #[Histogram log format version 1.3]
/// #[StartTime: 1770000000.250 (seconds since epoch)]
/// #[BaseTime: 1770000000.250 (seconds since epoch)]
/// "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
/// Tag=total,0.000,1.000,3.146,HISTFAAAAB542pNpmSzMwMDA...
/// ```
public struct HistogramLog: Sendable {
  /// The log so far: whole lines.
  public private(set) var text: String

  /// Begins a log.
  ///
  /// - Parameter startTime: when the run began, in seconds since 1970, at least zero; written to the millisecond.
  public init(startTime: Double) {
    let time = Self.format(startTime)
    // With the start as base, the times of the intervals count from it.
    text = """
      #[Histogram log format version 1.3]
      #[StartTime: \(time) (seconds since epoch)]
      #[BaseTime: \(time) (seconds since epoch)]
      "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

      """
  }

  /// Appends an interval.
  ///
  /// Its line also tells the highest value, in milliseconds.
  ///
  /// - Parameters:
  ///   - histogram: what was recorded in the interval, in nanoseconds. Counts above `Int64.max` are written as that.
  ///   - start: when it began, in seconds since the log's start time, at least zero.
  ///   - length: how long it was, in seconds, at least zero.
  ///   - tag: what the values are, when a log has several kinds; a text without commas and white space.
  public mutating func append(
    _ histogram: Histogram<UInt64>,
    start: Double,
    length: Double,
    tag: String? = nil
  ) {
    if let tag {
      precondition(
        !tag.isEmpty && !tag.contains { $0 == "," || $0.isWhitespace },
        "the tag of a histogram is a text without commas and white space, not '\(tag)'"
      )
      text += "Tag=\(tag),"
    }
    let highest = Self.format(Double(histogram.max) / 1_000_000)
    let payload = Base64.encode(HistogramEncoding.encodeCompressed(histogram))
    text += "\(Self.format(start)),\(Self.format(length)),\(highest),\(payload)\n"
  }

  /// A number with three decimals, rounded to the nearest.
  private static func format(_ number: Double) -> String {
    precondition(number >= 0 && number < 1e15, "times in a histogram log are not negative, as \(number) is")
    let thousandths = Int((number * 1000).rounded())
    let decimals = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - decimals.count))\(decimals)"
  }
}
