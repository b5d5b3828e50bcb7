import { expect } from 'aegir/chai'
import { consensusId } from '../src/gossipsub/ethereum/consensus-options.ts'
import { play, playAtOnce } from '../src/gossipsub/ethereum/player.ts'
import { burstsOf, deliveriesOf, subscriptionsOf } from '../src/gossipsub/ethereum/slot.ts'
import { percentile, quantile } from '../src/statistics.ts'
import { bench } from './bench-command.ts'
import type { Burst, Delivery } from '../src/gossipsub/ethereum/slot.ts'

const BURST: Burst = { topics: ['beads'], messages: 400, messageBytes: 100, copies: 3, fromMs: 0, overMs: 10, isFalling: false }

describe('a slot of Ethereum\'s mainnet', () => {
  it('has what a node gets that takes two of the attestation subnets, or everything', () => {
    const messagesOf = (subnets: number): Array<[number, number]> => burstsOf(subscriptionsOf(subnets)).map(({ topics, messages }) => [topics.length, messages])

    expect(messagesOf(2)).to.deep.equal([[1, 1], [8, 8], [2, 1_070], [1, 1_024]])
    expect(messagesOf(64)).to.deep.equal([[1, 1], [128, 128], [64, 34_240], [1, 1_024]])
  })

  it('brings every copy of every message once, in order', () => {
    const deliveries = deliveriesOf(burstsOf(subscriptionsOf(2)))
    const keys = new Set(deliveries.map(({ burst, message, copy }) => `${burst.topics[0]} ${message} ${copy}`))

    expect(deliveries).to.have.lengthOf((1 + 1_070 + 1_024) * 5 + 8 * 8)
    expect(keys.size).to.equal(deliveries.length)
    expect(deliveries.every(({ atMs }, i) => i === 0 || atMs >= deliveries[i - 1].atMs)).to.equal(true)
  })

  it('has attestations and their duplicates as late as was measured', () => {
    const attestations = burstsOf(subscriptionsOf(2))[2]
    const deliveries = deliveriesOf([attestations])
    const firstMs = new Map(deliveries.filter(({ copy }) => copy === 0).map(({ message, atMs }) => [message, atMs]))
    const lateMs = [...firstMs.values()].map((atMs) => atMs - attestations.fromMs)
    const afterFirstMs = deliveries.filter(({ copy }) => copy > 0).map(({ message, atMs }) => atMs - (firstMs.get(message) ?? NaN))

    expect(lateMs.reduce((sum, ms) => sum + ms) / lateMs.length).to.be.closeTo(831, 40)
    expect(quantile(lateMs, 0.95)).to.be.closeTo(1_962, 110)
    expect(afterFirstMs.filter((ms) => ms <= 73.001)).to.have.lengthOf(afterFirstMs.length / 2)
  })
})

describe('the player of a slot', () => {
  it('delivers everything in order, what is overdue in turns of the event loop', async () => {
    const deliveries = deliveriesOf([BURST])
    const played: Delivery[] = []
    let mostInATurn = 0
    let inThisTurn = 0

    await playAtOnce(deliveries, (delivery) => {
      if (inThisTurn === 0) {
        setImmediate(() => { inThisTurn = 0 })
      }

      played.push(delivery)
      mostInATurn = Math.max(mostInATurn, ++inThisTurn)
    })

    expect(played).to.deep.equal(deliveries)
    expect(mostInATurn).to.equal(256)
  })

  it('tells how late the event loop was, for as long as it was late', async () => {
    const [first, ...others] = deliveriesOf([{ ...BURST, messages: 2, overMs: 0 }])
    let played = 0

    const { lateMs, peakHeapBytes } = await play([{ ...first, atMs: 20 }, ...others], () => {
      const endMs = performance.now() + (played++ === 0 ? 50 : 0)

      while (performance.now() < endMs) { /* busy */ }
    }, 100)

    expect(played).to.equal(6)
    expect(lateMs.length).to.be.at.least(50)
    // 25 of them fell into those 50 ms
    expect(percentile(lateMs, 99)).to.be.at.least(40)
    expect(lateMs.filter((ms) => ms >= 10)).to.have.length.of.at.least(15)
    expect(peakHeapBytes).to.be.above(1_000_000)
  })
})

describe('an id of the consensus network', () => {
  it('is of topic and data', () => {
    const topic = '/eth2/00000000/beacon_block/ssz_snappy'
    const message = { topic, data: Uint8Array.of(1, 2, 3) }
    const id = consensusId(message)

    expect(id).to.have.lengthOf(20)
    expect(id).to.not.deep.equal(consensusId({ ...message, topic: `${topic}_` }))
    // SHA-256 of 01000000, 2600000000000000, the topic and 010203
    expect(Buffer.from(id).toString('hex')).to.equal('7a4ad94ecae20a7a44ba01e9e9de12c8e9169818')
  })
})

describe('the figure ethereum', () => {
  it('tells what a slot costs', async () => {
    const { code, stdout, stderr } = await bench('gossipsub', '--json', '--quick', '--only', 'quicmesh', '--figures', 'ethereum')
    const { failures, measurements } = JSON.parse(stdout)

    expect(failures, stderr).to.deep.equal([])
    expect(code).to.equal(0)
    expect(measurements.map(({ x }: { x: number }) => x)).to.deep.equal([2, 64])
    expect(measurements[0].values).to.deep.include({ 'new messages/slot': 2_103, 'duplicates/slot': 8_436 })
    // not of 2 subnets: that much the CPU that is subtracted varies
    expect(measurements[1].values['CPU s/slot']).to.be.above(0)
    expect(measurements[1].values['peak heap MB']).to.be.above(1)
  })
})
