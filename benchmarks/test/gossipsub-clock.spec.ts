import { randomBytes } from 'node:crypto'
import { expect } from 'aegir/chai'
import { MESSAGE_BYTES } from '../src/gossipsub/frames.ts'
import { ageMs, machineMs, stamp } from '../src/gossipsub/network/clock.ts'
import { ANONYMOUS } from '../src/gossipsub/pubsub-options.ts'

describe('the time in a payload', () => {
  it('is told again by its age', () => {
    const data = new Uint8Array(randomBytes(MESSAGE_BYTES))
    stamp(data, 1_000.5)

    expect(ageMs(data, 1_002)).to.equal(1.5)
  })

  it('is that of the machine unless told', () => {
    const before = machineMs()
    const data = new Uint8Array(randomBytes(MESSAGE_BYTES))
    stamp(data)

    expect(ageMs(data)).to.be.within(0, machineMs() - before)
  })

  it('is no part of what ids are made of', () => {
    const [first, second] = [0, 1].map(() => {
      const data = new Uint8Array(randomBytes(MESSAGE_BYTES))
      stamp(data, 1_000.5)

      return data
    })

    expect(ANONYMOUS.fastMsgIdFn?.({ data: first })).to.not.equal(ANONYMOUS.fastMsgIdFn?.({ data: second }))
    expect(ANONYMOUS.msgIdFn?.({ data: first })).to.not.deep.equal(ANONYMOUS.msgIdFn?.({ data: second }))
  })
})
