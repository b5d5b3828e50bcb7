/**
 * Frames that no program wrote: by hand from the protobufs of pubsub/README.md "The RPC", gossipsub-v1.0.md, v1.1.md and v1.2.md, and of
 * the extensions that are to be skipped (gossipsub-v1.3.md, partial-messages.md). Each field of each message is alone in a frame once.
 */
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { MessagePolicy } from '../../src/message-policy.ts'
import { StrictNoSign, StrictSign } from '../../src/signature-policy.ts'
import { inOnePiece } from '../../src/wire/bytes.ts'
import { decodeRpc, scanRpc } from '../../src/wire/decode.ts'
import { frameMessage, frameRpc } from '../../src/wire/encode.ts'
import { buildUnsigned } from '../../src/wire/message.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { fromHex } from './corpus/hex.ts'
import type { ControlRpc } from '../../src/wire/encode.ts'

const bytes = fromHex

/** Lists of a control message that are not named are empty. */
function control (lists: Partial<RPC.ControlMessage>): RPC.ControlMessage {
  return { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...lists }
}

interface Golden {
  /** Without the length prefix. */
  hex: string
  rpc: Partial<RPC>
  /** What our encoder makes the same bytes of; without it, it writes no such frame. */
  written?: ControlRpc
}

const subscriptions: Record<string, Golden> = {
  'SubOpts subscribe: true': {
    hex: `
      0a 02   ; RPC 1 subscriptions
      08 01   ; SubOpts 1 subscribe: true`,
    rpc: { subscriptions: [{ subscribe: true }] },
    written: { subscriptions: [{ subscribe: true }] }
  },
  'SubOpts subscribe: false': {
    hex: '0a 02  08 00',
    rpc: { subscriptions: [{ subscribe: false }] },
    written: { subscriptions: [{ subscribe: false }] }
  },
  'SubOpts topic': {
    hex: `
      0a 06            ; RPC 1 subscriptions
      12 04 62 6c 75 65  ; SubOpts 2 topic: "blue"`,
    rpc: { subscriptions: [{ topic: 'blue' }] },
    written: { subscriptions: [{ topic: 'blue' }] }
  },
  'two subscriptions, in order': {
    hex: `
      0a 08  08 01  12 04 62 6c 75 65     ; subscribe to "blue"
      0a 0a  08 00  12 06 d1 82 d0 b5 d0 bc  ; unsubscribe from "тем", which is not ASCII`,
    rpc: { subscriptions: [{ subscribe: true, topic: 'blue' }, { subscribe: false, topic: 'тем' }] },
    written: { subscriptions: [{ subscribe: true, topic: 'blue' }, { subscribe: false, topic: 'тем' }] }
  },
  'SubOpts of a topic of 128 bytes: lengths of two bytes': {
    hex: `
      0a 85 01              ; RPC 1 subscriptions, 133 bytes
      08 01
      12 80 01 ${'78 '.repeat(128)}  ; SubOpts 2 topic, 128 bytes`,
    rpc: { subscriptions: [{ subscribe: true, topic: 'x'.repeat(128) }] },
    written: { subscriptions: [{ subscribe: true, topic: 'x'.repeat(128) }] }
  }
}

