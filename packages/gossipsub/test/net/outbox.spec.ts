import { expect } from 'aegir/chai'
import { MAX_WRITE_BYTES, Outbox } from '../../src/net/outbox.ts'
import { Turn } from '../../src/net/turn.ts'
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
