import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { encode } from 'it-length-prefixed'
import { Uint8ArrayList } from 'uint8arraylist'
import { MessagePolicy, NamingError } from '../../src/message-policy.ts'
import { StrictNoSign, StrictSign } from '../../src/signature-policy.ts'
import { inOnePiece } from '../../src/wire/bytes.ts'
import { scanRpc } from '../../src/wire/decode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { RPC } from '../../src/wire/rpc.ts'
import type { MessagePolicyInit } from '../../src/message-policy.ts'
import type { ShellMessage } from '../../src/shell-message.ts'
import type { MsgIdFn } from '../../src/types.ts'

const DATA = Uint8Array.of(1, 2, 3)

async function create (init: Partial<MessagePolicyInit> = {}): Promise<MessagePolicy> {
  return new MessagePolicy({ signaturePolicy: StrictSign, privateKey: await generateKeyPair('Ed25519'), ...init })
}

function bodyOf ({ frame }: ShellMessage): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new FrameDecoder(100_000).push(frame)[0])
}

/** What another makes of a message. */
async function received (message: ShellMessage, init: Partial<MessagePolicyInit> = {}): Promise<{ policy: MessagePolicy, message: ShellMessage }> {
  const policy = await create(init)

  return { policy, message: await policy.route(scanRpc(bodyOf(message)).messages, 0) }
}

/** Changes its argument and returns it. */
function negate (_topic: string, data: Uint8Array): Uint8Array {
  for (let i = 0; i < data.length; i++) {
    data[i] ^= 0xff
  }

  return data
}

const negation = { inboundTransform: negate, outboundTransform: negate }

describe('a message in the hands of the application', () => {
  for (const signaturePolicy of [StrictSign, StrictNoSign] as const) {
    for (const size of [3, 100_000 - 1_000]) {
      it(`overwritten, is sent on as it came: ${signaturePolicy}, ${size} bytes`, async () => {
        const sent = await (await create({ signaturePolicy })).build('t', new Uint8Array(size).fill(7))
        const { message } = await received(sent, { signaturePolicy })
        const id = Uint8Array.from(message.id)
        const { publicMessage } = message

        publicMessage.data.fill(0xff)

        if (publicMessage.type === 'signed') {
          publicMessage.signature.fill(0xff)
        }

        expect(message.frame).to.deep.equal(sent.frame)
        expect(message.encoded).to.deep.equal(sent.encoded)
        expect(message.id).to.deep.equal(id)
      })
    }
  }

  it('published and overwritten, is sent as it was', async () => {
    const data = Uint8Array.from(DATA)
    const message = await (await create()).build('t', data)
    data.fill(0xff)
    message.publicMessage.data.fill(0xff)

    expect(message.message.data).to.deep.equal(DATA)
  })

  it('has nothing of the frame that it came in', async () => {
    const sent = await (await create()).build('t', DATA)
    const policy = await create()
    const body = bodyOf(sent)
    const message = await policy.route(scanRpc(body).messages, 0)
    body.fill(0xff)

    expect(message.frame).to.deep.equal(sent.frame)
    expect(message.id).to.deep.equal(sent.id)
    expect(message.publicMessage.data).to.deep.equal(DATA)
    expect(message.message.seqno).to.deep.equal(sent.message.seqno)
  })
})

