import { expect } from 'aegir/chai'
import { KeyedQueue } from '../../src/router/keyed-queue.ts'
import { createRandom } from '../../src/router/random.ts'
import { seeds } from './seeds.ts'

interface Value {
  key: number
  step: number
}

function drained (queue: KeyedQueue<Value>): Value[] {
  const all: Value[] = []

  for (let oldest = queue.oldest; oldest != null; oldest = queue.oldest) {
    all.push(oldest)
    queue.delete(oldest.key)
  }

  return all
}

describe('values by key, the oldest first', () => {
  it('are found by key, and taken in the order in which they came', () => {
    const queue = new KeyedQueue<Value>()
    const values = [7, 3, 5].map((key, step) => ({ key, step }))
    values.forEach(value => { queue.add(value) })

    expect([queue.size, queue.has(3), queue.has(4), queue.get(5), queue.get(4)]).to.deep.equal([3, true, false, values[2], undefined])
    queue.delete(4)
    queue.delete(3)
    expect(drained(queue)).to.deep.equal([values[0], values[2]])
    expect([queue.size, queue.oldest, queue.has(7)]).to.deep.equal([0, undefined, false])
  })

  it('take the place of an earlier one with the same key', () => {
    const queue = new KeyedQueue<Value>()
    queue.add({ key: 1, step: 0 })
    queue.add({ key: 2, step: 1 })
    queue.add({ key: 1, step: 2 })

    expect(queue.size).to.equal(2)
    expect(drained(queue).map(({ step }) => step)).to.deep.equal([2, 1])
  })

  for (const seed of seeds()) {
    it(`do what a Map does (seed ${seed})`, () => {
      const random = createRandom(seed)
      const queue = new KeyedQueue<Value>()
      const map = new Map<number, Value>()

      for (let step = 0; step < 8_000; step++) {
        // phases of growing and of shrinking, so that all sizes occur, and one value that stays for long
        const grows = step % 4_000 < 2_500
        const key = 1 + random.below(1_000) * 2 ** 20

        if (random.below(grows ? 4 : 7) < 3) {
          const value = { key, step }
          queue.add(value)
          map.set(key, value)
        } else if (random.below(2) === 0) {
          queue.delete(key)
          map.delete(key)
        } else if (random.below(100) > 0) {
          const [first] = map.keys()
          queue.delete(first ?? key)
          map.delete(first ?? key)
        }

        const isSame = queue.size === map.size && queue.get(key) === map.get(key) && queue.oldest === map.values().next().value
        expect(isSame).to.equal(true, `step ${step}`)
      }

      expect(drained(queue)).to.deep.equal([...map.values()])
    })
  }
})