const controls: Record<string, Golden> = {
  'ControlIHave topicID': {
    hex: `
      1a 08              ; RPC 3 control
      0a 06              ; ControlMessage 1 ihave
      0a 04 62 6c 75 65  ; ControlIHave 1 topicID: "blue"`,
    rpc: { control: control({ ihave: [{ topicID: 'blue', messageIDs: [] }] }) },
    written: { control: { ihave: [{ topicID: 'blue', messageIDs: [] }] } }
  },
  'ControlIHave messageIDs': {
    hex: `
      1a 09        ; RPC 3 control
      0a 07        ; ControlMessage 1 ihave
      12 02 a1 a2  ; ControlIHave 2 messageIDs
      12 01 a3     ; and another one`,
    rpc: { control: control({ ihave: [{ messageIDs: [bytes('a1a2'), bytes('a3')] }] }) },
    written: { control: { ihave: [{ messageIDs: [bytes('a1a2'), bytes('a3')] }] } }
  },
  'ControlIHave of ids that are encoded already': {
    hex: '1a 0f  0a 0d  0a 04 62 6c 75 65  12 02 a1 a2  12 01 a3',
    rpc: { control: control({ ihave: [{ topicID: 'blue', messageIDs: [bytes('a1a2'), bytes('a3')] }] }) },
    written: { control: { ihave: [{ topicID: 'blue', encodedIds: [bytes('12 02 a1 a2'), bytes('12 01 a3')], count: 2 }] } }
  },
  'ControlIWant messageIDs': {
    hex: `
      1a 09        ; RPC 3 control
      12 07        ; ControlMessage 2 iwant
      0a 02 b1 b2  ; ControlIWant 1 messageIDs
      0a 01 b3`,
    rpc: { control: control({ iwant: [{ messageIDs: [bytes('b1b2'), bytes('b3')] }] }) },
    written: { control: { iwant: [{ messageIDs: [bytes('b1b2'), bytes('b3')] }] } }
  },
  'ControlGraft topicID': {
    hex: `
      1a 08              ; RPC 3 control
      1a 06              ; ControlMessage 3 graft
      0a 04 62 6c 75 65  ; ControlGraft 1 topicID: "blue"`,
    rpc: { control: control({ graft: [{ topicID: 'blue' }] }) },
    written: { control: { graft: [{ topicID: 'blue' }] } }
  },
  'ControlGraft of nothing': {
    hex: '1a 02  1a 00',
    rpc: { control: control({ graft: [{}] }) },
    written: { control: { graft: [{}] } }
  },
  'ControlPrune topicID, as v1.0 has it': {
    hex: `
      1a 08              ; RPC 3 control
      22 06              ; ControlMessage 4 prune
      0a 04 62 6c 75 65  ; ControlPrune 1 topicID: "blue"`,
    rpc: { control: control({ prune: [{ topicID: 'blue', peers: [] }] }) },
    written: { control: { prune: [{ topicID: 'blue', peers: [] }] } }
  },
  'ControlPrune peers: PeerInfo peerID': {
    hex: `
      1a 08        ; RPC 3 control
      22 06        ; ControlMessage 4 prune
      12 04        ; ControlPrune 2 peers
      0a 02 c1 c2  ; PeerInfo 1 peerID`,
    rpc: { control: control({ prune: [{ peers: [{ peerID: bytes('c1c2') }] }] }) },
    written: { control: { prune: [{ peers: [{ peerID: bytes('c1c2') }] }] } }
  },
  'ControlPrune peers: PeerInfo signedPeerRecord': {
    hex: `
      1a 08        ; RPC 3 control
      22 06        ; ControlMessage 4 prune
      12 04        ; ControlPrune 2 peers
      12 02 d1 d2  ; PeerInfo 2 signedPeerRecord`,
    rpc: { control: control({ prune: [{ peers: [{ signedPeerRecord: bytes('d1d2') }] }] }) },
    written: { control: { prune: [{ peers: [{ signedPeerRecord: bytes('d1d2') }] }] } }
  },
  'ControlPrune backoff of a minute': {
    hex: `
      1a 04  ; RPC 3 control
      22 02  ; ControlMessage 4 prune
      18 3c  ; ControlPrune 3 backoff: 60`,
    rpc: { control: control({ prune: [{ peers: [], backoff: 60 }] }) },
    written: { control: { prune: [{ peers: [], backoff: 60 }] } }
  },
  'ControlPrune backoff of an hour': {
    hex: '1a 05  22 03  18 90 1c ; 3600 = 0x1c * 128 + 0x10',
    rpc: { control: control({ prune: [{ peers: [], backoff: 3_600 }] }) },
    written: { control: { prune: [{ peers: [], backoff: 3_600 }] } }
  },
  'ControlPrune backoff of 2^53 - 1': {
    hex: '1a 0b  22 09  18 ff ff ff ff ff ff ff 0f',
    rpc: { control: control({ prune: [{ peers: [], backoff: Number.MAX_SAFE_INTEGER }] }) },
    written: { control: { prune: [{ peers: [], backoff: Number.MAX_SAFE_INTEGER }] } }
  },
  'ControlPrune whole, with two peers': {
    hex: `
      1a 17
      22 15              ; ControlMessage 4 prune
      0a 04 62 6c 75 65  ; topicID
      12 06  0a 01 c1  12 01 d1  ; a peer with its record
      12 03  0a 01 c2    ; a peer without
      18 3c              ; backoff`,
    rpc: { control: control({ prune: [{ topicID: 'blue', peers: [{ peerID: bytes('c1'), signedPeerRecord: bytes('d1') }, { peerID: bytes('c2') }], backoff: 60 }] }) },
    written: { control: { prune: [{ topicID: 'blue', peers: [{ peerID: bytes('c1'), signedPeerRecord: bytes('d1') }, { peerID: bytes('c2') }], backoff: 60 }] } }
  },
  'ControlIDontWant messageIDs': {
    hex: `
      1a 09        ; RPC 3 control
      2a 07        ; ControlMessage 5 idontwant
      0a 02 e1 e2  ; ControlIDontWant 1 messageIDs
      0a 01 e3`,
    rpc: { control: control({ idontwant: [{ messageIDs: [bytes('e1e2'), bytes('e3')] }] }) },
    written: { control: { idontwant: [{ messageIDs: [bytes('e1e2'), bytes('e3')] }] } }
  },
  'one of each kind': {
    hex: `
      0a 05  08 01  12 01 74        ; subscription
      1a 23                         ; RPC 3 control, 35 bytes
      0a 06  0a 01 74  12 01 a1     ; 1 ihave
      12 03  0a 01 b1               ; 2 iwant
      1a 03  0a 01 74               ; 3 graft
      22 0a  0a 01 74  12 03 0a 01 c1  18 3c  ; 4 prune
      2a 03  0a 01 e1               ; 5 idontwant`,
    rpc: {
      subscriptions: [{ subscribe: true, topic: 't' }],
      control: {
        ihave: [{ topicID: 't', messageIDs: [bytes('a1')] }],
        iwant: [{ messageIDs: [bytes('b1')] }],
        graft: [{ topicID: 't' }],
        prune: [{ topicID: 't', peers: [{ peerID: bytes('c1') }], backoff: 60 }],
        idontwant: [{ messageIDs: [bytes('e1')] }]
      }
    },
    written: {
      subscriptions: [{ subscribe: true, topic: 't' }],
      control: {
        ihave: [{ topicID: 't', messageIDs: [bytes('a1')] }],
        iwant: [{ messageIDs: [bytes('b1')] }],
        graft: [{ topicID: 't' }],
        prune: [{ topicID: 't', peers: [{ peerID: bytes('c1') }], backoff: 60 }],
        idontwant: [{ messageIDs: [bytes('e1')] }]
      }
    }
  }
}

