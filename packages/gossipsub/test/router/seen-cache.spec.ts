import { expect } from 'aegir/chai'
import { createRandom } from '../../src/router/random.ts'
import { IGNORED, INVALID, SeenCache, UNSEEN, VALID } from '../../src/router/seen-cache.ts'
import { seeds } from './seeds.ts'
import type { IdKey } from '../../src/router/message-id.ts'
import type { SeenStatus } from '../../src/router/seen-cache.ts'

const TTL_MS = 1_000

describe('router: seen cache', () => {
  it('knows what became of a message', () => {
    const seen = createCache()
    seen.add(1, VALID, 0)
    seen.add(2, IGNORED, 0)
    seen.add(3, INVALID, 0)

    expect([1, 2, 3, 4].map(key => seen.status(key))).to.deep.equal([VALID, IGNORED, INVALID, UNSEEN])
    expect(seen.size).to.equal(3)
  })

  it('keeps an id for its time at least and twice that at most', () => {
    for (let startMs = 0; startMs < TTL_MS; startMs += 100) {
      const seen = createCache()
      seen.add(1, VALID, 0)
      seen.expire(startMs)
      seen.add(2, VALID, startMs)

      seen.expire(startMs + TTL_MS - 1)
      expect(seen.status(2), `added at ${startMs}`).to.equal(VALID)

      seen.expire(startMs + TTL_MS)
      seen.expire(startMs + 2 * TTL_MS)
      expect(seen.status(2), `added at ${startMs}`).to.equal(UNSEEN)
    }
  })

  it('a late heartbeat lets go of everything at once', () => {
    const seen = createCache()
    seen.add(1, VALID, 0)
    seen.expire(2 * TTL_MS)

    expect(seen.status(1)).to.equal(UNSEEN)
    expect(seen.size).to.equal(0)
  })

  it('an id that is added again gets the new status and no more time, and counts once', () => {
    const seen = createCache()
    seen.add(1, IGNORED, 0)
    seen.add(1, VALID, 0)
    expect([seen.status(1), seen.size]).to.deep.equal([VALID, 1])

    seen.add(1, INVALID, TTL_MS)
    expect([seen.status(1), seen.size]).to.deep.equal([INVALID, 1])

    seen.expire(2 * TTL_MS)
    expect([seen.status(1), seen.size]).to.deep.equal([UNSEEN, 0])
  })

  it('holds as many ids as it may, forgets the oldest half under pressure, and takes the least of bounds', () => {
    const seen = createCache(10)

    for (let key = 1; key <= 1_000; key++) {
      seen.add(key, VALID, 0)
      expect(seen.size).to.be.at.most(10)
      expect(seen.status(key)).to.equal(VALID)
      expect(key <= 5 || seen.status(key - 5) === VALID).to.equal(true)
    }

    const least = createCache(2)
    least.add(1, VALID, 0)
    least.add(2, VALID, 0)
    least.add(3, VALID, 0)
    expect([1, 2, 3].map(key => least.status(key))).to.deep.equal([UNSEEN, VALID, VALID])
  })

  it('an id that is added again pushes none out', () => {
    const seen = createCache(4)
    seen.add(1, VALID, 0)
    seen.add(2, VALID, 0)
    seen.add(2, IGNORED, 0)
    seen.add(3, VALID, 0)
    seen.add(4, VALID, 0)
    seen.add(1, INVALID, 0)

    expect([1, 2, 3, 4].map(key => seen.status(key))).to.deep.equal([INVALID, IGNORED, VALID, VALID])
  })

  it('takes 40 bytes per id at most, be it many or very many, and gives the memory of a burst back', () => {
    const random = createRandom(1)
    const seen = createCache(524_288)
    const idle = seen.byteLength

    for (let i = 0; i < 600_000; i++) {
      seen.add(1 + random.below(2 ** 32) + random.below(2 ** 20) * 2 ** 32, VALID, 0)

      if (i % 1_000 === 999) {
        expect(seen.byteLength / seen.size, `of ${seen.size} ids`).to.be.lessThan(40)
      }
    }

    expect(seen.size).to.be.within(262_144, 524_288)
    seen.expire(TTL_MS)
    seen.add(1, VALID, TTL_MS)
    seen.expire(2 * TTL_MS)
    expect(seen.status(1)).to.equal(VALID)
    expect(seen.byteLength).to.equal(idle)
  })

  for (const seed of seeds()) {
    it(`behaves as a plain model under random operations (SEED=${seed})`, () => {
      const random = createRandom(seed)
      const seen = createCache(200)
      const model = new Model(200)
      let now = 0

      for (let i = 0; i < 30_000; i++) {
        now += random.below(40) === 0 ? random.below(3 * TTL_MS) : random.below(5)

        // few keys, which all have their place in the table in common
        const key = (1 + random.below(300)) * 2 ** 33
        const status = random.sample([VALID, IGNORED, INVALID] as const, 1)[0]

        if (random.below(3) > 0) {
          seen.add(key, status, now)
          model.add(key, status, now)
        } else if (random.below(10) === 0) {
          seen.expire(now)
          model.expire(now)
        }

        expect(seen.status(key), `step ${i}`).to.equal(model.status(key))
        expect(seen.size, `step ${i}`).to.equal(model.size)
      }
    })
  }
})

function createCache (maxIds = 1_000): SeenCache {
  return new SeenCache({ ttlMs: TTL_MS, maxIds })
}

/** Each id with the number of its generation; the two youngest generations count. */
class Model {
  private readonly ids = new Map<IdKey, { generation: number, status: SeenStatus }>()
  private readonly maxIds: number
  private generation = 0
  private since = -Infinity

  constructor (maxIds: number) {
    this.maxIds = maxIds
  }

  get size (): number {
    return this.ids.size
  }

  status (key: IdKey): SeenStatus {
    return this.ids.get(key)?.status ?? UNSEEN
  }

  add (key: IdKey, status: SeenStatus, now: number): void {
    this.expire(now)
    const known = this.ids.get(key)

    if (known != null) {
      known.status = status
      return
    }
    if ([...this.ids.values()].filter(({ generation }) => generation === this.generation).length >= this.maxIds / 2) {
      this.next(1, now)
    }

    this.ids.set(key, { generation: this.generation, status })
  }

  expire (now: number): void {
    if (now - this.since >= TTL_MS) {
      this.next(now - this.since >= 2 * TTL_MS ? 2 : 1, now)
    }
  }

  private next (generations: number, now: number): void {
    this.generation += generations
    this.since = now

    for (const [key, { generation }] of this.ids) {
      if (generation < this.generation - 1) {
        this.ids.delete(key)
      }
    }
  }
}
