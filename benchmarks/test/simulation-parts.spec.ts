import { RPC } from '@quicmesh/gossipsub/message'
import { createRandom } from '@quicmesh/gossipsub/router'
import { expect } from 'aegir/chai'
import { EventQueue } from '../src/simulation/event-queue.ts'
import { backoffSeconds, controlFrameBytes, encodedMessageBytes, messageFrameBytes } from '../src/simulation/frame-bytes.ts'
import { randomDials } from '../src/simulation/graph.ts'
import { fitGrowth } from '../src/simulation/growth.ts'
import { messageOf, SimulatedMessage, TOPIC } from '../src/simulation/message.ts'
import { Quantiles } from '../src/simulation/quantiles.ts'
import { chooseByWeight, REGIONS, spreadFractions } from '../src/simulation/regions.ts'
import { markdownTable } from '../src/simulation/table.ts'
import { Uplink } from '../src/simulation/uplink.ts'
import type { SendReason } from '@quicmesh/gossipsub/router'

describe('simulation: event queue', () => {
  it('gives events in order of time', () => {
    const random = createRandom(1)
    const queue = new EventQueue<{ atMs: number, order: number }>()
    const pushed = Array.from({ length: 5_000 }, (_, order) => ({ atMs: random.below(200), order }))
    const popped: typeof pushed = []

    // in between some are taken, so that slots are used again
    for (const event of pushed) {
      queue.push(1_000 + event.atMs, event)

      if (random.below(3) === 0) {
        const { atMs, order } = queue.pop()
        queue.push(1_000 + atMs, { atMs, order })
      }
    }

    expect(queue.size).to.equal(pushed.length)

    while (queue.size > 0) {
      const { nextAtMs } = queue
      const event = queue.pop()
      popped.push(event)
      expect(nextAtMs).to.equal(1_000 + event.atMs)
    }

    const times = popped.map(({ atMs }) => atMs)
    expect(times).to.deep.equal([...times].sort((a, b) => a - b))
    expect(new Set(popped.map(({ order }) => order)).size).to.equal(pushed.length)
  })

  it('keeps the order of pushing at one time', () => {
    const queue = new EventQueue<number>()
    const numbers = Array.from({ length: 3_000 }, (_, i) => i)
    numbers.forEach(number => { queue.push(7, number) })

    expect(numbers.map(() => queue.pop())).to.deep.equal(numbers)
  })

  it('has nothing when it is empty', () => {
    const queue = new EventQueue<number>()

    expect(queue.nextAtMs).to.equal(Infinity)
    expect(() => queue.pop()).to.throw(RangeError)
  })
})

describe('simulation: frame bytes', () => {
  for (const dataBytes of [1, 117, 118, 1_024, 16_384, 131_072, 3_000_000]) {
    it(`of a message of ${dataBytes} bytes are those that the codec writes`, () => {
      const message: RPC.Message = { data: new Uint8Array(dataBytes), topic: TOPIC }
      const encoded = RPC.Message.encode(message).length

      expect(encodedMessageBytes(dataBytes, TOPIC)).to.equal(encoded)
      expect(messageFrameBytes(encoded)).to.equal(withPrefix(RPC.encode({ subscriptions: [], messages: [message] }).length))
    })
  }

  for (const ids of [0, 1, 3, 8, 100, 1_000]) {
    it(`of control messages with ${ids} ids each are those that the codec writes`, () => {
      const messageIDs = Array.from({ length: ids }, () => new Uint8Array(20))
      const part = new Uint8Array(ids * 22)
      const subscriptions = [{ subscribe: true, topic: TOPIC }, { subscribe: false, topic: 'ünïcode' }]
      const graft = [{ topicID: TOPIC }]
      const backoffMs = 60_001
      const bytes = controlFrameBytes(subscriptions, {
        ihave: [{ topic: TOPIC, ids: { parts: [part.subarray(0, part.length / 2), part.subarray(part.length / 2)], count: ids } }],
        iwant: [{ messageIDs }],
        idontwant: [{ messageIDs }],
        graft,
        prune: [{ topic: TOPIC, backoffMs, peers: [] }, { topic: 'other', peers: [] }]
      })
      const encoded = RPC.encode({
        subscriptions,
        messages: [],
        control: {
          ihave: [{ topicID: TOPIC, messageIDs }],
          iwant: [{ messageIDs }],
          idontwant: [{ messageIDs }],
          graft,
          prune: [{ topicID: TOPIC, backoff: backoffSeconds(backoffMs), peers: [] }, { topicID: 'other', peers: [] }]
        }
      })

      expect(bytes.frame).to.equal(withPrefix(encoded.length))
      expect(bytes.gossip + bytes.idontwant + bytes.overlay).to.be.within(bytes.frame - 8, bytes.frame)
    })
  }

  it('of subscriptions alone have no control around them', () => {
    const subscriptions = [{ subscribe: true, topic: TOPIC }]

    expect(controlFrameBytes(subscriptions).frame).to.equal(withPrefix(RPC.encode({ subscriptions, messages: [] }).length))
  })
})

