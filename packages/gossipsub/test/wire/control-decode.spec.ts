import { expect } from 'aegir/chai'
import { WireError } from '../../src/errors.ts'
import { createRandom } from '../../src/router/random.ts'
import { MAX_LISTED_PER_RPC } from '../../src/wire/control-decode.ts'
import { decodeRpc, defaultDecodeRpcLimits } from '../../src/wire/decode.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { randomControl } from '../fixtures/rpc.ts'
import { seeds } from '../router/seeds.ts'

/** A length-delimited field by hand. */
const field = (number: number, ...bytes: number[]): number[] => [number << 3 | 2, bytes.length, ...bytes]
const TOPIC = field(1, 0x74) // 't'

/** control { graft { t } prune { t, backoff } iwant { 07 } } */
function pruneWith (...varint: number[]): Uint8Array {
  return Uint8Array.from(field(3, ...field(3, ...TOPIC), ...field(4, ...TOPIC, 0x18, ...varint), ...field(2, ...field(1, 7))))
}

const large: Record<string, number[]> = {
  '2^53': [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  '2^53 + 1': [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  '2^63': [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
  '2^64 - 1': [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
}

describe('control messages', () => {
  for (const seed of seeds()) {
    it(`come out as the generated codec reads them, seed ${seed}`, () => {
      const random = createRandom(seed)

      for (let i = 0; i < 1_000; i++) {
        const control = randomControl(random)

        expect(decodeRpc(RPC.encode({ control })).control).to.deep.equal(RPC.decode(RPC.encode({ control })).control)
      }
    })
  }

  it('skip fields of later versions: extensions of 1.3, and fields that nobody knows, in each message', () => {
    const later = [...field(10, 1, 2, 3), 0x92, 0x91, 0xe2, 0x18, 2, 8, 1] // 10, and 6492434 testExtension
    const known = [
      ...field(1, ...TOPIC, ...field(2, 1), ...later),
      ...field(2, ...field(1, 2), ...later),
      ...field(3, ...TOPIC, ...later),
      ...field(4, ...TOPIC, ...field(2, ...field(1, 3), ...later), 0x18, 60, ...later),
      ...field(5, ...field(1, 4), ...later)
    ]
    const subscription = field(1, 8, 1, ...field(2, 0x74), 0x18, 1, 0x20, 1, ...later) // with 3 and 4 of 1.3
    const frame = [...subscription, ...field(3, ...known, ...field(6, 8, 1), ...later), ...later]

    expect(decodeRpc(Uint8Array.from(frame))).to.deep.equal({
      subscriptions: [{ subscribe: true, topic: 't' }],
      messages: [],
      control: {
        ihave: [{ topicID: 't', messageIDs: [Uint8Array.of(1)] }],
        iwant: [{ messageIDs: [Uint8Array.of(2)] }],
        graft: [{ topicID: 't' }],
        prune: [{ topicID: 't', peers: [{ peerID: Uint8Array.of(3) }], backoff: 60 }],
        idontwant: [{ messageIDs: [Uint8Array.of(4)] }]
      }
    })
  })

  it('are refused when a field reaches beyond the message that holds it', () => {
    // the id of the IWANT would end in the GRAFT behind it
    const frame = Uint8Array.from(field(3, ...field(2, 0x0a, 3, 1), ...field(3, ...TOPIC)))

    expect(() => decodeRpc(frame)).to.throw(WireError).with.property('code', 'ERR_MALFORMED_RPC')
  })
})

describe('the limit on all lists of an RPC together', () => {
  const PER_LIST = 5_000

  function idsIn (count: number): Uint8Array {
    const control: RPC.ControlMessage = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

    for (let left = count; left > 0; left -= PER_LIST) {
      control.iwant.push({ messageIDs: new Array(Math.min(left, PER_LIST)).fill(new Uint8Array(0)) })
    }

    return RPC.encode({ control })
  }

  it('lets as many ids pass, and not one more', () => {
    expect(decodeRpc(idsIn(MAX_LISTED_PER_RPC)).control?.iwant).to.have.lengthOf(Math.ceil(MAX_LISTED_PER_RPC / PER_LIST))
    expect(() => decodeRpc(idsIn(MAX_LISTED_PER_RPC + 1))).to.throw(WireError).with.property('code', 'ERR_RPC_OVER_LIMIT')
  })

  it('counts the peers of PRUNEs', () => {
    const { maxPeerInfos, maxControlMessages } = defaultDecodeRpcLimits
    const prune = { topicID: 't', peers: new Array(maxPeerInfos).fill({}) }
    const control = (count: number): RPC.ControlMessage => ({ ihave: [], iwant: [], graft: [], prune: new Array(count).fill(prune), idontwant: [] })
    const most = MAX_LISTED_PER_RPC / maxPeerInfos

    expect(most).to.be.below(maxControlMessages)
    expect(decodeRpc(RPC.encode({ control: control(most) })).control?.prune).to.have.lengthOf(most)
    expect(() => decodeRpc(RPC.encode({ control: control(most + 1) }))).to.throw(WireError).with.property('code', 'ERR_RPC_OVER_LIMIT')
  })
})

describe('the backoff of a PRUNE', () => {
  for (const [name, varint] of Object.entries(large)) {
    it(`of ${name} is a very large number, and nothing else is lost`, () => {
      const control = decodeRpc(pruneWith(...varint)).control

      expect(control?.prune[0].topicID).to.equal('t')
      expect(control?.prune[0].backoff).to.equal(Number.MAX_SAFE_INTEGER)
      expect(control?.graft).to.deep.equal([{ topicID: 't' }])
      expect(control?.iwant).to.deep.equal([{ messageIDs: [Uint8Array.of(7)] }])
    })
  }

  for (const [name, varint] of Object.entries({ two: [0xbc, 0], ten: [0xbc, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0] })) {
    it(`of 60 in ${name} bytes is 60, and nothing else is lost`, () => {
      const control = decodeRpc(pruneWith(...varint)).control

      expect(control?.prune).to.deep.equal([{ topicID: 't', peers: [], backoff: 60 }])
      expect(control?.iwant).to.deep.equal([{ messageIDs: [Uint8Array.of(7)] }])
    })
  }
})
