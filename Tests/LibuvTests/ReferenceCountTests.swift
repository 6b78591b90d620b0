import Testing

@testable import Libuv

@Suite struct ReferenceCountTests {
  private final class Sample {}

  private func hasOne(_ object: Unmanaged<Sample>) -> Bool {
    ReferenceCount.word(of: object.toOpaque()) == ReferenceCount.one
  }

  @Test func `this compiler counts as expected`() {
    #expect(ReferenceCount.one != nil)
  }

  @Test func `one reference is told from several`() {
    let object = Unmanaged.passRetained(Sample())
    #expect(hasOne(object))
    for count in 1...1000 {
      _ = object.retain()
      #expect(!hasOne(object), "\(count + 1) references")
    }
    for _ in 1..<1000 {
      object.release()
      #expect(!hasOne(object))
    }
    object.release()
    #expect(hasOne(object))
    object.release()
  }

  @Test func `an unowned reference shows while it is there`() {
    let object = Unmanaged.passRetained(Sample())
    do {
      unowned let reference = object.takeUnretainedValue()
      var holders = [Holder(reference), Holder(reference)]
      #expect(!hasOne(object))
      holders.removeLast()
      #expect(!hasOne(object))
      withExtendedLifetime(holders) {}
    }
    #expect(hasOne(object))
    object.release()
  }

  private final class Holder {
    unowned let reference: Sample
    init(_ reference: Sample) { self.reference = reference }
  }

  @Test func `a weak reference shows, also when it has gone`() {
    let object = Unmanaged.passRetained(Sample())
    weak var reference = object.takeUnretainedValue()
    #expect(!hasOne(object))
    reference = nil
    #expect(!hasOne(object))
    reference = object.takeUnretainedValue()
    object.release()
    #expect(reference == nil)
  }
}
