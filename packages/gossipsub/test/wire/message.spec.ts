import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'aegir/chai'
import { sha256 } from 'multiformats/hashes/sha2'
import { StrictNoSign, StrictSign } from '../../src/signature-policy.ts'
import { Authors } from '../../src/wire/authors.ts'
import { toBytes } from '../../src/wire/bytes.ts'
import { decodeMessage } from '../../src/wire/decode.ts'
import { buildUnsigned, defaultMessageId, sequenceNumber, shapeDefect, SignedMessages, verifySignature } from '../../src/wire/message.ts'
import { RPC } from '../../src/wire/rpc.ts'
import type { Author } from '../../src/wire/authors.ts'
import type { DecodedMessage } from '../../src/wire/decode.ts'
import type { PrivateKey } from '@libp2p/interface'

const DATA = Uint8Array.of(1, 2, 3)

async function signed (privateKey: PrivateKey): Promise<DecodedMessage> {
  return new SignedMessages(privateKey, Date.now()).build('topic', DATA)
}

function authorOf (message: RPC.Message): Author {
  const author = new Authors().of(message.from ?? new Uint8Array(0))

  if (author == null) {
    throw new Error('not a peer id')
  }

  return author
}

async function isGenuine (message: RPC.Message): Promise<boolean> {
  return verifySignature(decodeMessage(RPC.Message.encode(message)), authorOf(message))
}

describe('signed messages', () => {
  for (const type of ['Ed25519', 'secp256k1', 'RSA'] as const) {
    describe(`with a key of type ${type}`, () => {
      let privateKey: PrivateKey
      let message: RPC.Message

      before(async () => {
        privateKey = await generateKeyPair(type, 2_048)
        message = (await signed(privateKey)).message
      })

      it('have author, sequence number and a signature that holds', async () => {
        expect(shapeDefect(message, StrictSign, authorOf(message))).to.equal(undefined)
        expect(authorOf(message).id).to.equal(peerIdFromPrivateKey(privateKey).toString())
        expect(message.seqno).to.have.lengthOf(8)
        expect(await isGenuine(message)).to.equal(true)
      })

      it('carry the key only if the peer id does not', () => {
        expect(message.key == null).to.equal(type !== 'RSA')
      })

      it('do not hold when anything is changed', async () => {
        const other = toBytes(peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toMultihash().bytes)

        expect(await isGenuine({ ...message, data: Uint8Array.of(1, 2, 4) })).to.equal(false)
        expect(await isGenuine({ ...message, topic: 'topic2' })).to.equal(false)
        expect(await isGenuine({ ...message, seqno: new Uint8Array(8) })).to.equal(false)
        expect(await isGenuine({ ...message, from: other })).to.equal(false)
        expect(await isGenuine({ ...message, signature: new Uint8Array(64) })).to.equal(false)
        expect(await isGenuine({ ...message, signature: new Uint8Array(3) })).to.equal(false)
      })

      it('do not hold with the key of somebody else', async () => {
        const forger = await generateKeyPair('Ed25519')
        const forged = (await signed(forger)).message

        expect(await isGenuine({ ...forged, from: message.from, key: toBytes(publicKeyToProtobuf(forger.publicKey)) })).to.equal(false)
        expect(await isGenuine({ ...message, key: Uint8Array.of(1, 2) })).to.equal(false)
      })
    })
  }

  it('may carry a key that the peer id holds as well', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const { message } = await signed(privateKey)

    expect(await isGenuine({ ...message, key: toBytes(publicKeyToProtobuf(privateKey.publicKey)) })).to.equal(true)
  })

  it('have sequence numbers of 8 bytes big-endian, strictly increasing, from the clock in nanoseconds', async () => {
    const messages = new SignedMessages(await generateKeyPair('Ed25519'), 1_700_000_000_000)
    const built = [await messages.build('t', DATA), await messages.build('t', DATA), await messages.build('t', DATA)]

    expect(built.map(({ message }) => sequenceNumber(message))).to.deep.equal([1_700_000_000_000_000_000n, 1_700_000_000_000_000_001n, 1_700_000_000_000_000_002n])
    expect(built[0].message.seqno).to.deep.equal(Uint8Array.of(0x17, 0x97, 0x9c, 0xfe, 0x36, 0x2a, 0, 0))
  })

  it('defect 20: are named by author and sequence number', async () => {
    const { message } = await signed(await generateKeyPair('Ed25519'))

    expect(defaultMessageId(message)).to.deep.equal(Uint8Array.from([...message.from ?? [], ...message.seqno ?? []]))
  })
})

