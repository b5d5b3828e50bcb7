import { expect } from 'aegir/chai'
import { Uint8ArrayList } from 'uint8arraylist'
import { createRandom } from '../../src/router/random.ts'
import { decodeRpc } from '../../src/wire/decode.ts'
import { frameMessage, frameRpc, MAX_CONTROL_FRAME_BYTES } from '../../src/wire/encode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { randomControl, randomMessage, randomRpc } from '../fixtures/rpc.ts'
import { randomBytes, seed } from '../fixtures/seeded.ts'
import { seeds } from '../router/seeds.ts'
import type { Random } from '../../src/router/random.ts'
import type { DecodedRpc } from '../../src/wire/decode.ts'
import type { ControlRpc, Frame } from '../../src/wire/encode.ts'

const none: RPC.ControlMessage = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

function ids (count: number): Array<Uint8Array<ArrayBuffer>> {
  return Array.from({ length: count }, (_, i) => Uint8Array.from({ length: 46 }, () => i & 0xff))
}

function decoded (frames: Frame[]): DecodedRpc[] {
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

describe('framing by chance', () => {
  /** One line per element, without where frames are cut. */
  function elements ({ subscriptions = [], control = {} }: ControlRpc): Record<string, string[]> {
    const idsOf = (lists: Array<{ messageIDs: Uint8Array[] }> = []): string[] => lists.flatMap(({ messageIDs }) => messageIDs.map(hex))

    return {
      subscriptions: subscriptions.map(({ topic, subscribe }) => `${String(topic)} ${String(subscribe)}`),
      graft: (control.graft ?? []).map(({ topicID }) => String(topicID)),
      prune: (control.prune ?? []).map(({ topicID, peers, backoff }) => [topicID, backoff, ...peers.flatMap(({ peerID, signedPeerRecord }) => [hex(peerID), hex(signedPeerRecord)])].join()),
      iwant: idsOf(control.iwant),
      idontwant: idsOf(control.idontwant),
      ihave: (control.ihave ?? []).flatMap(ihave => ('encodedIds' in ihave ? decodeIds(ihave.encodedIds) : ihave.messageIDs).map(id => `${String(ihave.topicID)} ${hex(id)}`))
    }
  }

  function hex (bytes?: Uint8Array): string {
    return bytes == null ? '-' : Buffer.from(bytes).toString('hex')
  }

  /** As the generated codec reads them. */
  function decodeIds (parts: readonly Uint8Array[]): Array<Uint8Array<ArrayBuffer>> {
    return parts.flatMap(part => RPC.ControlIHave.decode(part).messageIDs)
  }

  /** In parts of which some are small, some large and some empty. */
  function encodeIds (random: Random, messageIDs: Array<Uint8Array<ArrayBuffer>>): Uint8Array[] {
    const parts: Uint8Array[] = []

    for (let from = 0, to = 0; from < messageIDs.length; from = to) {
      to += random.below(2) * random.below(200)
      parts.push(RPC.ControlIHave.encode({ messageIDs: messageIDs.slice(from, to) }))
    }

    return parts
  }

  function many <T> (random: Random, most: number, create: () => T): T[] {
    return Array.from({ length: random.below(2) * random.below(most) }, create)
  }

  function longRpc (random: Random): ControlRpc {
    const topic = (): string => 'тема of some length'.repeat(random.below(12) + 1)
    const messageIDs = (): Array<Uint8Array<ArrayBuffer>> => many(random, 300, () => randomBytes(random, random.below(20) === 0 ? 400 : 40))

    return {
      subscriptions: many(random, 60, () => ({ topic: topic(), subscribe: random.below(2) === 0 })),
      control: {
        graft: many(random, 60, () => ({ topicID: topic() })),
        prune: many(random, 20, () => ({
          topicID: topic(),
          backoff: random.below(2) === 0 ? undefined : random.below(4_000),
          peers: many(random, 17, () => ({ peerID: randomBytes(random, 40), signedPeerRecord: random.below(2) === 0 ? undefined : randomBytes(random, 500) }))
        })),
        iwant: many(random, 4, () => ({ messageIDs: messageIDs() })),
        idontwant: many(random, 4, () => ({ messageIDs: messageIDs() })),
        ihave: many(random, 4, () => {
          const ids = messageIDs()

          return random.below(2) === 0 ? { topicID: topic(), messageIDs: ids } : { topicID: topic(), encodedIds: encodeIds(random, ids), count: ids.length }
        })
      }
    }
  }

  /** How many elements are in a frame; of lists of ids every id counts. */
  function count ({ subscriptions, control }: RPC): number {
    const lists = [...control?.iwant ?? [], ...control?.idontwant ?? [], ...control?.ihave ?? []]
    const ids = lists.reduce((sum, { messageIDs }) => sum + Math.max(1, messageIDs.length), 0)

    return subscriptions.length + (control?.graft.length ?? 0) + (control?.prune.length ?? 0) + ids
  }

  for (const seed of seeds()) {
    it(`every element arrives once and in order, and no frame exceeds the limit unless it holds one element (seed ${seed})`, () => {
      const random = createRandom(seed)

      for (let i = 0; i < 150; i++) {
        const rpc = longRpc(random)
        const limit = [40, 127, 130, 1_000, 16_384, 60_000][random.below(6)]
        const bodies = new FrameDecoder(1_000_000).push(joined(frameRpc(rpc, limit)))
        const read = bodies.map(body => RPC.decode(body))
        const all: ControlRpc = {
          subscriptions: read.flatMap(({ subscriptions }) => subscriptions),
          control: {
            graft: read.flatMap(({ control }) => control?.graft ?? []),
            prune: read.flatMap(({ control }) => control?.prune ?? []),
            iwant: read.flatMap(({ control }) => control?.iwant ?? []),
            idontwant: read.flatMap(({ control }) => control?.idontwant ?? []),
            ihave: read.flatMap(({ control }) => control?.ihave ?? [])
          }
        }

        expect(elements(all)).to.deep.equal(elements(rpc))

        for (let n = 0; n < bodies.length; n++) {
          if (bodies[n].length > limit) {
            expect(count(read[n])).to.equal(1, `frame ${n} of ${bodies[n].length} bytes, limit ${limit}`)
          }
        }
      }
    })

    it(`what fits is what the generated codec writes (seed ${seed})`, () => {
      const random = createRandom(seed)

      for (let i = 0; i < 200; i++) {
        const rpc = { ...randomRpc(random), messages: [] }
        const bodies = new FrameDecoder(1_000_000).push(joined(frameRpc(rpc)))
        const expected = RPC.encode(withoutEmptyControl(rpc))

        expect(bodies).to.deep.equal(expected.length === 0 ? [] : [expected])
      }
    })
  }

  it('the backoff may be any number that is exact', () => {
    for (const backoff of [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35 + 5, Number.MAX_SAFE_INTEGER]) {
      const [frame] = frameRpc({ control: { prune: [{ topicID: 't', peers: [], backoff }] } })

      expect(RPC.decode(frame.subarray(1)).control?.prune[0].backoff).to.equal(backoff)
    }
  })

  it('PRUNEs with sixteen peers and their records fit into frames of the usual size', () => {
    const peers = Array.from({ length: 16 }, () => ({ peerID: new Uint8Array(38), signedPeerRecord: new Uint8Array(500) }))
    const prune = Array.from({ length: 40 }, (_, i) => ({ topicID: `${i}`, peers, backoff: 60 }))
    const frames = frameRpc({ control: { prune } })

    expect(frames.every(frame => frame.length <= MAX_CONTROL_FRAME_BYTES + 3)).to.be.true()
    expect(decoded(frames).flatMap(rpc => rpc.control?.prune ?? [])).to.deep.equal(prune)
  })

  it('ids that are encoded already are in frames of the usual size without a copy', () => {
    const parts = Array.from({ length: 70 }, () => RPC.ControlIHave.encode({ messageIDs: ids(64) }))
    const frames = frameRpc({ control: { ihave: [{ topicID: 'x', encodedIds: parts, count: 70 * 64 }] } })
    const views = frames.flatMap(frame => [...frame as Iterable<Uint8Array>]).filter(({ buffer }) => parts.some(part => part.buffer === buffer))

    expect(frames.map(frame => frame.length)).to.satisfy(([first, ...rest]: number[]) => rest.every(length => length <= first) && first <= MAX_CONTROL_FRAME_BYTES + 3)
    expect(frames).to.have.lengthOf(Math.ceil(70 * 64 * 48 / MAX_CONTROL_FRAME_BYTES))
    expect(views.reduce((sum, { length }) => sum + length, 0)).to.be.at.least(70 * 64 * 48 - 2 * 1_024)
    expect(decoded(frames).flatMap(rpc => rpc.control?.ihave ?? []).flatMap(ihave => ihave.messageIDs)).to.deep.equal(Array.from({ length: 70 }, () => ids(64)).flat())
  })

  it('an IHAVE of no ids is one', () => {
    const frames = frameRpc({ control: { ihave: [{ topicID: 'a', encodedIds: [], count: 0 }, { topicID: 'b', messageIDs: [] }] } })

    expect(decoded(frames)[0].control?.ihave).to.deep.equal([{ topicID: 'a', messageIDs: [] }, { topicID: 'b', messageIDs: [] }])
  })
})

/** The generated codec writes a control message that is empty. */
function withoutEmptyControl ({ control, ...rest }: RPC): RPC {
  const isEmpty = control == null || Object.values(control).every(list => list.length === 0)

  return isEmpty ? rest : { ...rest, control }
}

function joined (frames: Frame[]): Uint8Array {
  return new Uint8ArrayList(...frames).slice()
}
