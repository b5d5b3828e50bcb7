import { expect } from 'aegir/chai'
import { MAX_WRITE_BYTES, Outbox } from '../../src/net/outbox.ts'
import { Turn } from '../../src/net/turn.ts'
import { MAX_WITHDRAWALS, UNCERTAIN_FOR_MS } from '../../src/net/withdrawals.ts'
import { WriteCounters } from '../../src/net/write-counters.ts'
import { decodeRpc } from '../../src/wire/decode.ts'
import { frameMessage } from '../../src/wire/encode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { FakeStream } from '../fixtures/fake-stream.ts'
import type { OutboxInit } from '../../src/net/outbox.ts'

const none: RPC.ControlMessage = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

function message (name: string, bytes: number = 10): Uint8Array {
  return frameMessage(RPC.Message.encode({ topic: name, data: new Uint8Array(bytes) }))
}

interface Setup {
  outbox: Outbox
  turn: Turn
  drops: Record<string, number>
  failed: Error[]
}

function createOutbox (init: Partial<OutboxInit> = {}): Setup {
  const turn = new Turn()
  const drops: Record<string, number> = {}
  const failed: Error[] = []
  const outbox = new Outbox({
    turn,
    maxBytes: 1_000_000,
    onDrop: (reason, count) => { drops[reason] = (drops[reason] ?? 0) + count },
    onWriteError: (stream, err) => { failed.push(err) },
    ...init
  })

  return { outbox, turn, drops, failed }
}

function frames (stream: FakeStream): Uint8Array[] {
  return new FrameDecoder(8_000_000).push(stream.written)
}

/** Until what the stream and the outbox put off is done. */
async function settled (): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}

/** One word for each frame: the topics of its messages, or what else is in it. */
function sent (stream: FakeStream): string[] {
  return frames(stream).map(frame => {
    const { messages, subscriptions, control } = decodeRpc(frame)
    const topics = messages.map(({ message }) => message.topic)
    const subs = subscriptions.map(({ topic, subscribe }) => `${subscribe === true ? '+' : '-'}${topic}`)
    const grafts = (control?.graft ?? []).map(({ topicID }) => `graft ${topicID}`)
    const prunes = (control?.prune ?? []).map(({ topicID }) => `prune ${topicID}`)
    const ihaves = (control?.ihave ?? []).map(({ topicID }) => `ihave ${topicID}`)
    const iwants = (control?.iwant ?? []).map(({ messageIDs }) => `iwant ${messageIDs.length}`)

    return [...topics, ...subs, ...grafts, ...prunes, ...iwants, ...ihaves].join(' ')
  })
}

describe('an outbox', () => {
  it('writes all frames of a turn at once', () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream()
    outbox.attach(stream)

    for (let i = 0; i < 50; i++) {
      outbox.sendMessage(message(`${i}`), 'forward')
    }

    expect(stream.writes).to.be.empty()
    turn.end()
    expect(stream.writes).to.have.lengthOf(1)
    expect(sent(stream)).to.deep.equal(Array.from({ length: 50 }, (_, i) => `${i}`))
  })

  it('writes at the end of the turn by itself', async () => {
    const { outbox } = createOutbox()
    const stream = new FakeStream()
    outbox.attach(stream)
    outbox.sendMessage(message('a'), 'publish')

    await new Promise(resolve => setImmediate(resolve))
    expect(sent(stream)).to.deep.equal(['a'])
  })

  it('shares the frame of one message with the stream, without a copy', () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream()
    const given: unknown[] = []
    const send = stream.send.bind(stream)
    stream.send = data => {
      given.push(data)
      return send(data)
    }
    outbox.attach(stream)
    const frame = message('a', 10_000)
    outbox.sendMessage(frame, 'forward')
    turn.end()

    expect(given).to.deep.equal([frame])
    expect(given[0]).to.equal(frame)
  })

  it('writes control first, then own messages, forwards, replies, and gossip last', () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream()
    outbox.sendRpc(undefined, { ...none, ihave: [{ topicID: 'g', messageIDs: [Uint8Array.of(1)] }] })
    outbox.sendMessage(message('reply'), 'iwant')
    outbox.sendMessage(message('forward'), 'forward')
    outbox.sendMessage(message('own'), 'publish')
    outbox.sendRpc([{ topic: 's', subscribe: true }], { ...none, graft: [{ topicID: 'c' }] })
    outbox.attach(stream)
    turn.end()

    expect(sent(stream)).to.deep.equal(['+s graft c', 'own', 'forward', 'reply', 'ihave g'])
  })

  it('keeps the order within a class', () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream()
    const names = Array.from({ length: 5_000 }, (_, i) => `${i}`)
    outbox.attach(stream)
    names.forEach(name => { outbox.sendMessage(message(name), 'forward') })
    turn.end()

    expect(sent(stream)).to.deep.equal(names)
  })

  it('merges the subscriptions of a turn into one frame', () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream()
    outbox.attach(stream)

    for (let i = 0; i < 64; i++) {
      outbox.sendRpc([{ topic: `${i}`, subscribe: true }])
    }

    turn.end()
    expect(sent(stream)).to.deep.equal([Array.from({ length: 64 }, (_, i) => `+${i}`).join(' ')])
  })

  it('says of a topic only the last', () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream()
    outbox.attach(stream)
    outbox.sendRpc([{ topic: 'a', subscribe: true }], { ...none, graft: [{ topicID: 'a' }, { topicID: 'b' }] })
    outbox.sendRpc([{ topic: 'a', subscribe: false }], { ...none, prune: [{ topicID: 'a', peers: [] }] })
    turn.end()

    expect(sent(stream)).to.deep.equal(['-a graft b prune a'])
  })
})

