import { expect } from 'aegir/chai'
import { IdBlock } from '../../src/router/id-log.ts'
import { MessageRing, NUMBERS } from '../../src/router/message-ring.ts'
import { createRandom } from '../../src/router/random.ts'
import { seeds } from './seeds.ts'

describe('router: message ring', () => {
  for (const first of [0, 7, NUMBERS - 300]) {
    for (const seed of seeds()) {
      it(`is a queue whose numbers hold while it grows, shrinks and they begin again, from ${first} on (SEED=${seed})`, () => {
        const random = createRandom(seed)
        const ring = new MessageRing(first)
        const model: Array<{ number: number, key: number, block: IdBlock, field: number }> = []
        let key = 0

        for (let i = 0; i < 6_000; i++) {
          // rather full for a while, then rather empty
          if (random.below(10) < (i % 2_000 < 1_000 ? 7 : 3)) {
            const block = new IdBlock('topic', i, 0)
            block.push(Uint8Array.of(i))
            key++
            model.push({ number: ring.push(key, Uint8Array.of(0, key, key >> 8, 0), 1, 2, block), key, block, field: block.lastOffset })
          } else if (model.length > 0) {
            ring.shift()
            model.shift()
          }
          if (i % 50 === 0) {
            ring.shrink()
            model.forEach(({ number, key }) => { expect(ring.keyOf(number), `step ${i}`).to.equal(key) })
          }

          expect([ring.size, ring.oldestNumber], `step ${i}`).to.deep.equal([model.length, model.at(0)?.number])

          const message = model.at(random.below(model.length + 1))

          if (message != null) {
            const { number, key, block, field } = message
            expect(ring.encodedOf(number), `step ${i}`).to.deep.equal(Uint8Array.of(key, key >> 8))
            expect([ring.keyOf(number), ring.lengthOf(number), ring.blockOf(number), ring.fieldOf(number)]).to.deep.equal([key, 2, block, field])
          }
        }
      })
    }
  }

  it('lets go of what it held', () => {
    const ring = new MessageRing()
    const number = ring.push(1, Uint8Array.of(1), 0, 1, new IdBlock('topic', 0, 0))
    ring.shift()

    expect(ring.oldestNumber).to.equal(undefined)
    expect(() => ring.encodedOf(number)).to.throw(TypeError)
    expect(() => ring.blockOf(number)).to.throw(TypeError)
  })
})
