import { expect } from 'aegir/chai'
import { WireError } from '../../src/errors.ts'
import { createRandom } from '../../src/router/random.ts'
import { decodeMessage, decodeRpc, defaultDecodeRpcLimits, withoutSignature } from '../../src/wire/decode.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { randomControl, randomMessage, randomRpc } from '../fixtures/rpc.ts'
import { mutated, randomBytes, seed } from '../fixtures/seeded.ts'
import type { DecodeRPCLimits } from '../../src/wire/decode.ts'

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)]

/** A length-delimited field by hand. */
const field = (number: number, ...bytes: number[]): number[] => [number << 3 | 2, bytes.length, ...bytes]

/** The fields of `Message`, in pubsub/README.md "The Message". */
const GOLDEN_MESSAGE = [
  ...field(1, 0xa1, 0xa2), // from
  ...field(2, 0xd1, 0xd2, 0xd3), // data
  ...field(3, 0, 0, 0, 0, 0, 0, 0, 7), // seqno
  ...field(4, ...ascii('blue')), // topic
  ...field(5, 0x51), // signature
  ...field(6, 0x61) // key
]

/** All of RPC of pubsub/README.md and of gossipsub-v1.0.md, v1.1.md and v1.2.md "Protobuf", by hand. */
const GOLDEN_RPC = Uint8Array.from([
  ...field(1, 0x08, 1, ...field(2, ...ascii('blue'))), // subscribe
  ...field(1, 0x08, 0, ...field(2, ...ascii('red'))), // unsubscribe
  ...field(2, ...GOLDEN_MESSAGE),
  ...field(3,
    ...field(1, ...field(1, ...ascii('blue')), ...field(2, 1), ...field(2, 2)), // IHAVE
    ...field(2, ...field(1, 3)), // IWANT
    ...field(3, ...field(1, ...ascii('blue'))), // GRAFT
    ...field(4, ...field(1, ...ascii('red')), ...field(2, ...field(1, 9), ...field(2, 8)), 0x18, 60), // PRUNE
    ...field(5, ...field(1, 4)) // IDONTWANT
  )
])

describe('decoding an RPC', () => {
  it('reads every field of the specification', () => {
    expect(decodeRpc(GOLDEN_RPC)).to.deep.equal({
      subscriptions: [{ subscribe: true, topic: 'blue' }, { subscribe: false, topic: 'red' }],
      messages: [{
        message: {
          from: Uint8Array.of(0xa1, 0xa2),
          data: Uint8Array.of(0xd1, 0xd2, 0xd3),
          seqno: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7),
          topic: 'blue',
          signature: Uint8Array.of(0x51),
          key: Uint8Array.of(0x61)
        },
        encoded: Uint8Array.from(GOLDEN_MESSAGE)
      }],
      control: {
        ihave: [{ topicID: 'blue', messageIDs: [Uint8Array.of(1), Uint8Array.of(2)] }],
        iwant: [{ messageIDs: [Uint8Array.of(3)] }],
        graft: [{ topicID: 'blue' }],
        prune: [{ topicID: 'red', peers: [{ peerID: Uint8Array.of(9), signedPeerRecord: Uint8Array.of(8) }], backoff: 60 }],
        idontwant: [{ messageIDs: [Uint8Array.of(4)] }]
      }
    })
  })

  it('takes no bytes for an RPC without anything in it', () => {
    expect(decodeRpc(new Uint8Array(0))).to.deep.equal({ subscriptions: [], messages: [] })
  })

  it('skips unknown fields of every wire type', () => {
    const unknown = [...field(10, 1, 2), 0x58, 0x80, 1, 0x59, 1, 2, 3, 4, 5, 6, 7, 8, 0x5d, 1, 2, 3, 4]

    expect(decodeRpc(Uint8Array.from([...unknown, ...GOLDEN_RPC]))).to.deep.equal(decodeRpc(GOLDEN_RPC))
  })

  it('defect 29: merges a control field that is given twice', () => {
    const frame = Uint8Array.from([
      ...field(3, ...field(3, ...field(1, ...ascii('one')))),
      ...field(3, ...field(3, ...field(1, ...ascii('two'))), ...field(2, ...field(1, 5)))
    ])

    expect(decodeRpc(frame).control).to.deep.equal({
      ihave: [],
      iwant: [{ messageIDs: [Uint8Array.of(5)] }],
      graft: [{ topicID: 'one' }, { topicID: 'two' }],
      prune: [],
      idontwant: []
    })
  })

  it('keeps no hold on the frame through control messages', () => {
    const frame = Uint8Array.from(GOLDEN_RPC)
    const { control } = decodeRpc(frame)
    frame.fill(0xff)

    expect(control?.iwant[0].messageIDs[0]).to.deep.equal(Uint8Array.of(3))
  })
})