describe('unsigned messages', () => {
  it('have nothing but topic and data', () => {
    const { message, encoded } = buildUnsigned('topic', DATA)

    expect(message).to.deep.equal({ topic: 'topic', data: DATA })
    expect(encoded).to.deep.equal(RPC.Message.encode({ topic: 'topic', data: DATA }))
    expect(shapeDefect(message, StrictNoSign, undefined)).to.equal(undefined)
  })

  it('are named by the hash of their data', async () => {
    const { message } = buildUnsigned('topic', DATA)

    expect(defaultMessageId(message)).to.deep.equal(Uint8Array.from((await sha256.digest(DATA)).digest))
  })
})

describe('the signature policy', () => {
  it('StrictSign: a message without topic, author, sequence number or signature is refused', async () => {
    const { message } = await signed(await generateKeyPair('Ed25519'))
    const author = authorOf(message)

    expect(shapeDefect({ ...message, topic: '' }, StrictSign, author)).to.equal('missing-topic')
    expect(shapeDefect({ ...message, from: undefined }, StrictSign, undefined)).to.equal('invalid-from')
    expect(shapeDefect({ ...message, seqno: undefined }, StrictSign, author)).to.equal('invalid-seqno')
    expect(shapeDefect({ ...message, seqno: new Uint8Array(7) }, StrictSign, author)).to.equal('invalid-seqno')
    expect(shapeDefect({ ...message, signature: undefined }, StrictSign, author)).to.equal('missing-signature')
    expect(shapeDefect({ ...message, signature: new Uint8Array(0) }, StrictSign, author)).to.equal('missing-signature')
  })

  it('defect 17: StrictNoSign refuses each of author, sequence number, signature and key, even if empty', () => {
    const message: RPC.Message = { topic: 'topic', data: DATA }
    const empty = new Uint8Array(0)

    expect(shapeDefect({ ...message, from: empty }, StrictNoSign, undefined)).to.equal('from-present')
    expect(shapeDefect({ ...message, seqno: empty }, StrictNoSign, undefined)).to.equal('seqno-present')
    expect(shapeDefect({ ...message, signature: empty }, StrictNoSign, undefined)).to.equal('signature-present')
    expect(shapeDefect({ ...message, key: empty }, StrictNoSign, undefined)).to.equal('key-present')
    expect(shapeDefect({ ...message, topic: '' }, StrictNoSign, undefined)).to.equal('missing-topic')
  })
})

describe('authors', () => {
  it('are the same object each time', async () => {
    const { message } = await signed(await generateKeyPair('Ed25519'))
    const authors = new Authors()
    const from = message.from ?? new Uint8Array(0)

    expect(authors.of(from)).to.equal(authors.of(Uint8Array.from(from)))
  })

  it('are none for bytes that are no peer id', () => {
    const authors = new Authors()

    for (const bytes of [[], [0], [0, 1], [0x12, 0x20, 1], [0, 4, 8, 1, 0x12, 0], new Array<number>(1_000).fill(0)]) {
      expect(authors.of(Uint8Array.from(bytes))).to.equal(undefined)
    }
  })

  it('stay right when more come than are remembered', async () => {
    const authors = new Authors()
    const { message } = await signed(await generateKeyPair('Ed25519'))
    const from = message.from ?? new Uint8Array(0)
    const id = authors.of(from)?.id

    for (let i = 0; i < 5_000; i++) {
      const digest = new Uint8Array(34)
      digest.set([0x12, 0x20, i & 0xff, i >> 8])
      expect(authors.of(digest)?.publicKey).to.equal(undefined)
    }

    expect(authors.of(from)?.id).to.equal(id)
  })
})