/** Frames that others write. */
const skipped: Record<string, Golden> = {
  'RPC 10 partial (partial messages)': {
    hex: `
      0a 05  08 01  12 01 74
      52 09                        ; RPC 10 partial
      0a 01 74  12 01 67  1a 01 6d ; topicID, groupID, partialMessage`,
    rpc: { subscriptions: [{ subscribe: true, topic: 't' }] }
  },
  'RPC 6492434 testExtension': {
    hex: `
      92 91 e2 18 00               ; 6492434 * 8 + 2, no bytes
      1a 05  1a 03  0a 01 74`,
    rpc: { control: control({ graft: [{ topicID: 't' }] }) }
  },
  'ControlMessage 6 extensions': {
    hex: `
      1a 10                        ; RPC 3 control
      32 09                        ; ControlMessage 6 extensions
      50 01                        ; 10 partialMessages: true
      90 91 e2 18 01  18 01        ; 6492434 testExtension: true, and one that nobody knows
      1a 03  0a 01 74              ; graft`,
    rpc: { control: control({ graft: [{ topicID: 't' }] }) }
  },
  'extensions alone, as a node greets': {
    hex: '1a 02  32 00',
    rpc: { control: control({}) }
  },
  'SubOpts 3 requestsPartial and 4 supportsSendingPartial': {
    hex: `
      0a 09  08 01  12 01 74  18 01  20 01 ; subscribe to "t"; 3, 4: true
      0a 09  18 00  20 00  08 00  12 01 74 ; the same first, unsubscribe`,
    rpc: { subscriptions: [{ subscribe: true, topic: 't' }, { subscribe: false, topic: 't' }] }
  },
  'unknown fields in IHAVE, IWANT, PRUNE, PeerInfo and IDONTWANT': {
    hex: `
      1a 31
      0a 09  1a 01 ff  0a 01 74  12 01 a1 ; ihave with a field 3
      12 06  0a 01 b1  12 01 ff           ; iwant with a field 2
      22 14  25 ff ff ff ff               ; prune with a field 4 of 32 bits
      12 08  1a 03 ff ff ff  0a 01 c1     ; a peer with a field 3
      28 ff 01  18 3c                     ; a field 5, a varint; the backoff
      2a 06  0a 01 e1  12 01 ff           ; idontwant with a field 2`,
    rpc: {
      control: control({
        ihave: [{ topicID: 't', messageIDs: [bytes('a1')] }],
        iwant: [{ messageIDs: [bytes('b1')] }],
        prune: [{ peers: [{ peerID: bytes('c1') }], backoff: 60 }],
        idontwant: [{ messageIDs: [bytes('e1')] }]
      })
    }
  }
}