describe('decoding a message', () => {
  it('gives the received bytes for what is to be forwarded', () => {
    const bytes = Uint8Array.from(GOLDEN_MESSAGE)

    expect(decodeMessage(bytes).encoded).to.equal(bytes)
  })

  it('encodes again what came in another order, with unknown fields or with padded lengths', () => {
    const canonical = Uint8Array.from([...field(2, 9), ...field(4, ...ascii('t'))])

    for (const other of [
      [...field(4, ...ascii('t')), ...field(2, 9)],
      [...field(2, 9), ...field(4, ...ascii('t')), ...field(9, 1)],
      [2 << 3 | 2, 0x81, 0, 9, ...field(4, ...ascii('t'))],
      [...field(2, 8), ...field(2, 9), ...field(4, ...ascii('t'))]
    ]) {
      expect(decodeMessage(Uint8Array.from(other))).to.deep.equal({
        message: { data: Uint8Array.of(9), topic: 't' },
        encoded: canonical
      })
    }
  })

  it('takes the last of many topics', () => {
    const { message } = decodeMessage(Uint8Array.from([...field(4, ...ascii('a')), ...field(4, ...ascii('b'))]))

    expect(message.topic).to.equal('b')
  })

  it('knows which part of it is signed', () => {
    const signed = GOLDEN_MESSAGE.slice(0, -6)

    expect(withoutSignature(Uint8Array.from(GOLDEN_MESSAGE))).to.deep.equal(Uint8Array.from(signed))
    expect(withoutSignature(Uint8Array.from(signed))).to.deep.equal(Uint8Array.from(signed))
  })

  it('agrees with the generated codec on all messages', () => {
    const random = createRandom(seed())

    for (let i = 0; i < 2_000; i++) {
      const bytes = RPC.Message.encode(randomMessage(random))
      const { message, encoded } = decodeMessage(bytes)

      expect(message).to.deep.equal(RPC.Message.decode(bytes))
      expect(encoded).to.equal(bytes)
    }
  })
})