describe('simulation: the map', () => {
  it('has a way from each region to each, and no way home that is longer than to any other', () => {
    for (const [from, { name, latenciesMs }] of REGIONS.entries()) {
      expect(latenciesMs, name).to.have.lengthOf(REGIONS.length)
      expect(Math.min(...latenciesMs), name).to.equal(latenciesMs[from])
    }
  })

  it('spreads what it draws', () => {
    const fractions = spreadFractions(50, createRandom(4))

    expect([...fractions].sort((a, b) => a - b).map(fraction => Math.floor(fraction * 50))).to.deep.equal(Array.from({ length: 50 }, (_, i) => i))
    expect(fractions).to.not.deep.equal([...fractions].sort((a, b) => a - b))
  })

  it('draws by weight', () => {
    const items = [{ weight: 1 }, { weight: 0 }, { weight: 3 }]

    expect([0, 0.24, 0.25, 0.999_999].map(fraction => chooseByWeight(items, fraction))).to.deep.equal([0, 0, 2, 2])
  })
})

describe('simulation: random dials', () => {
  it('give each node half of the degree at least, and the degree in the mean', () => {
    const peers = peersOf(300, randomDials(300, 40, createRandom(3)))
    const degrees = peers.map(({ size }) => size)

    expect(Math.min(...degrees)).to.be.at.least(20)
    expect(degrees.reduce((sum, degree) => sum + degree, 0) / 300).to.equal(40)
  })

  it('connect everybody with everybody in a small network', () => {
    const dials = randomDials(10, 40, createRandom(3))

    expect(dials).to.have.lengthOf(45)
    expect(peersOf(10, dials).map(({ size }) => size)).to.deep.equal(Array(10).fill(9))
  })

  it('never connect a pair twice or a node with itself', () => {
    const dials = randomDials(50, 40, createRandom(5))
    const pairs = dials.map(({ from, to }) => `${Math.min(from, to)} ${Math.max(from, to)}`)

    expect(new Set(pairs).size).to.equal(dials.length)
    expect(dials.filter(({ from, to }) => from === to)).to.be.empty()
  })
})

describe('simulation: uplink', () => {
  const message = new SimulatedMessage({ number: 1, publisher: 0, publishedAtMs: 0, nodes: 2, dataBytes: 10_000 })
  const waiting = (to: number, reason: SendReason, queuedAtMs = 0): Parameters<Uplink['push']>[0] => ({ to, message, reason, queuedAtMs, followers: [] })

  it('sends one copy after the other, each for as long as its bytes take', () => {
    const uplink = new Uplink(100)
    uplink.push(waiting(1, 'forward'))
    uplink.push(waiting(2, 'forward'))

    expect(uplink.next()).to.deep.include({ durationMs: message.frameBytes / 100 })
    expect(uplink.currentTo(1)).to.not.be.undefined()
    expect(uplink.next()?.transmission.to).to.equal(2)
    expect(uplink.next()).to.be.undefined()
    expect(uplink.isBusy).to.be.false()
  })

  it('lets control overtake what waits, at the cost of the copy on its way', () => {
    const uplink = new Uplink(100)
    uplink.push(waiting(1, 'forward'))
    uplink.next()

    expect(uplink.sendControl(50, 10)).to.equal(10.5)
    expect(uplink.sendControl(50, 10)).to.equal(11)
    expect(uplink.takeDelayMs()).to.equal(1)
    expect(uplink.takeDelayMs()).to.equal(0)
  })

  it('takes back forwards and replies that wait for one peer, and nothing of our own or on its way', () => {
    const uplink = new Uplink(100)
    uplink.push(waiting(1, 'forward'))
    uplink.next()
    const kept = [waiting(1, 'publish'), waiting(2, 'forward')]
    const queued = [waiting(1, 'forward'), waiting(1, 'iwant'), ...kept]
    queued.forEach(transmission => { uplink.push(transmission) })

    expect(uplink.cancel(1, [new Uint8Array(20)])).to.equal(0)
    expect(uplink.cancel(1, [message.id])).to.equal(2)
    expect([uplink.next()?.transmission, uplink.next()?.transmission, uplink.next()]).to.deep.equal([...kept, undefined])
  })

  it('drops forwards that have waited for too long', () => {
    const uplink = new Uplink(100)
    const kept = [waiting(1, 'publish'), waiting(1, 'forward', 500)]
    const queued = [waiting(1, 'forward'), ...kept]
    queued.forEach(transmission => { uplink.push(transmission) })

    expect(uplink.dropOlder(1_000, 1_000)).to.equal(0)
    expect(uplink.dropOlder(1_000, 1_001)).to.equal(1)
    expect([uplink.next()?.transmission, uplink.next()?.transmission, uplink.next()]).to.deep.equal([...kept, undefined])
  })
})