describe('a large message that came in pieces', () => {
  const data = Uint8Array.from({ length: 50_000 }, (_, i) => i)

  /** Of a frame that is overwritten as soon as it has been read, as those are that are put together from pieces. */
  async function routed (init: Partial<MessagePolicyInit> = {}): Promise<{ sent: ShellMessage, message: ShellMessage, chunk: Uint8Array, policy: MessagePolicy }> {
    const sent = await (await create({ signaturePolicy: StrictNoSign, ...init })).build('t', data)
    const policy = await create({ signaturePolicy: StrictNoSign, ...init })
    const decoder = new FrameDecoder(100_000)
    const chunk = sent.frame.slice()
    const [body] = [chunk.subarray(0, 20_000), chunk.subarray(20_000)].flatMap(part => decoder.push(part))
    const message = await policy.route(scanRpc(body).messages, 0, decoder.takePieces(body))
    body.fill(0xff)

    return { sent, message, chunk, policy }
  }

  it('is sent on in them, whatever the application does with its data', async () => {
    const { sent, message, chunk } = await routed({ msgIdFn: ({ data }) => data.slice(0, 20) })
    message.publicMessage.data.fill(0xff)

    expect(message.frame).to.be.an.instanceOf(Uint8ArrayList)
    expect([...message.frame as Uint8ArrayList].slice(1).map(({ buffer }) => buffer)).to.deep.equal([chunk.buffer, chunk.buffer])
    expect(message.frame.slice()).to.deep.equal(sent.frame)
    expect(inOnePiece(message.encoded)).to.deep.equal(sent.encoded)
    expect(message.id).to.deep.equal(sent.id)
    expect(message.author).to.equal(undefined)
  })

  it('is shown to the application as it is, and as it is transformed', async () => {
    expect((await routed()).message.publicMessage).to.deep.equal({ type: 'unsigned', topic: 't', data })

    const { sent, message } = await routed({ dataTransform: negation })
    expect(message.publicMessage).to.deep.equal({ type: 'unsigned', topic: 't', data })
    expect(message.id).to.deep.equal(sent.id)
    expect(message.frame.slice()).to.deep.equal(sent.frame)
  })

  it('is copied when it is signed', async () => {
    const { sent, message, chunk, policy } = await routed({ signaturePolicy: StrictSign })
    chunk.fill(0xff)

    expect(message.frame).to.deep.equal(sent.frame)
    expect(await policy.verify(message)).to.be.true()
  })

  it('is copied when it is the smaller part of the frame', async () => {
    const decoder = new FrameDecoder(1_000_000)
    const frame = RPC.encode({ subscriptions: [], messages: [3, 4, 5].map(byte => ({ topic: 't', data: new Uint8Array(40_000).fill(byte) })) })
    const chunk = encode.single(frame).slice()
    const [body] = [chunk.subarray(0, 60_000), chunk.subarray(60_000)].flatMap(part => decoder.push(part))
    const policy = await create({ signaturePolicy: StrictNoSign })
    const message = await policy.route(scanRpc(body).messages, 1, decoder.takePieces(body))
    chunk.fill(0xff)
    body.fill(0xff)

    expect(message.frame).to.be.an.instanceOf(Uint8Array)
    expect(message.publicMessage.data).to.deep.equal(new Uint8Array(40_000).fill(4))
  })
})

describe('a transform of data in place', () => {
  it('of a message that comes in changes what the application sees, and not what is verified and sent on', async () => {
    const sent = await (await create()).build('t', DATA)
    const { policy, message } = await received(sent, { dataTransform: negation })

    expect(message.publicMessage.data).to.deep.equal(Uint8Array.of(0xfe, 0xfd, 0xfc))
    expect(message.frame).to.deep.equal(sent.frame)
    expect(await policy.verify(message)).to.equal(true)
  })

  it('of a message that is published changes what is sent, and nothing that the application has', async () => {
    const data = Uint8Array.from(DATA)
    const message = await (await create({ dataTransform: negation })).build('t', data)

    expect(message.message.data).to.deep.equal(Uint8Array.of(0xfe, 0xfd, 0xfc))
    expect(message.publicMessage.data).to.deep.equal(DATA)
    expect(data).to.deep.equal(DATA)
  })

  it('that throws says so', async () => {
    const sent = await (await create()).build('t', DATA)
    const dataTransform = { ...negation, inboundTransform: () => { throw new Error('no snappy') } }

    await expect(received(sent, { dataTransform })).to.eventually.be.rejectedWith(NamingError).with.property('reason', 'transform-failed')
  })
})

describe('msgIdFn', () => {
  it('may write each id into the same memory', async () => {
    const shared = new Uint8Array(1)
    const msgIdFn: MsgIdFn = ({ data }) => { shared[0] = data[0]; return shared }
    const policy = await create({ msgIdFn })
    const ids = [await policy.build('t', Uint8Array.of(1)), await policy.build('t', Uint8Array.of(2))].map(({ id }) => id)

    expect(ids).to.deep.equal([Uint8Array.of(1), Uint8Array.of(2)])
  })

  const wrong: Record<string, MsgIdFn> = {
    'returns nothing': () => undefined as unknown as Uint8Array,
    'returns a string': () => 'id' as unknown as Uint8Array,
    'returns nothing later': async () => undefined as unknown as Uint8Array,
    throws: () => { throw new Error('no id') },
    rejects: async () => { throw new Error('no id') }
  }

  for (const [name, msgIdFn] of Object.entries(wrong)) {
    it(`that ${name}: the message has no id`, async () => {
      const sent = await (await create()).build('t', DATA)

      await expect(received(sent, { msgIdFn })).to.eventually.be.rejectedWith(NamingError).with.property('reason', 'no-message-id')
    })
  }
})