describe('limits of an RPC', () => {
  const limits: DecodeRPCLimits = {
    maxSubscriptions: 2,
    maxMessages: 2,
    maxIhaveMessageIDs: 2,
    maxIwantMessageIDs: 2,
    maxIdontwantMessageIDs: 2,
    maxControlMessages: 2,
    maxPeerInfos: 2
  }

  const none: RPC.ControlMessage = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }
  const ids = (count: number): Array<Uint8Array<ArrayBuffer>> => Array.from({ length: count }, () => Uint8Array.of(1))

  const rpcs: Record<keyof DecodeRPCLimits, (count: number) => Partial<RPC>> = {
    maxSubscriptions: count => ({ subscriptions: Array.from({ length: count }, () => ({ topic: 't', subscribe: true })) }),
    maxMessages: count => ({ messages: Array.from({ length: count }, () => ({ topic: 't' })) }),
    maxIhaveMessageIDs: count => ({ control: { ...none, ihave: [{ topicID: 't', messageIDs: ids(count) }] } }),
    maxIwantMessageIDs: count => ({ control: { ...none, iwant: [{ messageIDs: ids(count) }] } }),
    maxIdontwantMessageIDs: count => ({ control: { ...none, idontwant: [{ messageIDs: ids(count) }] } }),
    maxControlMessages: count => ({ control: { ...none, graft: Array.from({ length: count }, () => ({ topicID: 't' })) } }),
    maxPeerInfos: count => ({ control: { ...none, prune: [{ topicID: 't', peers: Array.from({ length: count }, () => ({})) }] } })
  }

  for (const [name, create] of Object.entries(rpcs)) {
    it(`${name}: as many pass, one more does not`, () => {
      expect(() => decodeRpc(RPC.encode(create(2)), limits)).to.not.throw()
      expect(() => decodeRpc(RPC.encode(create(3)), limits)).to.throw(WireError).with.property('code', 'ERR_RPC_OVER_LIMIT')
    })
  }

  it('of control fields: as many as of each control message', () => {
    const fields = (count: number): Uint8Array => Uint8Array.from(Array.from({ length: count }, () => field(3)).flat())

    expect(decodeRpc(fields(2), limits).control).to.deep.equal(none)
    expect(() => decodeRpc(fields(3), limits)).to.throw(WireError).with.property('code', 'ERR_RPC_OVER_LIMIT')
  })

  it('two control fields are read one by one: neither ends in the other', () => {
    const frame = Uint8Array.from([...field(3, 0x1a, 3, 0x0a), ...field(3, 1, 0x74)])

    expect(() => decodeRpc(frame)).to.throw(WireError).with.property('code', 'ERR_MALFORMED_RPC')
  })

  it('hold over a control field that is given twice', () => {
    const twice = [...RPC.encode(rpcs.maxControlMessages(2)), ...RPC.encode(rpcs.maxControlMessages(1))]

    expect(() => decodeRpc(Uint8Array.from(twice), limits)).to.throw(WireError).with.property('code', 'ERR_RPC_OVER_LIMIT')
  })
})

describe('bytes that are no RPC', () => {
  const malformed: Record<string, number[]> = {
    'a tag without an end': [0xff],
    'a field without a length': [0x12],
    'a length beyond the frame': [0x12, 5, 1],
    'a length of 2^35': [0x12, 0xff, 0xff, 0xff, 0xff, 0x7f],
    'a varint of eleven bytes': [0x58, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
    'field number 0': [0x02, 0],
    'a group': [0x0b, 0x0c],
    'a topic that is not UTF-8': field(2, ...field(4, 0xff, 0xfe)),
    'a message that ends early': field(2, 0x12, 9),
    'a subscription that ends early': field(1, 0x12, 9),
    'control messages that end early': field(3, 0x0a, 9),
    'groups in groups without end': [...field(3), ...[0x1a, 0x80, 0x80, 0x04], ...new Array<number>(65_536).fill(0x0b)]
  }

  for (const [name, bytes] of Object.entries(malformed)) {
    it(`${name}: the typed error`, () => {
      expect(() => decodeRpc(Uint8Array.from(bytes))).to.throw(WireError).with.property('code', 'ERR_MALFORMED_RPC')
    })
  }

  it('by mutation: the typed error or an RPC, never anything else', () => {
    const random = createRandom(seed())
    let refused = 0

    for (let i = 0; i < 5_000; i++) {
      const bytes = i % 5 === 0 ? randomBytes(random, 64) : mutated(random, RPC.encode(randomRpc(random)))

      try {
        const { messages } = decodeRpc(bytes, defaultDecodeRpcLimits)

        for (const { message, encoded } of messages) {
          expect(RPC.Message.encode(message)).to.deep.equal(Uint8Array.from(encoded))
        }
      } catch (err) {
        expect(err).to.be.instanceOf(WireError, `SEED=${seed()}`)
        refused++
      }
    }

    expect(refused).to.be.greaterThan(100)
  })

  it('RPCs that are well-formed come out as the generated codec reads them', () => {
    const random = createRandom(seed())

    for (let i = 0; i < 500; i++) {
      const bytes = RPC.encode({ ...randomRpc(random), control: randomControl(random) })
      const { subscriptions, messages, control } = decodeRpc(bytes)

      expect({ subscriptions, messages: messages.map(({ message }) => message), control }).to.deep.equal(RPC.decode(bytes))
    }
  })
})
