import Testing

@testable import Comparison

@Suite struct CostPicturesTests {
  private let pictures = CostPictures(sampleCost)

  /// A base, and one that takes so many times as much.
  private func two(_ times: Double) -> CostPictures {
    CostPictures(
      cost([
        rung("c-libuv", "C libuv") { $0.work = [work(.echo, [.libuv: 100])] },
        rung("a", "A") { $0.work = [work(.echo, [.libuv: 100, .tasks: 100 * (times - 1)])] },
      ])
    )
  }

  @Test func `a bar has a part for each slice, with its figure`() throws {
    let text = try #require(two(2).all(.echo, isWide: true)).svg()
    let half = Numbers.short(Scale(linearTo: [2])(1) * 100)
    #expect(
      text.contains(
        "<rect class=\"series slice tasks\" data-series=\"tasks\" x=\"\(half)%\" width=\"\(half)%\" "
      )
    )
    #expect(text.contains("<title>A, tasks: 100 instructions, 50 %</title>"))
    #expect(text.contains("<tspan>2.00×</tspan><tspan class=\"detail\" dx=\"6\">200</tspan>"))
    #expect(text.contains("<title>A: 200 instructions for an echo, 2.00 of C libuv</title>"))
    #expect(text.contains("<title>C libuv</title></line>"), "the line of the base")
    #expect(text.contains(">0</text>") && text.contains(">1×</text>"))
    #expect(!text.contains("class=\"cut\""))
  }

  @Test func `what is far beyond the others is cut, and whole in a picture of its own`() throws {
    let pictures = two(4.1)
    let cut = try #require(pictures.all(.echo, isWide: true))
    #expect(cut.caption.contains("A bar that is cut goes on beyond the frame"))
    #expect(cut.svg().occurrences(of: "class=\"cut\"") == 1)
    #expect(cut.svg().contains("<tspan>4.10×</tspan>"))
    // The base has the most of the axis.
    #expect(cut.svg().contains("width=\"\(Numbers.short(Scale(linearTo: [1.15])(1) * 100))%\""))
    let whole = try #require(pictures.tall(.echo, isWide: true))
    #expect(whole.id == "slices-echo-tall" && whole.legend.isEmpty)
    #expect(!whole.svg().contains("class=\"cut\"") && whole.svg().contains(">4×</text>"))
    #expect(two(4).tall(.echo, isWide: true) == nil)
  }

  @Test func `nothing is drawn beyond the end of the axis`() throws {
    let text = try #require(pictures.all(.echo, isWide: true)).svg()
    for match in text.matches(
      of: /class="series [a-z ]+" data-series="[a-z]+" x="([0-9.]+)%" width="([0-9.]+)%"/
    ) {
      let end = try #require(Double(match.output.1)) + #require(Double(match.output.2))
      #expect(end <= 100.02, "\(match.output.0)")
    }
    // What comes before the cut is at scale: of Node all but its framework, which is cut.
    #expect(text.contains("Node, allocation: 240 instructions"))
    #expect(text.contains("Node, framework: 12,860 instructions, 92 %"))
    #expect(!text.contains("SwiftNIO, async, tasks"), "it stands behind the cut")
  }

  @Test func `the legend has the slices that are there, in the order of a bar`() throws {
    let names = try #require(two(2).all(.echo, isWide: true)).legend
    #expect(names.map(\.name) == ["libuv", "tasks"])
    #expect(names.map(\.series) == ["libuv", "tasks"])
    #expect(pictures.legend(sampleCost.rungs, .echo).count == Slice.allCases.count)
  }

  @Test func `who has no figures has an excuse`() throws {
    let text = try #require(pictures.all(.timer, isWide: false)).svg()
    #expect(text.contains("<title>Swift, unbuilt: it isn&#39;t built: no such file</title>"))
    #expect(text.occurrences(of: ">no figures</text>") == 1)
    // C epoll, and SwiftNIO with tasks.
    #expect(text.occurrences(of: ">not measured</text>") == 2)
  }

  @Test func `without a base bars are instructions`() throws {
    let results = cost([rung("a", "A") { $0.work = [work(.echo, [.libuv: 5000])] }])
    let picture = try #require(CostPictures(results).all(.echo, isWide: true))
    #expect(picture.caption.contains("Instructions. Choose"))
    #expect(picture.svg().contains("<tspan>5,000</tspan>"))
    #expect(!picture.svg().contains("class=\"reference\""))
  }

  @Test func `no instructions are no bar, and no reason to fail`() throws {
    let results = cost([rung("c-libuv") { $0.work = [work(.echo, [:])] }])
    let text = try #require(CostPictures(results).all(.echo, isWide: true)).svg()
    #expect(text.contains("<tspan>0</tspan>"))
    #expect(!text.contains("nan") && !text.contains("class=\"series"))
    #expect(CostPictures(cost([])).all(.echo, isWide: true) == nil)
    #expect(CostPictures(results).all(.timer, isWide: true) == nil)
  }

  @Test func `a line that fits badly is marked`() throws {
    let text = try #require(pictures.all(.echo, isWide: true)).svg()
    #expect(text.contains(">~ 2,312</tspan>"))
  }

  @Test func `few instructions have a digit`() {
    #expect(Numbers.instructions(0.4) == "0.4")
    #expect(Numbers.instructions(12.4) == "12")
    #expect(Numbers.instructions(3) == "3")
    #expect(Numbers.times(1.054) == "1.05")
    #expect(Numbers.times(9.996) == "10.0")
  }
}
