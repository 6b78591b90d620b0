import Histogram
import LoadGenerator
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct HistogramLogTests {
  @Test func `a log begins with version, start time, base time and legend`() {
    #expect(
      HistogramLog(startTime: 1_770_000_000.25).text == """
        #[Histogram log format version 1.3]
        #[StartTime: 1770000000.250 (seconds since epoch)]
        #[BaseTime: 1770000000.250 (seconds since epoch)]
        "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

        """
    )
  }

  @Test func `a line has the times in seconds, the highest value in milliseconds, and the histogram`() throws
  {
    var histogram = Histogram<UInt64>(highestTrackableValue: 3_600_000_000_000)
    histogram.record(1000)
    histogram.record(2_769_000)
    var log = HistogramLog(startTime: 0)
    log.append(histogram, start: 0.0004, length: 1.0066)
    let fields = try #require(lines(log).last).split(separator: ",")
    // The highest value that is counted as 2,769,000 is 2,770,943.
    #expect(fields.dropLast() == ["0.000", "1.007", "2.771"])
    let decoded = try decode(fields)
    #expect(decoded.matches(histogram))
    #expect(decoded.highestTrackableValue == 3_600_000_000_000)
  }

  @Test func `every compressed histogram begins with the same six characters`() throws {
    var log = HistogramLog(startTime: 0)
    log.append(Histogram<UInt64>(), start: 0, length: 0)
    let fields = try #require(lines(log).last).split(separator: ",")
    #expect(fields.dropLast() == ["0.000", "0.000", "0.000"])
    #expect(fields.last?.hasPrefix("HISTFA") == true)
    #expect(try decode(fields).counts == [0])
  }

  @Test func `a tag stands before its line`() throws {
    var log = HistogramLog(startTime: 0)
    log.append(Histogram<UInt64>(), start: 12.5, length: 0.25, tag: "first-byte")
    log.append(Histogram<UInt64>(), start: 12.75, length: 0.25)
    #expect(lines(log)[4].hasPrefix("Tag=first-byte,12.500,0.250,0.000,HISTFA"))
    #expect(lines(log)[5].hasPrefix("12.750,0.250,0.000,HISTFA"))
    #expect(log.text.hasSuffix("\n"))
  }

  @Test func `a tag with a comma traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var log = HistogramLog(startTime: 0)
      log.append(Histogram<UInt64>(), start: 0, length: 0, tag: "a,b")
    }
    expectTrap(result, saying: "without commas and white space")
  }

  @Test func `a negative time traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var log = HistogramLog(startTime: 0)
      log.append(Histogram<UInt64>(), start: -1, length: 0)
    }
    expectTrap(result, saying: "times in a histogram log are not negative")
  }

  /// Written to the file that `HISTOGRAM_LOG` names, for `Tools/check_histogram_log.py`, and what it is to find
  /// there to the same name with `.json`.
  @Test func `the intervals of a log add up to the whole`() throws {
    var log = HistogramLog(startTime: 1_770_000_000)
    var totals = ["fast": Histogram<UInt64>(), "slow": Histogram<UInt64>()]
    var decodedCounts = ["fast": [UInt64](), "slow": [UInt64]()]
    for interval in 0..<3 {
      for (tag, limit) in [("fast", 250_000 as UInt64), ("slow", 4_000_000_000)] {
        // Each grows as far as its values need.
        var histogram = Histogram<UInt64>()
        for _ in 0..<2000 { histogram.record(.random(in: limit / 50...limit >> UInt64(2 - interval))) }
        totals[tag]?.add(histogram)
        log.append(histogram, start: Double(interval), length: 1, tag: tag)
        let decoded = try decode(#require(lines(log).last).split(separator: ","))
        #expect(decoded.matches(histogram))
        #expect(decoded.highestTrackableValue >= histogram.maxRecorded)
        decodedCounts[tag]?.add(decoded.counts)
      }
    }
    for (tag, total) in totals {
      let encoded = try #require(decodedCounts[tag])
      #expect(encoded.reduce(0, +) == 6000)
      #expect(total.totalCount == 6000)
    }
    if let path = getenv("HISTOGRAM_LOG").map({ String(cString: $0) }) {
      try write(log.text, to: path)
      try write(json(totals), to: path + ".json")
    }
  }
}

private func lines(_ log: HistogramLog) -> [Substring] { log.text.split(separator: "\n") }

private func decode(_ fields: [Substring]) throws -> DecodedHistogram {
  let payload = try #require(fields.last)
  return try DecodedHistogram(unpack(#require(decodeBase64(payload))))
}

extension [UInt64] {
  /// Adds the counts of another histogram, bucket by bucket.
  fileprivate mutating func add(_ other: [UInt64]) {
    if other.count > count { self += Array(repeating: 0, count: other.count - count) }
    for index in other.indices { self[index] += other[index] }
  }
}

/// Count and percentiles in the form that the tool prints.
private func json(_ histograms: [String: Histogram<UInt64>]) -> String {
  let entries = histograms.map { tag, histogram in
    let percentiles = [50, 90, 99, 99.9].map { percentile in
      let name = percentile == 99.9 ? "99.9" : "\(Int(percentile))"
      return "\"p\(name)\": \(histogram.valueAtPercentile(percentile))"
    }
    let figures = ["\"count\": \(histogram.totalCount)"] + percentiles + ["\"max\": \(histogram.max)"]
    return "\"\(tag)\": {\(figures.joined(separator: ", "))}"
  }
  return "{\(entries.joined(separator: ",\n"))}\n"
}

private func write(_ text: String, to path: String) throws {
  let file = try #require(fopen(path, "w"), "\(path) can be written")
  #expect(fputs(text, file) >= 0)
  #expect(fclose(file) == 0)
}
