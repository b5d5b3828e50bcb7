import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { FastIds } from '../../src/fast-ids.ts'
import { InboundRpc } from '../../src/inbound-rpc.ts'
import { MessagePolicy } from '../../src/message-policy.ts'
import { createIdHash } from '../../src/router/message-id.ts'
import { createRandom } from '../../src/router/random.ts'
import { StrictNoSign, StrictSign } from '../../src/signature-policy.ts'
import { defaultDecodeRpcLimits } from '../../src/wire/decode.ts'
import { RPC } from '../../src/wire/rpc.ts'
import type { InboundRpcInit } from '../../src/inbound-rpc.ts'
import type { MessagePolicyInit } from '../../src/message-policy.ts'
import type { Event } from '../../src/router/events.ts'
import type { IdKey } from '../../src/router/message-id.ts'

type Received = Extract<Event, { type: 'rpcReceived' }>

/** What is around the inbound path of a node; what is new counts as seen from then on. */
class Inbound {
  readonly events: Received[] = []
  readonly dropped: string[] = []
  readonly hash = createIdHash(createRandom(1))
  readonly #seen = new Set<IdKey>()
  readonly #init: InboundRpcInit

  constructor (policy: MessagePolicy, init: Partial<InboundRpcInit> = {}) {
    this.#init = {
      limits: defaultDecodeRpcLimits,
      policy,
      hash: this.hash,
      fastIds: new FastIds(this.hash),
      seen: key => this.#seen.has(key),
      wantsDuplicateIds: () => false,
      maxMessageBytes: () => Infinity,
      onRpc: event => {
        this.events.push(event)
        event.messages.forEach(({ id }) => this.#seen.add(this.hash.of(id)))
      },
      onDrop: reason => { this.dropped.push(reason) },
      onReject: () => {},
      ...init
    }
  }

