import { expect } from 'aegir/chai'
import { KeyMap } from '../../src/router/key-map.ts'
import { createRandom } from '../../src/router/random.ts'
import { seeds } from './seeds.ts'
import type { IdKey } from '../../src/router/message-id.ts'
import type { Random } from '../../src/router/random.ts'

/** How keys may lie: as a good hash has them, all with one place to be, and in heaps that meet at the end of the table. */
const KEYS: Record<string, (random: Random) => IdKey> = {
  'spread out': random => 1 + random.below(2 ** 32) + random.below(64) * 2 ** 32,
  'all with one home': random => (1 + random.below(300)) * 2 ** 32 + 7,
  'at both ends of the table': random => (1 + random.below(150)) * 2 ** 32 + (random.below(2) === 0 ? 0 : 2 ** 32 - 1)
}

describe('router: key map', () => {
  for (const [description, keyFrom] of Object.entries(KEYS)) {
    for (const seed of seeds()) {
      it(`is a Map of small numbers, with keys that are ${description} (SEED=${seed})`, () => {
        const random = createRandom(seed)
        const map = createMap()
        const model = new Map<IdKey, number>()
        const known = Array.from({ length: 400 }, () => keyFrom(random))

        for (let i = 0; i < 20_000; i++) {
          const key = known[random.below(known.length)]

          // rather full for a while, then rather empty
          if (random.below(10) < (i % 4_000 < 2_000 ? 7 : 3)) {
            const value = 1 + random.below(2 ** 32 - 1)
            map.set(key, value)
            model.set(key, value)
          } else {
            map.delete(key)
            model.delete(key)
          }
          if (i % 100 === 0) {
            map.shrink()
            known.forEach(known => { expect(map.get(known), `${known} after ${i} steps`).to.equal(model.get(known) ?? 0) })
          }

          expect(map.get(key)).to.equal(model.get(key) ?? 0)
          expect(map.size).to.equal(model.size)
        }
      })
    }
  }

  it('takes 36 bytes per key at most when there are many', () => {
    const random = createRandom(1)
    const map = createMap()

    while (map.size < 100_000) {
      map.set(1 + random.below(2 ** 32), 1)

      if (map.size % 1_000 === 0) {
        expect(map.byteLength / map.size, `of ${map.size} keys`).to.be.at.most(36.1)
      }
    }
  })

  it('gives memory back', () => {
    const map = createMap()
    const { byteLength } = map
    const keys = Array.from({ length: 10_000 }, (_, i) => (i + 1) * 429_496)
    keys.forEach(key => { map.set(key, 1) })
    expect(map.byteLength).to.be.greaterThan(100_000)

    keys.slice(1).forEach(key => { map.delete(key) })
    map.shrink()

    expect(map.byteLength).to.equal(byteLength)
    expect(map.get(keys[0])).to.equal(1)
  })
})

function createMap (): KeyMap {
  return new KeyMap(capacity => new Uint32Array(capacity))
}