describe('back-pressure', () => {
  it('stops when the stream takes no more and goes on when it drains', async () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream(MAX_WRITE_BYTES)
    outbox.attach(stream)

    for (let i = 0; i < 10; i++) {
      outbox.sendMessage(message(`${i}`, 50_000), 'forward')
    }

    turn.end()
    const before = stream.written.length
    expect(before).to.equal(MAX_WRITE_BYTES)
    expect(stream.writeBufferLength).to.be.at.most(MAX_WRITE_BYTES)

    stream.drain(1_000_000)
    await settled()
    expect(sent(stream)).to.deep.equal(Array.from({ length: 10 }, (_, i) => `${i}`))
  })

  it('hears that the stream is idle only while something waits', async () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream(MAX_WRITE_BYTES * 2)
    outbox.attach(stream)
    outbox.sendMessage(message('a'), 'forward')
    turn.end()
    expect(sent(stream)).to.deep.equal(['a'])
    expect(stream.listenerCount('idle')).to.equal(0)

    for (let i = 0; i < 10; i++) {
      outbox.sendMessage(message(`${i}`, 50_000), 'forward')
    }

    turn.end()
    expect(stream.listenerCount('idle')).to.equal(1)

    stream.drain(1_000_000)
    await settled()
    expect(sent(stream)).to.have.lengthOf(11)
    expect(stream.listenerCount('idle')).to.equal(0)
  })

  it('goes on at every drain, not only at the first', async () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream(1_000)
    outbox.attach(stream)
    outbox.sendMessage(message('big', 400_000), 'publish')
    turn.end()

    for (let i = 0; i < 500 && frames(stream).length === 0; i++) {
      stream.drain(1_000)
      await Promise.resolve()
      expect(stream.writeBufferLength).to.be.at.most(MAX_WRITE_BYTES)
    }

    expect(sent(stream)).to.deep.equal(['big'])
  })

  it('lets control overtake messages that wait', async () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream(100)
    outbox.attach(stream)

    for (let i = 0; i < 20; i++) {
      outbox.sendMessage(message(`${i}`, 30_000), 'forward')
    }

    turn.end()
    outbox.sendRpc(undefined, { ...none, graft: [{ topicID: 't' }] })
    turn.end()
    stream.drain(10_000_000)
    await settled()

    const order = sent(stream)
    expect(order).to.have.lengthOf(21)
    expect(order.indexOf('graft t')).to.be.below(4)
  })

  it('does not write into the stream while the stream is in the middle of a write', async () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream(0)
    let depth = 0
    let maxDepth = 0
    const send = stream.send.bind(stream)
    stream.send = data => {
      maxDepth = Math.max(maxDepth, ++depth)
      stream.drain(100_000)

      try {
        return send(data)
      } finally {
        depth--
      }
    }
    outbox.attach(stream)
    outbox.sendMessage(message('a', 60_000), 'forward')
    outbox.sendMessage(message('b', 60_000), 'forward')
    turn.end()
    stream.drain(1_000_000)
    await settled()

    expect(maxDepth).to.equal(1)
    expect(sent(stream)).to.deep.equal(['a', 'b'])
  })

  it('a stream that fails is reported once, and what waits goes to the next one', () => {
    const { outbox, turn, failed } = createOutbox()
    const broken = new FakeStream()
    broken.send = () => { throw new Error('broken') }
    outbox.attach(broken)
    outbox.sendMessage(message('lost'), 'publish')
    turn.end()
    outbox.sendMessage(message('kept'), 'publish')
    turn.end()
    expect(failed.map(err => err.message)).to.deep.equal(['broken'])

    const stream = new FakeStream()
    outbox.attach(stream)
    turn.end()
    expect(sent(stream)).to.deep.equal(['kept'])
  })

  it('starts a frame anew that an earlier stream took in part', () => {
    const { outbox, turn } = createOutbox()
    outbox.attach(new FakeStream(1_000))
    outbox.sendMessage(message('a', 200_000), 'publish')
    turn.end()
    outbox.detach()

    const stream = new FakeStream()
    outbox.attach(stream)
    turn.end()
    expect(sent(stream)).to.deep.equal(['a'])
  })
})

