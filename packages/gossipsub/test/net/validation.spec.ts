import { expect } from 'aegir/chai'
import { Validation } from '../../src/net/validation.ts'
import type { RoutedMessage, Verdict } from '../../src/router/events.ts'

function message (id: number, bytes: number = 10): RoutedMessage {
  return { id: Uint8Array.of(id), topic: 't', message: { topic: 't' }, encoded: new Uint8Array(bytes) }
}

function createValidation (): { validation: Validation, verdicts: Array<[number, Verdict | undefined]>, rooms(): number } {
  const verdicts: Array<[number, Verdict | undefined]> = []
  let rooms = 0
  const validation = new Validation({
    maxPending: 3,
    maxPendingBytes: 1_000,
    timeoutMs: 100,
    onVerdict: ({ id }, verdict) => { verdicts.push([id[0], verdict]) },
    onRoom: () => { rooms++ }
  })

  return { validation, verdicts, rooms: () => rooms }
}

async function settled (): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}

describe('validation', () => {
  it('passes on a verdict that is there, at once', () => {
    const { validation, verdicts } = createValidation()
    validation.settle(message(1), 'accept', 0)

    expect(verdicts).to.deep.equal([[1, 'accept']])
    expect(validation.pending).to.equal(0)
  })

  it('waits for others, in any order', async () => {
    const { validation, verdicts } = createValidation()
    const first = Promise.withResolvers<Verdict>()
    validation.settle(message(1), first.promise, 0)
    validation.settle(message(2), Promise.resolve<Verdict>('reject'), 0)
    await settled()
    first.resolve('ignore')
    await settled()

    expect(verdicts).to.deep.equal([[2, 'reject'], [1, 'ignore']])
    expect(validation.pending).to.equal(0)
  })

  it('takes a rejection for ignore', async () => {
    const { validation, verdicts } = createValidation()
    validation.settle(message(1), Promise.reject(new Error('no')), 0)
    await settled()

    expect(verdicts).to.deep.equal([[1, 'ignore']])
  })

  it('is full by count and by bytes, and says when it no longer is', async () => {
    const { validation, rooms } = createValidation()
    const pending = [1, 2, 3].map(() => Promise.withResolvers<Verdict>())
    pending.forEach(({ promise }, i) => { validation.settle(message(i), promise, 0) })
    expect(validation.isFull).to.equal(true)
    pending.forEach(({ resolve }) => { resolve('accept') })
    await settled()
    expect(validation.isFull).to.equal(false)
    expect(rooms()).to.equal(1)

    validation.settle(message(9, 1_000), new Promise(() => {}), 0)
    expect(validation.isFull).to.equal(true)
  })

  it('gives up on verdicts that never come', () => {
    const { validation, rooms } = createValidation()

    for (let i = 0; i < 3; i++) {
      validation.settle(message(i), new Promise(() => {}), i * 50)
    }

    validation.expire(99)
    expect(validation.pending).to.equal(3)
    validation.expire(150)
    expect(validation.pending).to.equal(1)
    expect(rooms()).to.equal(1)
  })
})