function decoded (frame: Uint8Array): RPC {
  const { subscriptions, messages, control } = decodeRpc(frame)
  const rpc = { subscriptions, messages: messages.map(({ message }) => message) }

  return control == null ? rpc : { ...rpc, control }
}

for (const [title, table] of Object.entries({ subscriptions, 'control messages': controls, 'what is skipped': skipped })) {
  describe(`golden frames: ${title}`, () => {
    for (const [name, { hex, rpc, written }] of Object.entries(table)) {
      it(name, () => {
        const frame = bytes(hex)

        expect(decoded(frame)).to.deep.equal({ subscriptions: [], messages: [], ...rpc })

        if (written != null) {
          const prefix = frame.length < 128 ? [frame.length] : [frame.length & 0x7f | 0x80, frame.length >> 7]

          expect(frameRpc(written)).to.deep.equal([Uint8Array.from([...prefix, ...frame])])
        }
      })
    }
  })
}

describe('golden frames: messages', () => {
  const fields: Record<string, { hex: string, message: Partial<RPC.Message> }> = {
    'Message 1 from': { hex: '0a 02 a1 a2', message: { from: bytes('a1a2') } },
    'Message 2 data': { hex: '12 02 d1 d2', message: { data: bytes('d1d2') } },
    'Message 2 data, empty': { hex: '12 00', message: { data: bytes('') } },
    'Message 3 seqno': { hex: '1a 08 00 00 00 00 00 00 00 07', message: { seqno: bytes('0000000000000007') } },
    'Message 4 topic': { hex: '22 04 62 6c 75 65', message: { topic: 'blue' } },
    'Message 5 signature': { hex: '2a 02 51 52', message: { signature: bytes('5152') } },
    'Message 6 key': { hex: '32 02 61 62', message: { key: bytes('6162') } },
    'Message of nothing': { hex: '', message: {} },
    'all six': {
      hex: '0a 01 a1  12 01 d1  1a 01 07  22 01 74  2a 01 51  32 01 61',
      message: { from: bytes('a1'), data: bytes('d1'), seqno: bytes('07'), topic: 't', signature: bytes('51'), key: bytes('61') }
    }
  }

  for (const [name, { hex, message }] of Object.entries(fields)) {
    it(name, () => {
      const encoded = bytes(hex)
      const frame = Uint8Array.of(0x12, encoded.length, ...encoded) // RPC 2 messages
      const { messages } = scanRpc(frame)
      const seen = messages.messageAt(0)
      const expected = { topic: '', ...message }

      expect(decoded(frame)).to.deep.equal({ subscriptions: [], messages: [expected] })
      expect(messages.isCanonical(0)).to.be.true()
      expect({ from: seen.from, data: seen.data, seqno: seen.seqno, topic: seen.topic, signature: seen.signature, key: seen.key })
        .to.deep.equal({ from: undefined, data: undefined, seqno: undefined, signature: undefined, key: undefined, ...expected })
      expect(frameMessage(RPC.Message.encode(expected))).to.deep.equal(Uint8Array.of(frame.length, ...frame))
    })
  }

  it('a message without an author is written as the specification has it', () => {
    expect(buildUnsigned('blue', bytes('6869')).encoded).to.deep.equal(bytes(`
      12 02 68 69        ; 2 data
      22 04 62 6c 75 65  ; 4 topic`))
  })
})