  async receive (rpc: Partial<RPC> | Uint8Array, budget: number = 64): Promise<Received> {
    const job = new InboundRpc('peer', rpc instanceof Uint8Array ? rpc : RPC.encode(rpc), this.#init)

    while (!job.isDone) {
      await job.run(budget)
    }

    return this.events[this.events.length - 1]
  }
}

const privateKey = await generateKeyPair('Ed25519')
const policyOf = (init: Partial<MessagePolicyInit> = {}): MessagePolicy => new MessagePolicy({ signaturePolicy: StrictNoSign, privateKey, ...init })
const message = (byte: number, topic: string = 't'): RPC.Message => ({ data: Uint8Array.of(byte), topic })

describe('a copy of a message', () => {
  it('is told by fastMsgIdFn: neither msgIdFn nor the transform is asked again', async () => {
    const calls = { msgIdFn: 0, transform: 0 }
    const policy = policyOf({
      fastMsgIdFn: ({ data }) => data?.[0] ?? 0,
      msgIdFn: ({ data }) => { calls.msgIdFn++; return data },
      dataTransform: {
        inboundTransform: (_topic, data) => { calls.transform++; return data },
        outboundTransform: (_topic, data) => data
      }
    })
    const inbound = new Inbound(policy)
    const first = await inbound.receive({ messages: [message(5)] })
    const second = await inbound.receive({ messages: [message(5), message(6)] })

    expect(first.messages.map(({ id }) => id)).to.deep.equal([Uint8Array.of(5)])
    expect(second.messages.map(({ id }) => id)).to.deep.equal([Uint8Array.of(6)])
    expect(second.duplicates).to.deep.equal([{ key: inbound.hash.of(Uint8Array.of(5)), topic: 't' }])
    expect(calls).to.deep.equal({ msgIdFn: 2, transform: 2 })
  })

  it('is told by its author and sequence number under StrictSign', async () => {
    const author = new MessagePolicy({ signaturePolicy: StrictSign, privateKey: await generateKeyPair('Ed25519') })
    const { message, id } = await author.build('t', Uint8Array.of(1))
    const inbound = new Inbound(policyOf({ signaturePolicy: StrictSign }))
    const first = await inbound.receive({ messages: [message] })
    const second = await inbound.receive({ messages: [message] })

    expect(first.messages.map(({ id }) => id)).to.deep.equal([id])
    expect(second).to.deep.include({ messages: [], duplicates: [{ key: inbound.hash.of(id), topic: 't' }] })
  })

  it('in another encoding has the same id', async () => {
    const inbound = new Inbound(policyOf())
    const [first, second] = [
      await inbound.receive(Uint8Array.of(0x12, 6, 0x12, 1, 9, 0x22, 1, 0x74)),
      await inbound.receive(Uint8Array.of(0x12, 6, 0x22, 1, 0x74, 0x12, 1, 9))
    ]

    expect(second.messages[0].id).to.deep.equal(first.messages[0].id)
    expect(second.messages[0].encoded).to.deep.equal(first.messages[0].encoded)
  })

  it('comes with its id when somebody asks for it', async () => {
    const inbound = new Inbound(policyOf({ fastMsgIdFn: () => 1 }), { wantsDuplicateIds: () => true })
    const first = await inbound.receive({ messages: [message(1)] })
    const second = await inbound.receive({ messages: [message(1)] })

    expect(second.messages[0].id).to.deep.equal(first.messages[0].id)
    expect(second.duplicates).to.equal(undefined)
  })

  it('is no copy when fastMsgIdFn throws, or returns neither string nor number', async () => {
    for (const fastMsgIdFn of [() => { throw new Error('no') }, () => undefined as unknown as string]) {
      const inbound = new Inbound(policyOf({ fastMsgIdFn }))
      await inbound.receive({ messages: [message(1)] })

      expect((await inbound.receive({ messages: [message(2)] })).messages).to.have.lengthOf(1)
    }
  })
})

describe('a message that is refused', () => {
  it('by inboundTransform counts against its sender, and the others of its frame come through', async () => {
    const inboundTransform = (_topic: string, data: Uint8Array): Uint8Array => {
      if (data[0] === 2) {
        throw new Error('not compressed')
      }
      return data
    }
    const inbound = new Inbound(policyOf({ dataTransform: { inboundTransform, outboundTransform: inboundTransform } }))
    const { messages, invalid } = await inbound.receive({ messages: [message(1), message(2, 'u'), message(3)] })

    expect(messages.map(({ message }) => message.data?.[0])).to.deep.equal([1, 3])
    expect(invalid).to.deep.equal(['u'])
    expect(inbound.dropped).to.deep.equal(['transform-failed'])
  })

  it('by the limit of its topic: as many bytes pass, one more does not', async () => {
    // 3 of the topic, 2 before the data
    const inbound = new Inbound(policyOf(), { maxMessageBytes: topic => topic === 't' ? 3 + 2 + 10 : Infinity })
    const { messages, invalid } = await inbound.receive({
      messages: [10, 11].map(length => ({ data: new Uint8Array(length), topic: 't' })).concat({ data: new Uint8Array(50), topic: 'u' })
    })

    expect(messages.map(({ message }) => message.data?.length)).to.deep.equal([10, 50])
    expect(invalid).to.deep.equal(['t'])
    expect(inbound.dropped).to.deep.equal(['message-too-large'])
  })
})

describe('a frame of many messages', () => {
  it('comes in parts: subscriptions with the first, control messages with the last, messages in order', async () => {
    const inbound = new Inbound(policyOf())
    const control = { ihave: [], iwant: [], graft: [{ topicID: 't' }], prune: [], idontwant: [] }
    await inbound.receive({ subscriptions: [{ topic: 't', subscribe: true }], messages: [1, 2, 3, 4, 5].map(byte => message(byte)), control }, 2)

    expect(inbound.events.map(({ subscriptions, control }) => [subscriptions.length, control?.graft.length])).to.deep.equal([[1, undefined], [0, undefined], [0, 1]])
    expect(inbound.events.map(({ messages }) => messages.map(({ message }) => message.data?.[0]))).to.deep.equal([[1, 2], [3, 4], [5]])
  })

  it('whose ids take time comes when all of a part are there', async () => {
    const inbound = new Inbound(policyOf({ msgIdFn: async ({ data }) => data }))
    const { messages } = await inbound.receive({ messages: [message(1), message(2)] })

    expect(messages.map(({ id }) => id)).to.deep.equal([Uint8Array.of(1), Uint8Array.of(2)])
  })
})
