import { expect } from 'aegir/chai'
import { ndjsonLine } from '../src/tracer/ndjson.ts'
import { MAX_TRACED_VALIDATIONS, Tracer, TraceType } from '../src/tracer.ts'
import { createMessage } from './router/harness.ts'
import type { Action, Event } from '../src/router/events.ts'
import type { TraceEvent, TracerInit } from '../src/tracer.ts'
import type { Logger } from '@libp2p/interface'

/*
 * What every line begins with: `self`, `peer`, `id-1` and so on in base64. The lines of this file were written by hand and compared with what
 * encoding/json of Go makes of go-libp2p-pubsub's TraceEvent (0.15.0).
 */
const TIMESTAMP = 1_764_073_200_123_456_000
const COMMON = '"peerID":"c2VsZg==","timestamp":1764073200123456000'

const message = createMessage(1)
const ownMessage = createMessage(1, { author: 'self' })

describe('the tracer', () => {
  describe('golden lines', () => {
    golden('PUBLISH_MESSAGE, and DELIVER_MESSAGE from ourselves', trace => {
      trace({ type: 'messagesPublished', messages: [message], floodPublish: false, lonelyTopics: new Set() }, [])
    }, [
      `{"type":0,${COMMON},"publishMessage":{"messageID":"aWQtMQ==","topic":"topic"}}`,
      `{"type":3,${COMMON},"deliverMessage":{"messageID":"aWQtMQ==","topic":"topic","receivedFrom":"c2VsZg=="}}`
    ])

    golden('REJECT_MESSAGE by the application', trace => {
      trace({ type: 'ticked' }, [{ type: 'validate', message, source: 'peer' }])
      trace({ type: 'messageValidated', id: message.id, verdict: 'reject' }, [])
    }, [
      `{"type":1,${COMMON},"rejectMessage":{"messageID":"aWQtMQ==","receivedFrom":"cGVlcg==","reason":"validation failed","topic":"topic"}}`
    ])

    golden('REJECT_MESSAGE before it has an id', (_, tracer) => {
      tracer.rejected({ topic: 'topic' }, 'peer', 'missing-signature')
    }, [
      `{"type":1,${COMMON},"rejectMessage":{"receivedFrom":"cGVlcg==","reason":"missing signature","topic":"topic"}}`
    ])

    golden('DUPLICATE_MESSAGE', trace => {
      trace({ type: 'ticked' }, [{ type: 'reportDuplicate', id: message.id, topic: message.topic, source: 'peer' }])
    }, [
      `{"type":2,${COMMON},"duplicateMessage":{"messageID":"aWQtMQ==","receivedFrom":"cGVlcg==","topic":"topic"}}`
    ])

    golden('DELIVER_MESSAGE', trace => {
      trace({ type: 'messageValidated', id: message.id, verdict: 'accept' }, [{ type: 'deliver', message, source: 'peer' }])
    }, [
      `{"type":3,${COMMON},"deliverMessage":{"messageID":"aWQtMQ==","topic":"topic","receivedFrom":"cGVlcg=="}}`
    ])

    golden('ADD_PEER, once, and REMOVE_PEER after it left our mesh', trace => {
      trace(connected('peer'), [])
      trace(connected('peer'), [])
      trace({ type: 'peerDisconnected', peer: 'peer' }, [{ type: 'reportPrune', peer: 'peer', topic: 'topic', isOutbound: false }])
      trace({ type: 'peerDisconnected', peer: 'peer' }, [])
    }, [
      `{"type":4,${COMMON},"addPeer":{"peerID":"cGVlcg==","proto":"/meshsub/1.2.0"}}`,
      `{"type":12,${COMMON},"prune":{"peerID":"cGVlcg==","topic":"topic"}}`,
      `{"type":5,${COMMON},"removePeer":{"peerID":"cGVlcg=="}}`
    ])

    golden('RECV_RPC with all that there is', trace => {
      trace({
        type: 'rpcReceived',
        peer: 'peer',
        subscriptions: [{ subscribe: true, topic: 'a' }, { subscribe: false, topic: 'b' }],
        messages: [message, createMessage(2, { topic: 't<o>p&ic\u2028"\\\b\f\n\r\t\u0001é' })],
        control: {
          ihave: [{ topicID: 'topic', messageIDs: [bytes('id-1'), bytes('id-2')] }, { topicID: '', messageIDs: [] }],
          iwant: [{ messageIDs: [new Uint8Array(0), Uint8Array.of(0xff, 0xfe, 0xfb)] }],
          graft: [{ topicID: 'topic' }],
          prune: [{ topicID: 'topic', peers: [{ peerID: bytes('peer') }], backoff: 60 }, { topicID: 'a', peers: [] }, { topicID: 'a', peers: [{}] }],
          idontwant: [{ messageIDs: [bytes('id-1')] }]
        }
      }, [])
    }, [
      `{"type":6,${COMMON},"recvRPC":{"receivedFrom":"cGVlcg==","meta":{` +
        '"messages":[{"messageID":"aWQtMQ==","topic":"topic"},{"messageID":"aWQtMg==","topic":"t\\u003co\\u003ep\\u0026ic\\u2028\\"\\\\\\b\\f\\n\\r\\t\\u0001é"}],' +
        '"subscription":[{"subscribe":true,"topic":"a"},{"subscribe":false,"topic":"b"}],' +
        '"control":{"ihave":[{"topic":"topic","messageIDs":["aWQtMQ==","aWQtMg=="]},{"topic":""}],' +
        '"iwant":[{"messageIDs":["","//77"]}],' +
        '"graft":[{"topic":"topic"}],' +
        '"prune":[{"topic":"topic","peers":["cGVlcg=="]},{"topic":"a"},{"topic":"a","peers":[null]}],' +
        '"idontwant":[{"messageIDs":["aWQtMQ=="]}]}}}}'
    ])

    golden('SEND_RPC of control messages', trace => {
      trace({ type: 'ticked' }, [
        { type: 'sendRpc', peer: 'peer', subscriptions: [{ subscribe: true, topic: 'topic' }] },
        { type: 'sendRpc', peer: 'peer', control: { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] } },
        {
          type: 'sendRpc',
          peer: 'peer',
          control: { ihave: [], iwant: [], graft: [], prune: [{ topic: 'topic', backoffMs: 60_000, peers: ['peer'] }], idontwant: [] }
        }
      ])
    }, [
      `{"type":7,${COMMON},"sendRPC":{"sendTo":"cGVlcg==","meta":{"subscription":[{"subscribe":true,"topic":"topic"}]}}}`,
      `{"type":7,${COMMON},"sendRPC":{"sendTo":"cGVlcg==","meta":{"control":{}}}}`,
      `{"type":7,${COMMON},"sendRPC":{"sendTo":"cGVlcg==","meta":{"control":{"prune":[{"topic":"topic","peers":["cGVlcg=="]}]}}}}`
    ])

    golden('SEND_RPC of a message, to each of its peers', trace => {
      trace({ type: 'ticked' }, [{ type: 'sendMessage', peers: ['peer', 'self'], message, reason: 'forward' }])
    }, [
      `{"type":7,${COMMON},"sendRPC":{"sendTo":"cGVlcg==","meta":{"messages":[{"messageID":"aWQtMQ==","topic":"topic"}]}}}`,
      `{"type":7,${COMMON},"sendRPC":{"sendTo":"c2VsZg==","meta":{"messages":[{"messageID":"aWQtMQ==","topic":"topic"}]}}}`
    ])

    golden('DROP_RPC', (_, tracer) => {
      tracer.dropped('peer', { messages: [message] })
      tracer.dropped('peer', {})
    }, [
      `{"type":8,${COMMON},"dropRPC":{"sendTo":"cGVlcg==","meta":{"messages":[{"messageID":"aWQtMQ==","topic":"topic"}]}}}`,
      `{"type":8,${COMMON},"dropRPC":{"sendTo":"cGVlcg==","meta":{}}}`
    ])

    golden('JOIN and LEAVE, once each', trace => {
      trace({ type: 'topicLeft', topic: 'topic' }, [])
      trace({ type: 'topicJoined', topic: 'topic' }, [])
      trace({ type: 'topicJoined', topic: 'topic' }, [])
      trace({ type: 'topicLeft', topic: 'topic' }, [])
      trace({ type: 'topicLeft', topic: 'topic' }, [])
    }, [
      `{"type":9,${COMMON},"join":{"topic":"topic"}}`,
      `{"type":10,${COMMON},"leave":{"topic":"topic"}}`
    ])

    golden('GRAFT and PRUNE', trace => {
      trace({ type: 'ticked' }, [
        { type: 'reportGraft', peer: 'peer', topic: 'topic', isOutbound: true, isByPeer: true },
        { type: 'reportPrune', peer: 'peer', topic: 'topic', isOutbound: true }
      ])
    }, [
      `{"type":11,${COMMON},"graft":{"peerID":"cGVlcg==","topic":"topic"}}`,
      `{"type":12,${COMMON},"prune":{"peerID":"cGVlcg==","topic":"topic"}}`
    ])
  })

  describe('rejected messages', () => {
    const reasons = [['reject', 'validation failed'], ['ignore', 'validation ignored'], ['forged', 'invalid signature']] as const

    for (const [verdict, reason] of reasons) {
      it(`say "${reason}" on the verdict ${verdict}`, () => {
        const { tracer, events } = create()
        tracer.observe({ type: 'ticked' }, [{ type: 'validate', message, source: 'peer' }])
        tracer.observe({ type: 'messageValidated', id: message.id, verdict }, [])

        expect(events.map(rejection)).to.deep.equal([reason])
      })
    }

    it('are told once, and not at all when nobody was asked or the message is valid', () => {
      const { tracer, events } = create()
      tracer.observe({ type: 'messageValidated', id: message.id, verdict: 'reject' }, [])
      tracer.observe({ type: 'ticked' }, [{ type: 'validate', message, source: 'peer' }])
      tracer.observe({ type: 'messageValidated', id: message.id, verdict: 'accept' }, [])
      tracer.observe({ type: 'messageValidated', id: message.id, verdict: 'reject' }, [])

      expect(events).to.be.empty()
    })

    it('may be our own, come back', () => {
      const { tracer, events } = create()
      const own = { type: 'rpcReceived', peer: 'peer', subscriptions: [], messages: [message, ownMessage] } satisfies Event
      tracer.observe(own, [])
      tracer.observe(own, [{ type: 'reportDrop', peer: 'peer', reason: 'own-message', count: 1 }])

      expect(events.map(({ type }) => type)).to.deep.equal([TraceType.RECV_RPC, TraceType.RECV_RPC, TraceType.REJECT_MESSAGE])
      expect(events.map(rejection)[2]).to.equal('self originated message')
    })

    it('that wait for a verdict that never comes are forgotten in the end', () => {
      const { tracer, events } = create()
      const first = createMessage('first')
      const second = createMessage('second')
      tracer.observe({ type: 'ticked' }, [validate(first), validate(second)])

      for (let i = 1; i < MAX_TRACED_VALIDATIONS; i++) {
        tracer.observe({ type: 'ticked' }, [validate(createMessage(i))])
      }

      tracer.observe({ type: 'messageValidated', id: first.id, verdict: 'reject' }, [])
      tracer.observe({ type: 'messageValidated', id: second.id, verdict: 'reject' }, [])

      expect(events.map(event => event.type === TraceType.REJECT_MESSAGE && event.rejectMessage.messageID)).to.deep.equal(['aWQtc2Vjb25k'])
    })
  })

  describe('what goes wrong', () => {
    it('in the listener is logged, and the next event is told all the same', () => {
      const seen: number[] = []
      const { tracer, errors } = create({
        listener: ({ type }) => {
          seen.push(type)
          throw new Error(`at ${type}`)
        }
      })

      tracer.observe({ type: 'messagesPublished', messages: [message], floodPublish: false, lonelyTopics: new Set() }, [])

      expect(seen).to.deep.equal([TraceType.PUBLISH_MESSAGE, TraceType.DELIVER_MESSAGE])
      expect(errors.map(String)).to.deep.equal(['Error: at 0', 'Error: at 3'])
    })

    it('in an async listener is logged as well', async () => {
      const { tracer, errors } = create({ listener: async () => { throw new Error('later') } })

      tracer.observe({ type: 'topicJoined', topic: 'topic' }, [])
      await new Promise(resolve => setTimeout(resolve, 1))

      expect(errors.map(String)).to.deep.equal(['Error: later'])
    })

    it('in here is logged: a peer whose id is none', () => {
      const { tracer, events, errors } = create({ self: '12D3KooWRm8J3iL796zPFi2EtGGtUJn58AG67gcqzMFcZJUwUVkN', peerBytes: undefined })

      tracer.observe({ type: 'ticked' }, [{ type: 'reportGraft', peer: 'no peer id', topic: 'topic', isOutbound: false, isByPeer: false }])
      tracer.dropped('no peer id', {})
      tracer.rejected(message, 'no peer id', 'blacklisted-peer')

      expect(events).to.be.empty()
      expect(errors).to.have.lengthOf(3)
    })
  })

  it('names peers by their multihash', () => {
    const id = '12D3KooWRm8J3iL796zPFi2EtGGtUJn58AG67gcqzMFcZJUwUVkN'
    const { tracer, events } = create({ self: id, peerBytes: undefined })

    tracer.observe({ type: 'ticked' }, [{ type: 'reportGraft', peer: id, topic: 'topic', isOutbound: false, isByPeer: false }])

    // an identity multihash of 36 bytes: the key type Ed25519 and a key of 32 bytes
    const peerID = Buffer.from(events[0].peerID, 'base64')
    expect([...peerID.subarray(0, 6)]).to.deep.equal([0x00, 0x24, 0x08, 0x01, 0x12, 0x20])
    expect(peerID).to.have.lengthOf(38)
    expect(events[0]).to.deep.include({ graft: { peerID: events[0].peerID, topic: 'topic' } })
  })

  it('takes the time of the wall clock, in nanoseconds', () => {
    const { tracer, events } = create({ now: undefined })
    const before = Date.now()
    tracer.observe({ type: 'topicJoined', topic: 'topic' }, [])
    const text = /"timestamp":(\d+)[,}]/.exec(ndjsonLine(events[0]))?.[1]

    // two clocks that may be set apart while the process runs
    expect(Number(text) / 1e6).to.be.within(before - 60_000, Date.now() + 60_000)
    expect(text).to.match(/^\d{16}000$/)
  })
})

