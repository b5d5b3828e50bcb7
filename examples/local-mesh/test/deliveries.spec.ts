import { expect } from 'aegir/chai'
import { Deliveries } from '../src/deliveries.ts'

const DIGEST = 42

function open (deliveries: Deliveries, publisher = 0, sentAtMs = 0): number {
  return deliveries.open({ publisher, digest: DIGEST, lineNumber: deliveries.messages + 1, sizeBytes: 10, sentAtMs })
}

describe('deliveries', () => {
  it('expect a message at every node but its publisher', () => {
    const deliveries = new Deliveries(4)
    open(deliveries)
    open(deliveries)

    expect(deliveries).to.include({ messages: 2, bytes: 20, expected: 6, made: 0, inFlightMessages: 2, inFlightBytes: 20 })
  })

  it('settle a message with its last arrival', () => {
    const deliveries = new Deliveries(3)
    const seq = open(deliveries, 1)

    expect(deliveries.arrived(0, seq, DIGEST, 1)).to.be.undefined()
    expect(deliveries.arrived(2, seq, DIGEST, 2)).to.have.property('lineNumber', 1)
    expect(deliveries).to.include({ made: 2, inFlightMessages: 0, inFlightBytes: 0 })
    expect(deliveries.byNode.map(({ received }) => received)).to.deep.equal([1, 0, 1])
    expect(deliveries.latencies.maxMs).to.equal(2)
  })

  it('do not count content that differs', () => {
    const deliveries = new Deliveries(2)
    const seq = open(deliveries)
    deliveries.arrived(1, seq, DIGEST + 1, 1)

    expect(deliveries.made).to.equal(0)
    expect(deliveries.byNode[1].corrupt).to.equal(1)
    expect(deliveries.inFlightMessages).to.equal(1)
  })

  it('count once what arrives twice, before and after the message is settled', () => {
    const deliveries = new Deliveries(3)
    const seq = open(deliveries)
    deliveries.arrived(1, seq, DIGEST, 1)
    deliveries.arrived(1, seq, DIGEST, 1)
    deliveries.arrived(2, seq, DIGEST, 1)
    deliveries.arrived(2, seq, DIGEST, 1)

    expect(deliveries.made).to.equal(2)
    expect(deliveries.byNode.map(({ repeated }) => repeated)).to.deep.equal([0, 1, 1])
  })

  it('count a message that comes back to its publisher as repeated', () => {
    const deliveries = new Deliveries(2)
    deliveries.arrived(0, open(deliveries), DIGEST, 1)

    expect(deliveries.byNode[0].repeated).to.equal(1)
    expect(deliveries.made).to.equal(0)
  })

  it('give up what is too old, and say who misses it', () => {
    const deliveries = new Deliveries(3)
    const old = open(deliveries, 0, 1_000)
    open(deliveries, 0, 2_000)
    deliveries.arrived(2, old, DIGEST, 1)
    deliveries.giveUpSentBefore(2_000, 'too late')

    expect(deliveries.inFlightMessages).to.equal(1)
    expect(deliveries.lossCount).to.equal(1)
    expect(deliveries.losses).to.deep.equal([{ lineNumber: 1, missingNodes: [1], reason: 'too late' }])
  })

  it('count all losses and remember some', () => {
    const deliveries = new Deliveries(2)

    for (let i = 0; i < 100; i++) {
      deliveries.giveUp(open(deliveries), 'no peers')
    }

    expect(deliveries.lossCount).to.equal(100)
    expect(deliveries.losses).to.have.lengthOf(10)
    expect(deliveries.inFlightBytes).to.equal(0)
  })
})
