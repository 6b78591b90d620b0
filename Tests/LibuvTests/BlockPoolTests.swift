import Testing

@testable import Libuv

@Suite struct BlockPoolTests {
  @Test func `a block that was put back is the next to be taken`() {
    let pool = BlockPool(blockSize: 64, limit: 4)
    let blocks = (0..<3).map { _ in pool.take() }
    #expect(Set(blocks).count == 3)
    #expect(pool.count == 0)
    for block in blocks { pool.put(block) }
    #expect(pool.count == 3)
    #expect([pool.take(), pool.take(), pool.take()] == blocks.reversed())
    #expect(pool.count == 0)
    for block in blocks { pool.put(block) }
    pool.removeAll()
  }

  @Test func `no more than the limit are kept`() {
    let pool = BlockPool(blockSize: 64, limit: 2)
    let blocks = (0..<5).map { _ in pool.take() }
    for block in blocks { pool.put(block) }
    #expect(pool.count == 2)
    #expect(pool.take() == blocks[1])
    #expect(pool.take() == blocks[0])
    #expect(pool.count == 0)
    pool.put(blocks[0])
    pool.put(blocks[1])
    pool.removeAll()
    #expect(pool.count == 0)
  }

  @Test func `a pool that keeps nothing still gives blocks`() {
    let pool = BlockPool(blockSize: 64, limit: 0)
    pool.put(pool.take())
    #expect(pool.count == 0)
  }

  @Test func `an emptied pool goes on giving and taking blocks`() {
    let pool = BlockPool(blockSize: 64, limit: 2)
    pool.put(pool.take())
    pool.removeAll()
    pool.removeAll()
    #expect(pool.count == 0)
    let block = pool.take()
    pool.put(block)
    #expect(pool.count == 1)
    #expect(pool.take() == block)
    pool.put(block)
    pool.removeAll()
  }

  @Test func `every byte of every block can be written, and blocks start where any C type may`() {
    let pool = BlockPool(blockSize: 100, limit: 8)
    for _ in 0..<3 {
      let blocks = (UInt8(0)..<8).map { number in
        let block = pool.take()
        #expect(UInt(bitPattern: block) % 16 == 0)
        block.initializeMemory(as: UInt8.self, repeating: number, count: 100)
        return block
      }
      for (number, block) in blocks.enumerated() {
        let bytes = UnsafeRawBufferPointer(start: block, count: 100)
        #expect(bytes.allSatisfy { $0 == number })
        pool.put(block)
      }
    }
    pool.removeAll()
  }
}
