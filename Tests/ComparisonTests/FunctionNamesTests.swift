import Testing

@testable import Comparison

@Suite struct FunctionNamesTests {
  @Test func `an address has no zeros before it`() {
    #expect(FunctionNames.short("0x0000000000022a60") == "0x22a60")
    #expect(FunctionNames.short("0x0") == "0x0")
  }

  @Test func `calls into libraries have one name`() {
    #expect(FunctionNames.short("0x000000000484d290 [PLT]") == "calls into libraries")
  }

  @Test func `there is no Objective-C here`() {
    #expect(FunctionNames.short("@objc closure #1 in f()") == "closure #1 in f()")
  }

  @Test func `C's names stay`() {
    #expect(FunctionNames.of(["uv_run", "main", "???"]) == ["uv_run", "main", "???"])
    #expect(FunctionNames.of([]) == [])
  }

  @Test(.enabled(if: SearchPath.has("swift-demangle")))
  func `Swift's symbols are written as people do, each in its place`() {
    let symbols = ["uv_run", "$s5Libuv6StreamC20endOutputWhenFlushedyyF", "malloc"]
    #expect(FunctionNames.of(symbols) == ["uv_run", "Stream.endOutputWhenFlushed()", "malloc"])
  }

  @Test(.enabled(if: SearchPath.has("c++filt")))
  func `C++'s symbols are, too`() {
    let symbols = ["_ZN5swift9AsyncTask24getPreferredTaskExecutorEb", "_Zno"]
    #expect(FunctionNames.of(symbols) == ["swift::AsyncTask::getPreferredTaskExecutor", "_Zno"])
  }
}