describe('bounds of an outbox', () => {
  it('by bytes: forwards go first, the oldest before the others, and are counted', () => {
    const { outbox, turn, drops } = createOutbox({ maxBytes: 10_000 })

    for (let i = 0; i < 20; i++) {
      outbox.sendMessage(message(`f${i}`, 900), 'forward')
      outbox.sendMessage(message(`p${i}`, 90), 'publish')
    }

    expect(outbox.queuedBytes).to.be.at.most(10_000)
    const stream = new FakeStream()
    outbox.attach(stream)
    turn.end()
    const left = sent(stream)

    expect(left.filter(name => name.startsWith('p'))).to.have.lengthOf(20)
    expect(left.filter(name => name.startsWith('f'))).to.deep.equal(Array.from({ length: 20 - drops['outbox-forward'] }, (_, i) => `f${i + drops['outbox-forward']}`))
    expect(drops).to.have.keys(['outbox-forward'])
  })

  it('by count', () => {
    const { outbox, drops } = createOutbox({ maxMessages: 3 })

    for (let i = 0; i < 10; i++) {
      outbox.sendMessage(message(`${i}`), 'publish')
    }

    expect(outbox.queuedMessages).to.equal(3)
    expect(drops).to.deep.equal({ 'outbox-publish': 7 })
  })

  it('gossip goes before anything else; control never', () => {
    const { outbox, turn, drops } = createOutbox({ maxMessages: 1 })
    outbox.sendRpc([{ topic: 's', subscribe: true }], { ...none, ihave: [{ topicID: 'g', messageIDs: [Uint8Array.of(1), Uint8Array.of(2)] }] })
    outbox.sendMessage(message('a'), 'iwant')
    outbox.sendMessage(message('b'), 'publish')

    expect(drops).to.deep.equal({ 'outbox-gossip': 2, 'outbox-iwant': 1 })
    const stream = new FakeStream()
    outbox.attach(stream)
    turn.end()
    expect(sent(stream)).to.deep.equal(['+s', 'b'])
  })

  it('ids of IWANT for a peer that never reads', () => {
    const { outbox, drops } = createOutbox()
    const messageIDs = Array.from({ length: 3_000 }, () => Uint8Array.of(1))
    outbox.sendRpc(undefined, { ...none, iwant: [{ messageIDs }] })
    outbox.sendRpc(undefined, { ...none, iwant: [{ messageIDs }] })

    expect(drops).to.deep.equal({ 'outbox-iwant-ids': 1_000 })
  })

  it('nothing is left of it when it is cleared', () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream(0)
    outbox.attach(stream)
    outbox.sendRpc([{ topic: 's', subscribe: true }])
    outbox.sendMessage(message('a'), 'publish')
    outbox.clear()
    turn.end()
    stream.drain(1_000_000)

    expect(stream.writes).to.be.empty()
    expect(stream.listenerCount('drain')).to.equal(1, 'the listener of the stream itself')
  })
})

