import { expect } from 'aegir/chai'
import { createRandom } from '../../src/router/random.ts'
import { decodeRpc } from '../../src/wire/decode.ts'
import { frameMessage, frameRpc, MAX_CONTROL_FRAME_BYTES } from '../../src/wire/encode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { randomControl, randomMessage } from '../fixtures/rpc.ts'
import { seed } from '../fixtures/seeded.ts'
import type { DecodedRpc } from '../../src/wire/decode.ts'

const none: RPC.ControlMessage = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

function ids (count: number): Array<Uint8Array<ArrayBuffer>> {
  return Array.from({ length: count }, (_, i) => Uint8Array.from({ length: 46 }, () => i & 0xff))
}

function decoded (frames: Uint8Array[]): DecodedRpc[] {
  const decoder = new FrameDecoder(8 * 1_024 * 1_024)

  return frames.flatMap(frame => decoder.push(frame)).map(frame => decodeRpc(frame))
}

describe('framing a message', () => {
  it('wraps the encoded bytes as they are', () => {
    const encoded = Uint8Array.of(0x22, 1, 0x74)

    expect(frameMessage(encoded)).to.deep.equal(Uint8Array.of(5, 0x12, 3, 0x22, 1, 0x74))
  })

  it('is read back at every length of its prefixes', () => {
    for (const length of [0, 100, 120, 127, 128, 16_370, 16_384, 2_097_152]) {
      const encoded = RPC.Message.encode({ topic: 't', data: new Uint8Array(length) })
      const [rpc] = decoded([frameMessage(encoded)])

      expect(rpc.messages[0].encoded).to.deep.equal(encoded)
    }
  })

  it('is what the generated codec writes', () => {
    const random = createRandom(seed())

    for (let i = 0; i < 200; i++) {
      const message = randomMessage(random)
      const [frame] = new FrameDecoder(10_000).push(frameMessage(RPC.Message.encode(message)))

      expect(frame).to.deep.equal(RPC.encode({ messages: [message] }))
    }
  })
})

describe('framing subscriptions and control messages', () => {
  it('makes one frame where it fits', () => {
    const control = randomControl(createRandom(seed()))
    const rpcs = decoded(frameRpc({ subscriptions: [{ topic: 't', subscribe: true }], control }))

    expect(rpcs).to.deep.equal([{ subscriptions: [{ topic: 't', subscribe: true }], messages: [], control }])
  })

  it('makes none of nothing', () => {
    expect(frameRpc({})).to.deep.equal([])
    expect(frameRpc({ subscriptions: [] })).to.deep.equal([])
  })

  it('cuts lists that are too long, loses nothing and keeps their order', () => {
    const subscriptions = Array.from({ length: 3_000 }, (_, i) => ({ topic: `a topic of some length ${i}`, subscribe: true }))
    const graft = subscriptions.map(({ topic }) => ({ topicID: topic }))
    const prune = subscriptions.map(({ topic }) => ({ topicID: topic, peers: [], backoff: 60 }))
    const messageIDs = ids(5_000)
    const frames = frameRpc({
      subscriptions,
      control: { ...none, graft, prune, ihave: [{ topicID: 'x', messageIDs }, { topicID: 'y', messageIDs }], iwant: [{ messageIDs }], idontwant: [{ messageIDs: ids(500) }] }
    })
    const rpcs = decoded(frames)

    expect(Math.max(...frames.map(frame => frame.length))).to.be.at.most(MAX_CONTROL_FRAME_BYTES + 3)
    expect(rpcs.flatMap(rpc => rpc.subscriptions)).to.deep.equal(subscriptions)
    expect(rpcs.flatMap(rpc => rpc.control?.graft ?? [])).to.deep.equal(graft)
    expect(rpcs.flatMap(rpc => rpc.control?.prune ?? [])).to.deep.equal(prune)
    expect(rpcs.flatMap(rpc => rpc.control?.iwant ?? []).flatMap(iwant => iwant.messageIDs)).to.deep.equal(messageIDs)

    for (const topic of ['x', 'y']) {
      const ihaves = rpcs.flatMap(rpc => rpc.control?.ihave ?? []).filter(ihave => ihave.topicID === topic)
      expect(ihaves.flatMap(ihave => ihave.messageIDs)).to.deep.equal(messageIDs)
    }
  })

  it('sends an element that alone exceeds the size', () => {
    const topic = 'x'.repeat(500)
    const frames = frameRpc({ subscriptions: [{ topic: 'a', subscribe: true }, { topic, subscribe: true }] }, 100)

    expect(decoded(frames).map(rpc => rpc.subscriptions.map(({ topic }) => topic))).to.deep.equal([['a'], [topic]])
  })
})