describe('golden frames: a signed message', () => {
  // the Ed25519 key of the seed 00 01 .. 1f; the signature, of "libp2p-pubsub:" and the first four fields, is OpenSSL's
  const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
  const publicKey = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'
  const signed = bytes(`
    0a 26  00 24 08 01 12 20 ${publicKey}  ; 1 from: identity multihash of the key's protobuf
    12 02  68 69                           ; 2 data: "hi"
    1a 08  00 00 00 00 00 00 00 07         ; 3 seqno: 7, big-endian
    22 04  62 6c 75 65                     ; 4 topic: "blue"
    2a 40  97 75 a5 a4 90 9b 2b 75 ee ab ff cd b8 28 8a 07 d3 5a 5f 1c 18 0f bc 42 f2 b9 2f 92 c0 0e 34 76
           7a 2b 5b bb f2 1b 9b 62 58 37 df c0 1d 1f 6d 09 ea 06 25 32 bf c7 c3 44 40 fe ba 88 8f 75 bf 0e`)

  function inFrame (encoded: Uint8Array): Uint8Array {
    return Uint8Array.of(0x12, encoded.length, ...encoded)
  }

  function strictSign (): MessagePolicy {
    return new MessagePolicy({ signaturePolicy: StrictSign, privateKey: privateKeyFromRaw(Uint8Array.of(...seed, ...bytes(publicKey))) })
  }

  it('holds, and is named by author and sequence number', async () => {
    const policy = strictSign()
    const message = await policy.route(scanRpc(inFrame(signed)).messages, 0)

    expect(await policy.verify(message)).to.be.true()
    expect(message.publicMessage).to.deep.include({ type: 'signed', topic: 'blue', data: bytes('6869'), sequenceNumber: 7n })
    expect(message.id).to.deep.equal(bytes(`00 24 08 01 12 20 ${publicKey}  00 00 00 00 00 00 00 07`))
    expect(message.frame).to.deep.equal(Uint8Array.of(0x80, 0x01, ...inFrame(signed)))
  })

  it('does not hold with any byte of its first four fields changed', async () => {
    for (let at = 0; at < signed.indexOf(0x2a, 56); at++) {
      const policy = strictSign()
      const changed = Uint8Array.from(signed)
      changed[at] ^= 1
      let isVerified = false

      try {
        const { messages } = scanRpc(inFrame(changed))
        isVerified = policy.defectOf(messages.messageAt(0)) == null && await policy.verify(await policy.route(messages, 0))
      } catch (err) {
        expect(err).to.have.property('name', 'WireError')
      }

      expect(isVerified).to.equal(false, `byte ${at}`)
    }
  })

  it('is written the same way, but for number and signature', async () => {
    const encoded = inOnePiece((await strictSign().build('blue', bytes('6869'))).encoded)

    expect(encoded.slice(0, 44)).to.deep.equal(signed.slice(0, 44))
    expect(encoded.slice(44, 46)).to.deep.equal(bytes('1a 08'))
    expect(encoded.slice(54, 62)).to.deep.equal(bytes('22 04 62 6c 75 65  2a 40'))
    expect(encoded).to.have.lengthOf(signed.length)
  })

  it('is refused under StrictNoSign', () => {
    const policy = new MessagePolicy({ signaturePolicy: StrictNoSign, privateKey: privateKeyFromRaw(Uint8Array.of(...seed, ...bytes(publicKey))) })

    expect(policy.defectOf(scanRpc(inFrame(signed)).messages.messageAt(0))).to.equal('from-present')
  })
})