describe('messages that are not wanted any more', () => {
  const ids = Array.from({ length: 4 }, (_, i) => Uint8Array.of(i))

  it('IDONTWANT removes forwards and replies that wait, not our own messages', () => {
    const { outbox, turn, drops } = createOutbox()
    const stream = new FakeStream()
    outbox.sendMessage(message('own'), 'publish', ids[0])
    outbox.sendMessage(message('forward'), 'forward', ids[1])
    outbox.sendMessage(message('reply'), 'iwant', ids[2])
    outbox.sendMessage(message('wanted'), 'forward', ids[3])

    expect(outbox.cancel([ids[0], ids[1], ids[2], Uint8Array.of(9)])).to.equal(2)
    expect(outbox.queuedMessages).to.equal(2)
    outbox.attach(stream)
    turn.end()
    expect(sent(stream)).to.deep.equal(['own', 'wanted'])
    expect(drops).to.be.empty()
    expect(outbox.cancel(ids)).to.equal(0)
  })

  it('one of which a part is written is written to its end', async () => {
    const { outbox, turn } = createOutbox()
    const stream = new FakeStream(1_000)
    outbox.attach(stream)
    outbox.sendMessage(message('large', 200_000), 'forward', ids[0])
    outbox.sendMessage(message('waits'), 'forward', ids[1])
    turn.end()

    expect(outbox.cancel([ids[0], ids[1]])).to.equal(1)
    stream.drain(1_000_000)
    await settled()
    expect(sent(stream)).to.deep.equal(['large'])
  })
})

