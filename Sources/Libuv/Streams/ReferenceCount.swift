internal import CLibuv

/// Whether an object has one reference: no other that is strong, and none that is weak or unowned.
///
/// `isKnownUniquelyReferenced` doesn't see weak and unowned references, and whoever has one must find that the object is gone,
/// not that it has become another one. All counts of an object are in the word behind its type: as numbers, or, once there has
/// been a weak reference, as the place of a table. So that word is what it is in a new object, or there are others. Swift
/// doesn't promise this: it is tried out once, before anything relies on it.
@safe enum ReferenceCount {
  /// The word of an object with one reference; nil where Swift counts in another way.
  static let one: UInt? = {
    let sample = unsafe Unmanaged.passRetained(Sample())
    defer { unsafe sample.release() }
    let one = unsafe word(of: sample.toOpaque())
    // Each kind changes the word, all but the weak one take back what they changed, and another object's is the same.
    let holder = Holder()
    let steps: [(change: () -> Void, isOne: Bool)] = [
      ({ unsafe holder.strong = sample.takeUnretainedValue() }, false),
      ({ holder.strong = nil }, true),
      ({ unsafe holder.unowned = sample.takeUnretainedValue() }, false),
      ({ holder.unowned = nil }, true),
      ({ unsafe holder.weak = sample.takeUnretainedValue() }, false),
      ({ holder.weak = nil }, false),
    ]
    for step in steps {
      step.change()
      guard unsafe (word(of: sample.toOpaque()) == one) == step.isOne else { return nil }
    }
    let other = unsafe Unmanaged.passRetained(Sample())
    defer { unsafe other.release() }
    return unsafe word(of: other.toOpaque()) == one ? one : nil
  }()

  private final class Sample {}

  private final class Holder {
    var strong: Sample?
    unowned var unowned: Sample?
    weak var weak: Sample?
  }

  /// The word that holds an object's counts. What other threads have done before they let go of it is seen after this.
  @inline(__always)
  static func word(of object: UnsafeMutableRawPointer) -> UInt {
    unsafe swift_libuv_load_acquire(object + MemoryLayout<UInt>.size)
  }
}
