/// Memory blocks of one size, kept for the next request instead of freed.
///
/// A free block's first word links to the next one, so that the pool itself allocates nothing.
@safe final class BlockPool {
  let blockSize: Int
  /// How many free blocks are kept at most.
  let limit: Int

  private var first: UnsafeMutableRawPointer?
  private(set) var count = 0

  init(blockSize: Int, limit: Int) {
    self.blockSize = blockSize
    self.limit = limit
  }

  deinit { removeAll() }

  func take() -> UnsafeMutableRawPointer {
    guard let block = unsafe first else {
      return .allocate(byteCount: blockSize, alignment: 16)
    }
    unsafe first = block.load(as: UnsafeMutableRawPointer?.self)
    count -= 1
    return unsafe block
  }

  func put(_ block: UnsafeMutableRawPointer) {
    guard count < limit else {
      unsafe block.deallocate()
      return
    }
    unsafe block.storeBytes(of: first, as: UnsafeMutableRawPointer?.self)
    unsafe first = block
    count += 1
  }

  func removeAll() {
    while let block = unsafe first {
      unsafe first = block.load(as: UnsafeMutableRawPointer?.self)
      unsafe block.deallocate()
    }
    count = 0
  }
}