describe('simulation: figures', () => {
  it('a payload has a length and no bytes', () => {
    const message = new SimulatedMessage({ number: 1, publisher: 0, publishedAtMs: 0, nodes: 2, dataBytes: 1_024 })

    expect(messageOf(message.encoded)).to.equal(message)
    expect(() => [...message.encoded]).to.throw(/no bytes/)
    expect(() => messageOf(new Uint8Array(1))).to.throw(TypeError)
  })

  it('quantiles are values that were measured', () => {
    const quantiles = new Quantiles([5, 1, 4, 2, 3])

    expect([0, 20, 50, 99, 100].map(percent => quantiles.at(percent))).to.deep.equal([1, 1, 3, 5, 5])
    expect(quantiles.mean).to.equal(3)
    expect(new Quantiles([]).at(50)).to.be.NaN()
  })

  it('a law that holds is found, with nothing left over', () => {
    const { base, perDecade, r2, residuals } = fitGrowth([10, 100, 1_000].map(nodes => ({ nodes, value: 7 + 30 * Math.log10(nodes) })))

    expect([base, perDecade, r2 ?? NaN, ...residuals].map(value => Number(value.toFixed(9)))).to.deep.equal([7, 30, 1, 0, 0, -0].map(Math.abs))
  })

  it('what a law does not explain is in the residuals', () => {
    const { r2, residuals } = fitGrowth([{ nodes: 10, value: 1 }, { nodes: 100, value: 3 }, { nodes: 1_000, value: 2 }])

    expect(residuals.map(residual => Number(residual.toFixed(9)))).to.deep.equal([-0.5, 1, -0.5])
    expect(r2).to.be.closeTo(0.25, 1e-9)
  })

  it('a law of what does not vary explains nothing', () => {
    const { perDecade, r2 } = fitGrowth([10, 100, 1_000].map(nodes => ({ nodes, value: 1 })))

    expect(perDecade).to.equal(0)
    expect(r2).to.equal(undefined)
  })

  it('no law is made of two sizes', () => {
    expect(() => fitGrowth([{ nodes: 10, value: 1 }, { nodes: 100, value: 2 }])).to.throw(RangeError)
    expect(() => fitGrowth([1, 2, 3].map(value => ({ nodes: 10, value })))).to.throw(RangeError)
  })

  it('a table is Markdown', () => {
    expect(markdownTable([['a', 'long'], ['1', '2']])).to.deep.equal(['|   a | long |', '|----:|-----:|', '|   1 |    2 |'])
  })
})

/** With the prefix of the frame, a varint. */
function withPrefix (bytes: number): number {
  return bytes + Math.max(1, Math.ceil(Math.log2(bytes + 1) / 7))
}

function peersOf (nodes: number, dials: Array<{ from: number, to: number }>): Array<Set<number>> {
  const peers = Array.from({ length: nodes }, () => new Set<number>())

  dials.forEach(({ from, to }) => {
    peers[from].add(to)
    peers[to].add(from)
  })

  return peers
}