type Trace = (event: Event, actions: Action[]) => void

function golden (name: string, act: (trace: Trace, tracer: Tracer) => void, lines: string[]): void {
  it(name, () => {
    const { tracer, events, errors } = create()
    act((event, actions) => { tracer.observe(event, actions) }, tracer)

    expect(errors).to.be.empty()
    expect(events.map(ndjsonLine)).to.deep.equal(lines.map(line => `${line}\n`))
  })
}

/** A tracer whose peer ids are their text, at a time that stands still. */
function create (init: Partial<TracerInit> = {}): { tracer: Tracer, events: TraceEvent[], errors: unknown[] } {
  const events: TraceEvent[] = []
  const errors: unknown[] = []
  const tracer = new Tracer({
    self: 'self',
    listener: event => { events.push(event) },
    log: { error: (_: string, err: unknown) => { errors.push(err) } } as unknown as Logger,
    protocolOf: () => '/meshsub/1.2.0',
    now: () => TIMESTAMP,
    peerBytes: bytes,
    ...init
  })

  return { tracer, events, errors }
}

function connected (peer: string): Event {
  return { type: 'peerConnected', peer, features: { mesh: true, px: true, idontwant: true }, origin: { isOutbound: false, ips: [] } }
}

function validate (message: ReturnType<typeof createMessage>): Action {
  return { type: 'validate', message, source: 'peer' }
}

function rejection (event: TraceEvent): string | undefined {
  return event.type === TraceType.REJECT_MESSAGE ? event.rejectMessage.reason : undefined
}

function bytes (text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
