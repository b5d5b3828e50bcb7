import { expect } from 'aegir/chai'
import { MessageQueue } from '../../src/net/message-queue.ts'
import { createRandom } from '../../src/router/random.ts'
import { seeds } from '../router/seeds.ts'

function id (n: number): Uint8Array {
  return Uint8Array.of(n >> 8, n & 0xff)
}

function taken (queue: MessageQueue): number[] {
  const all: number[] = []

  for (let frame = queue.peek(); frame != null; frame = queue.peek()) {
    const bytes = frame.slice()
    all.push(bytes[0] << 8 | bytes[1])
    queue.shift()
  }

  return all
}

describe('a queue of messages', () => {
  it('is first in, first out, and counts what is in it', () => {
    const queue = new MessageQueue()
    queue.push(id(1), id(1), 10)
    queue.push(id(2), undefined, 20)

    expect([queue.length, queue.bytes, queue.oldestMs]).to.deep.equal([2, 4, 10])
    expect(taken(queue)).to.deep.equal([1, 2])
    expect([queue.length, queue.bytes, queue.oldestMs]).to.deep.equal([0, 0, Infinity])
  })

  it('removes by id, once', () => {
    const queue = new MessageQueue()
    const numbers = [1, 2, 3, 4]
    numbers.forEach(n => { queue.push(id(n), id(n), n) })

    expect(queue.remove(id(1))).to.be.true()
    expect(queue.remove(id(1))).to.be.false()
    expect(queue.remove(id(9))).to.be.false()
    expect(queue.remove(id(3))).to.be.true()
    expect([queue.length, queue.bytes, queue.oldestMs]).to.deep.equal([2, 4, 2])
    queue.push(id(1), id(1), 5)
    expect(taken(queue)).to.deep.equal([2, 4, 1])
  })

  it('has an id once when it is removable by it', () => {
    const queue = new MessageQueue()
    queue.push(id(1), id(1), 0)
    queue.push(id(2), id(2), 0)
    queue.push(id(1), id(1), 0)

    expect(queue.remove(id(2))).to.be.true()
    expect(taken(queue)).to.deep.equal([1])
  })

  it('does not grow by what was removed', () => {
    const queue = new MessageQueue()
    queue.push(id(0), id(0), 0)

    for (let i = 0; i < 10; i++) {
      for (let n = 1; n < 5_000; n++) {
        queue.push(id(n), id(n), 0)
      }
      for (let n = 1; n < 5_000; n++) {
        expect(queue.remove(id(n))).to.be.true()
      }
    }

    expect([queue.length, queue.bytes]).to.deep.equal([1, 2])
    expect(taken(queue)).to.deep.equal([0])
  })

  for (const seed of seeds()) {
    it(`does what a plain list does (seed ${seed})`, () => {
      const random = createRandom(seed)
      const queue = new MessageQueue()
      let list: number[] = []
      let next = 0

      for (let step = 0; step < 20_000; step++) {
        // phases of growing and of shrinking, so that all sizes occur
        const grows = step % 8_000 < 5_000

        switch (random.below(grows ? 3 : 5)) {
          case 0:
          case 1:
            queue.push(id(next & 0xffff), id(next & 0xffff), step)
            list.push(next++)
            break
          case 2: {
            const n = next - random.below(3_000)
            expect(queue.remove(id(n & 0xffff))).to.equal(list.includes(n))
            list = list.filter(other => other !== n)
            break
          }
          default: {
            expect(queue.peek()?.slice()[1]).to.equal(list.length === 0 ? undefined : list[0] & 0xff)
            queue.shift()
            list.shift()
          }
        }

        expect(queue.length).to.equal(list.length)
        expect(queue.bytes).to.equal(list.length * 2)
      }

      expect(taken(queue)).to.deep.equal(list.map(n => n & 0xffff))
    })
  }
})