describe('a slow peer', () => {
  let nowMs: number
  let turn: Turn
  let stream: FakeStream
  let slow: number[]

  function slowOutbox (init: Partial<OutboxInit> = {}): Setup {
    const setup = createOutbox({ turn, maxForwardAgeMs: 1_000, onSlow: count => { slow.push(count) }, ...init })
    setup.outbox.attach(stream)
    // the stream takes a part of this and no more
    setup.outbox.sendMessage(message('first', 200), 'publish')
    turn.end()

    return setup
  }

  beforeEach(() => {
    nowMs = 1_000
    slow = []
    turn = new Turn(() => nowMs)
    stream = new FakeStream(100)
  })

  it('does not get forwards that are old, nor gossip; but all else', async () => {
    const { outbox, drops } = slowOutbox()
    outbox.sendRpc([{ topic: 's', subscribe: true }], { ...none, ihave: [{ topicID: 'g', messageIDs: [Uint8Array.of(1), Uint8Array.of(2)] }] })
    outbox.sendMessage(message('own'), 'publish')
    outbox.sendMessage(message('reply'), 'iwant')
    outbox.sendMessage(message('old'), 'forward')
    turn.end()
    nowMs += 500
    outbox.sendMessage(message('new'), 'forward')
    turn.end()
    nowMs += 501
    outbox.sendRpc(undefined, { ...none, graft: [{ topicID: 's' }] })
    turn.end()
    stream.drain(1_000_000)
    await settled()

    expect(sent(stream)).to.deep.equal(['first', '+s graft s', 'own', 'new', 'reply'])
    expect(drops).to.deep.equal({ 'outbox-gossip': 2, 'outbox-stale': 1 })
  })

  it('is not who let forwards wait while our own event loop stalled', async () => {
    const { outbox, drops } = slowOutbox()
    outbox.sendMessage(message('refused'), 'forward')
    turn.end()
    outbox.sendMessage(message('just queued'), 'forward')
    nowMs += 5_000
    turn.end()
    expect(drops).to.deep.equal({})

    // nor while it did something else
    nowMs += 5_000
    stream.drain(1_000_000)
    await settled()
    expect(sent(stream)).to.deep.equal(['first', 'refused', 'just queued'])
    expect(drops).to.deep.equal({})

    // with a stream that takes everything at once it never is
    outbox.sendMessage(message('next'), 'forward')
    nowMs += 5_000
    turn.end()
    expect(sent(stream).at(-1)).to.equal('next')
  })

  it('has no more than a second of forwards waiting, however long it does not read', () => {
    const { outbox, drops } = slowOutbox()

    for (let i = 0; i < 1_000; i++) {
      outbox.sendMessage(message(`${i}`), 'forward')
      turn.end()
      nowMs += 10
    }

    expect(outbox.queuedMessages).to.be.within(100, 102)
    expect(drops).to.deep.equal({ 'outbox-stale': 1_000 - outbox.queuedMessages })
  })

  it('has hardly more waiting while every turn stalls the event loop', () => {
    const { outbox, drops } = slowOutbox()

    for (let i = 0; i < 1_000; i++) {
      outbox.sendMessage(message(`${i}`), 'forward')
      nowMs += 300
      turn.end()
    }

    expect(outbox.queuedMessages).to.be.within(9, 12)
    expect(drops).to.deep.equal({ 'outbox-stale': 1_000 - outbox.queuedMessages })
  })

  it('does not get what became old while nothing more was sent, if somebody looks at it', () => {
    const { outbox, drops } = slowOutbox()
    outbox.sendMessage(message('old'), 'forward')
    turn.end()
    nowMs += 1_001
    outbox.review()
    turn.end()
    turn.end()

    expect(drops).to.deep.equal({ 'outbox-stale': 1 })
    expect(slow).to.deep.equal([1])
  })

  it('what is old is dropped before what is new when the queue is full', () => {
    const { outbox, drops } = slowOutbox({ maxMessages: 3 })
    outbox.sendMessage(message('a'), 'forward')
    outbox.sendMessage(message('b'), 'forward')
    turn.end()
    nowMs += 1_001
    outbox.sendMessage(message('c'), 'publish')
    outbox.sendMessage(message('d'), 'iwant')

    expect(drops).to.deep.equal({ 'outbox-stale': 2 })
  })

  it('is reported at the end of the turn, once, with what was dropped', () => {
    const { outbox } = slowOutbox({ maxMessages: 1 })

    for (let i = 0; i < 10; i++) {
      outbox.sendMessage(message(`${i}`), 'forward')
    }

    expect(slow).to.be.empty()
    turn.end()
    expect(slow).to.deep.equal([9])
  })

  it('is reported once a second, and nothing is left out', () => {
    const { outbox, drops } = slowOutbox({ maxMessages: 1, maxForwardAgeMs: Infinity })

    for (let i = 0; i < 300; i++) {
      outbox.sendMessage(message(`${i}`), 'forward')
      turn.end()
      nowMs += 10
    }
    nowMs += 1_000
    outbox.review()
    turn.end()
    turn.end()

    expect(slow).to.have.lengthOf(4)
    expect(slow.reduce((sum, count) => sum + count, 0)).to.equal(drops['outbox-forward'])
  })

  it('is not who has no stream yet', () => {
    const { outbox, drops } = createOutbox({ turn, maxMessages: 1, onSlow: count => { slow.push(count) } })
    outbox.sendMessage(message('a'), 'forward')
    outbox.sendMessage(message('b'), 'forward')
    turn.end()

    expect(drops).to.deep.equal({ 'outbox-forward': 1 })
    expect(slow).to.be.empty()
  })

  it('gets control before gossip that waits for it in many frames', async () => {
    const { outbox } = slowOutbox()
    outbox.sendRpc(undefined, { ...none, ihave: [{ topicID: 'g', messageIDs: Array.from({ length: 9_000 }, () => new Uint8Array(40)) }] })
    stream.drain(200)
    await settled()
    outbox.sendRpc(undefined, { ...none, graft: [{ topicID: 't' }] })
    outbox.sendMessage(message('m'), 'forward')
    stream.drain(10_000_000)
    await settled()

    const order = sent(stream)
    expect(order.slice(0, 4)).to.deep.equal(['first', 'ihave g', 'graft t', 'm'])
    expect(order.slice(4).every(frame => frame === 'ihave g')).to.be.true()
  })
})

describe('a stream that is reset', () => {
  let nowMs: number
  let turn: Turn
  let outbox: Outbox

  /** What a new stream gets. */
  function reopened (): string[] {
    const stream = new FakeStream()
    outbox.attach(stream)
    turn.end()

    return sent(stream)
  }

  beforeEach(() => {
    nowMs = 1_000
    turn = new Turn(() => nowMs)
    outbox = createOutbox({ turn }).outbox
    outbox.attach(new FakeStream())
    outbox.sendRpc([{ topic: 'left', subscribe: false }, { topic: 'joined', subscribe: true }], { ...none, graft: [{ topicID: 'g' }], prune: [{ topicID: 'p', peers: [{ peerID: Uint8Array.of(1) }], backoff: 60 }] })
    turn.end()
  })

  it('may have lost an UNSUBSCRIBE and a PRUNE: they are said again, with what is left of the backoff', () => {
    nowMs += 5_000
    outbox.detach()
    nowMs += 20_000

    expect(reopened()).to.deep.equal(['-left prune p'])
  })

  it('the PRUNE that is repeated carries what is left of its backoff', () => {
    nowMs += 5_500
    outbox.detach()
    const stream = new FakeStream()
    outbox.attach(stream)
    turn.end()

    expect(decodeRpc(frames(stream)[0]).control?.prune).to.deep.equal([{ topicID: 'p', peers: [], backoff: 55 }])
  })

  it('cannot have lost what was written long before', () => {
    nowMs += UNCERTAIN_FOR_MS + 1
    outbox.detach()

    expect(reopened()).to.be.empty()
  })

  it('a PRUNE whose backoff is over is not repeated', () => {
    outbox.detach()
    nowMs += 60_000

    expect(reopened()).to.deep.equal(['-left'])
  })

  it('what was overtaken since is not repeated', () => {
    outbox.sendRpc([{ topic: 'left', subscribe: true }], { ...none, graft: [{ topicID: 'p' }] })
    turn.end()
    outbox.detach()

    expect(reopened()).to.be.empty()
  })

  it('what was overtaken while there was no stream is not repeated', () => {
    outbox.detach()
    outbox.sendRpc([{ topic: 'left', subscribe: true }], { ...none, graft: [{ topicID: 'p' }] })

    expect(reopened()).to.deep.equal(['+left graft p'])
  })

  it('what comes with the new stream overtakes', () => {
    outbox.detach()
    const stream = new FakeStream()
    outbox.attach(stream)
    outbox.sendRpc([{ topic: 'left', subscribe: true }], { ...none, graft: [{ topicID: 'p' }] })
    turn.end()

    expect(sent(stream)).to.deep.equal(['+left graft p'])
  })

  it('is said again as often as streams are reset', () => {
    outbox.detach()
    expect(reopened()).to.deep.equal(['-left prune p'])
    outbox.detach()
    expect(reopened()).to.deep.equal(['-left prune p'])
  })

  it('a thousand of either is enough', () => {
    const topics = Array.from({ length: 3_000 }, (_, i) => `${i}`)
    outbox.sendRpc(topics.map(topic => ({ topic, subscribe: false })), { ...none, prune: topics.map(topicID => ({ topicID, peers: [] })) })
    turn.end()
    outbox.detach()
    const words = reopened().join(' ').split(' ')

    expect(words.filter(word => word === 'prune')).to.have.lengthOf(MAX_WITHDRAWALS)
    expect(words.filter(word => word.startsWith('-'))).to.have.lengthOf(MAX_WITHDRAWALS)
    expect(words).to.include.members(['-2999', '2999'])
  })
})

describe('counters of writes', () => {
  it('count what was handed to streams', async () => {
    const counters = new WriteCounters()
    const { outbox, turn } = createOutbox({ counters })
    const stream = new FakeStream()
    outbox.attach(stream)
    outbox.sendRpc([{ topic: 's', subscribe: true }])
    outbox.sendMessage(message('a'), 'forward')
    outbox.sendMessage(message('b'), 'publish')
    turn.end()
    expect(counters).to.deep.equal(Object.assign(new WriteCounters(), { writes: 1, frames: 3, messages: 2, bytes: stream.written.length, subscriptions: 1 }))

    outbox.sendMessage(message('large', 100_000), 'publish')
    turn.end()
    await settled()
    expect(counters).to.deep.equal(Object.assign(new WriteCounters(), { writes: 3, frames: 4, messages: 3, bytes: stream.written.length, subscriptions: 1 }))
  })

  it('count what is said in them, and not what was overtaken while it waited', () => {
    const counters = new WriteCounters()
    const { outbox, turn } = createOutbox({ counters })
    const id = Uint8Array.of(1)
    outbox.sendRpc([{ topic: 's', subscribe: true }], { ...none, graft: [{ topicID: 's' }, { topicID: 'other' }] })
    outbox.sendRpc([{ topic: 's', subscribe: true }], { ...none, prune: [{ topicID: 's', peers: [] }], iwant: [{ messageIDs: [id] }] })
    outbox.sendRpc(undefined, { ...none, ihave: [{ topicID: 's', messageIDs: [id, id] }], idontwant: [{ messageIDs: [id, id] }] })
    turn.end()
    expect(counters).to.deep.equal(new WriteCounters())

    outbox.attach(new FakeStream())
    turn.end()
    // IHAVE goes after everything else, in an RPC of its own
    expect(counters).to.include({ subscriptions: 1, control: 2, ihave: 1, iwant: 1, graft: 1, prune: 1, idontwant: 1 })
  })
})
